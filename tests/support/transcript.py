"""What each user sent and got, and the check of the transcripts of all users together. Pure."""

from __future__ import annotations

import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from server.chat.names import fold

_PREFIXED = re.compile(r"\[([^\]]*)\](.*?):(已上线|下线|在线|[mp]\d+\.\d+\.[0-9a-f]{8})")
_PRIVATE = re.compile(r"(.*): (p\d+\.\d+\.[0-9a-f]{8})")


def make_text(kind: str, sender: int, number: int) -> str:
    """Return text `number` of `sender`, with its own checksum. `kind` is m for everyone, p for private."""
    head = f"{kind}{sender}.{number}"
    return f"{head}.{zlib.crc32(head.encode()):08x}"


def sender_of(text: str) -> tuple[int, int]:
    """Return the sender and the number in a text."""
    sender, number, _ = text[1:].split(".")
    return int(sender), int(number)


@dataclass
class Transcript:
    """What one connection saw, in order. Each event is the word sent or got, and the line."""

    addr: str
    events: list[tuple[str, str]] = field(default_factory=list)
    stayed: bool = True  # whether it was there at the end, and has read everything
    was_reset: bool = False  # whether it was reset: the server may not have read its last lines

    def texts(self, kind: str) -> list[str]:
        """Return what it got of one kind, in order.

        For m and p this is the text; for 已上线, 下线 and 在线 it is the address.
        """
        found = []
        for line in self.lines():
            if (prefixed := _PREFIXED.fullmatch(line)) and prefixed[3].startswith(kind):
                found.append(prefixed[3] if kind in "mp" else prefixed[1])
            elif kind == "p" and (private := _PRIVATE.fullmatch(line)):
                found.append(private[2])
        return found

    def lines(self) -> Iterator[str]:
        """Return every line that it got."""
        return (line for way, line in self.events if way == "got")

    def sent(self, kind: str) -> list[str]:
        """Return the texts of one kind that it sent."""
        found = re.compile(rf"\b{kind}\d+\.\d+\.[0-9a-f]{{8}}")
        return [text[0] for way, line in self.events if way == "sent" and (text := found.search(line))]


def check(transcripts: list[Transcript]) -> list[str]:
    """Return all faults, each as a line of text. There is none if every promise is kept."""
    return [
        *_texts_are_whole(transcripts),
        *_numbers_rise_without_gaps(transcripts),
        *_all_is_there_at_the_end(transcripts),
        *_one_order(transcripts),
        *_causes_come_first(transcripts),
        *_everyone_comes_and_goes_once(transcripts),
        *_who_is_a_snapshot(transcripts),
        *_private_words_are_private(transcripts),
    ]


def _texts_are_whole(transcripts: list[Transcript]) -> Iterator[str]:
    sent = {text for transcript in transcripts for kind in "mp" for text in transcript.sent(kind)}
    for transcript in transcripts:
        for text in transcript.texts("m") + transcript.texts("p"):
            if text not in sent:
                yield f"{transcript.addr} got {text}, which nobody sent"


def _numbers_rise_without_gaps(transcripts: list[Transcript]) -> Iterator[str]:
    for transcript in transcripts:
        last: dict[int, int] = {}
        for text in transcript.texts("m"):
            sender, number = sender_of(text)
            expected = last.get(sender, number - 1) + 1
            if number != expected:
                what = "lost" if number > expected else "doubled or out of order"
                yield f"{transcript.addr} got {text} where {expected} of that sender was due: {what}"
            last[sender] = number


def _all_is_there_at_the_end(transcripts: list[Transcript]) -> Iterator[str]:
    stayed = [transcript for transcript in transcripts if transcript.stayed]
    for transcript in stayed:
        got = set(transcript.texts("m"))
        for sender in transcripts:
            said = [text for text in sender.sent("m") if not sender.was_reset]
            seen = [text for text in said if text in got]
            if seen and seen[-1] != said[-1]:
                yield f"{transcript.addr} got nothing after {seen[-1]}: lost"
    for one, other in itertools.pairwise(stayed):
        length = min(len(one.texts("m")), len(other.texts("m")))
        if length and one.texts("m")[-length:] != other.texts("m")[-length:]:
            yield f"{one.addr} and {other.addr} do not end alike"


