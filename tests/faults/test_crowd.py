"""Crowds at random, and the checker of their transcripts, which is itself checked with planted faults."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable

import pytest

from ..support.crowd import Crowd, faults_of
from ..support.peers import running
from ..support.transcript import Transcript, check

SEEDS = int(os.environ.get("CROWD_SEEDS", "200"))


def test_whatever_a_crowd_does_every_promise_is_kept() -> None:
    """Nothing lost, doubled or swapped, no ghost, no double name: for each seed."""
    with running() as server:
        for seed in range(SEEDS):
            assert faults_of(server.port, seed) == []


@pytest.fixture(scope="module")
def real() -> list[Transcript]:
    """Transcripts of a real crowd, in which nothing is wrong."""
    with running() as server:
        transcripts = Crowd(server.port, 7).run()
    assert check(transcripts) == []
    return transcripts


def texts(transcript: Transcript) -> list[int]:
    """Where the events are with which a text for everyone came."""
    return [
        place
        for place, (way, line) in enumerate(transcript.events)
        if way == "got" and line.rpartition(":")[2][0] == "m"
    ]


def lose(transcript: Transcript) -> None:
    """The last text never comes."""
    del transcript.events[texts(transcript)[-1]]


def gap(transcript: Transcript) -> None:
    """A text in the middle never comes."""
    for place in texts(transcript)[1:-1]:
        sender = transcript.events[place][1].rpartition("m")[2].partition(".")[0]
        same = [other for other in texts(transcript) if f":m{sender}." in transcript.events[other][1]]
        if same.index(place) not in (0, len(same) - 1):
            del transcript.events[place]
            return
    raise AssertionError("nobody says three things")


def double(transcript: Transcript) -> None:
    """A text comes twice."""
    place = texts(transcript)[3]
    transcript.events.insert(place, transcript.events[place])


def swap(transcript: Transcript) -> None:
    """Two texts of two senders change places."""
    places = texts(transcript)
    one, other = places[-2:]
    events = transcript.events
    events[one], events[other] = events[other], events[one]


def ghost(transcript: Transcript) -> None:
    """Somebody's going is never told."""
    transcript.events[:] = [event for event in transcript.events if not event[1].endswith(":下线")]


def double_name(transcript: Transcript) -> None:
    """A list has a name twice."""
    addr = transcript.addr
    listed = [f"[{addr}]bob:在线", "[1.2.3.4:5]ＢＯＢ:在线", "I'm live"]
    transcript.events += [("sent", "who"), *(("got", line) for line in listed)]


@pytest.mark.parametrize("plant", [lose, gap, double, swap, ghost, double_name])
def test_a_planted_fault_is_found(real: list[Transcript], plant: Callable[[Transcript], None]) -> None:
    """In the transcript of one who was there from the beginning to the end."""
    transcripts = copy.deepcopy(real)
    plant(max((one for one in transcripts if one.stayed), key=lambda one: len(texts(one))))
    assert check(transcripts) != []


ALICE, BOB = "1.1.1.1:1", "2.2.2.2:2"
SMALL: dict[str, list[tuple[str, str]]] = {
    "which nobody sent": [("got", f"[{BOB}]b:m9.0.00000000")],
    "had gone: a ghost": [
        ("got", f"[{BOB}]b:已上线"),
        ("got", f"[{BOB}]b:下线"),
        ("sent", "who"),
        ("got", f"[{BOB}]b:在线"),
        ("got", "I'm live"),
    ],
    "was there all along": [
        ("got", f"[{BOB}]b:已上线"),
        ("sent", "who"),
        ("got", f"[{ALICE}]a:在线"),
        ("got", "I'm live"),
    ],
    "somebody twice": [("sent", "who"), *[("got", f"[{ALICE}]a:在线")] * 2, ("got", "I'm live")],
    "come or go twice": [("got", f"[{BOB}]b:已上线")] * 2,
}


@pytest.mark.parametrize("fault", SMALL)
def test_a_small_transcript_shows_its_fault(fault: str) -> None:
    """The others of the rules, each alone."""
    faults = check([Transcript(ALICE, SMALL[fault])])
    assert any(fault in text for text in faults)
