"""Random crowds against a server, and the rules for their transcripts, which are tested with planted faults."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable

import pytest

from ..support.crowd import Crowd, crowded, faults_of
from ..support.crowd_check import check
from ..support.crowd_plants import PLANTS, Plant
from ..support.transcript import Transcript, parse

SEEDS = int(os.environ.get("CROWD_SEEDS", "100"))
ENOUGH = 30  # seeds with which every planted bug is found


def test_whatever_a_crowd_does_every_promise_is_kept() -> None:
    """For each seed, nothing is lost, doubled or swapped, nobody is a ghost, and no name has two holders.

    Nobody is heard who is muted, ignored, removed or in another room, and a name belongs to its owner.
    """
    with crowded() as server:
        for seed in range(SEEDS):
            assert faults_of(server.port, seed) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_bug_of_the_server_is_found(monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    """By the rule for it."""
    plant(monkeypatch)
    with crowded() as server:
        assert any(f": {PLANTS[plant]}: " in fault for seed in range(ENOUGH) for fault in faults_of(server.port, seed))


@pytest.fixture(scope="module")
def real() -> list[Transcript]:
    """Transcripts of a real crowd, in which the checker finds nothing wrong."""
    with crowded() as server:
        transcripts = Crowd(server.port, 7).run()
    assert check(transcripts) == []
    return transcripts


def places_of_texts(transcript: Transcript) -> list[int]:
    """Return the places of the events in which a text for everyone came."""
    heard = (parse(line) if way == "got" else None for way, line in transcript.events)
    return [place for place, one in enumerate(heard) if one and one.kind == "said"]


def lose(transcript: Transcript) -> None:
    """Remove the last text."""
    del transcript.events[places_of_texts(transcript)[-1]]


def gap(transcript: Transcript) -> None:
    """Remove a text that has others before and after it."""
    del transcript.events[places_of_texts(transcript)[len(places_of_texts(transcript)) // 2]]


def double(transcript: Transcript) -> None:
    """Let a text come twice."""
    place = places_of_texts(transcript)[3]
    transcript.events.insert(place, transcript.events[place])


def swap(transcript: Transcript) -> None:
    """Let two texts change places."""
    places = places_of_texts(transcript)
    one, other = places[-2:]
    events = transcript.events
    events[one], events[other] = events[other], events[one]


def ghost(transcript: Transcript) -> None:
    """Remove the announcements of everyone who left."""
    transcript.events[:] = [event for event in transcript.events if not event[1].endswith(":下线")]


def double_name(transcript: Transcript) -> None:
    """Add an answer to `who` in which two users have one name."""
    addr = transcript.addr
    listed = [f"[{addr}]bob:在线", "[1.2.3.4:5]ＢＯＢ:在线", "I'm live"]
    transcript.events += [("sent", "who"), *(("got", line) for line in listed)]


@pytest.mark.parametrize("plant", [lose, gap, double, swap, ghost, double_name])
def test_a_planted_fault_is_found(real: list[Transcript], plant: Callable[[Transcript], None]) -> None:
    """The fault is planted into the longest transcript of a member that stayed to the end."""
    transcripts = copy.deepcopy(real)
    plant(max((one for one in transcripts if one.stayed), key=lambda one: len(places_of_texts(one))))
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
    "there in the end": [("sent", "/who all"), ("got", f"[{ALICE}]a:在线"), ("got", "I'm live"), ("pause", "1")],
}


@pytest.mark.parametrize("fault", SMALL)
def test_a_small_transcript_shows_its_fault(fault: str) -> None:
    """Each of the other rules finds its fault in a transcript that is made for it."""
    faults = check([Transcript(ALICE, SMALL[fault], stayed=False)])
    assert any(fault in text for text in faults)