def _one_order(transcripts: list[Transcript]) -> Iterator[str]:
    graph: TopologicalSorter[str] = TopologicalSorter()
    for transcript in transcripts:
        for before, after in itertools.pairwise(transcript.texts("m")):
            graph.add(after, before)
    try:
        graph.prepare()
    except CycleError as error:
        yield f"no one order of all: {' '.join(error.args[1][:4])}"


def _causes_come_first(transcripts: list[Transcript]) -> Iterator[str]:
    places = [{text: place for place, text in enumerate(one.texts("m"))} for one in transcripts]
    for transcript in transcripts:
        cause = ""
        for way, line in transcript.events:
            prefixed = _PREFIXED.fullmatch(line)
            if way == "got" and prefixed and prefixed[3].startswith("m"):
                cause = prefixed[3]
            elif way == "sent" and cause and line.startswith("m"):
                for receiver, place in zip(transcripts, places, strict=True):
                    if place.get(line, 0) < place.get(cause, -1) and line in place:
                        yield f"{receiver.addr} got {line} before {cause}, after which it was sent"


def _everyone_comes_and_goes_once(transcripts: list[Transcript]) -> Iterator[str]:
    gone = {transcript.addr for transcript in transcripts if not transcript.stayed}
    for transcript in transcripts:
        came, left = Counter(transcript.texts("已上线")), Counter(transcript.texts("下线"))
        for addr, times in (came + left).items():
            if came[addr] > 1 or left[addr] > 1:
                yield f"{transcript.addr} saw {addr} come or go twice ({times} lines)"
        if transcript.stayed:
            for addr in gone & came.keys() - left.keys():
                yield f"{transcript.addr} never saw {addr} go: a ghost"


def _who_is_a_snapshot(transcripts: list[Transcript]) -> Iterator[str]:
    for transcript in transcripts:
        came: set[str] = set()
        left: set[str] = set()
        asked: list[tuple[set[str], set[str]]] = []  # for each `who` sent: those online and those gone by then
        listed: list[tuple[str, str]] = []
        for way, line in transcript.events:
            prefixed = _PREFIXED.fullmatch(line)
            if way == "sent" and line == "who":
                asked.append((came - left, set(left)))
            elif prefixed and prefixed[3] == "在线":
                listed.append((prefixed[1], prefixed[2]))
                continue
            elif prefixed and prefixed[3] == "已上线":
                came.add(prefixed[1])
            elif prefixed and prefixed[3] == "下线":
                left.add(prefixed[1])
            if listed and way == "got":
                there, gone = asked.pop(0)
                yield from _faults_of_a_list(transcript.addr, listed, there - left, gone)
                listed = []


def _faults_of_a_list(asker: str, listed: list[tuple[str, str]], there: set[str], gone: set[str]) -> Iterator[str]:
    addrs = {addr for addr, _ in listed}
    if len(addrs) != len(listed):
        yield f"{asker} saw somebody twice in a list"
    if len({fold(name) for _, name in listed}) != len(listed):
        yield f"{asker} saw two holders of one name"
    for addr in there - addrs:
        yield f"{asker} did not find {addr} in a list, who was there all along"
    for addr in addrs & gone:
        yield f"{asker} found {addr} in a list, who had gone: a ghost"


def _private_words_are_private(transcripts: list[Transcript]) -> Iterator[str]:
    holders = Counter(text for transcript in transcripts for text in transcript.texts("p"))
    for text, times in holders.items():
        if times > 1:
            yield f"the private {text} reached {times}"
