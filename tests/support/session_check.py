"""The check of what programs have heard and said, against the log of what has really happened. Pure.

Each function yields faults, each as a line of text. There is none if every promise is kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.chat.names import fold
from server.chat.sessions import digest_of

from .session_peer import Heard, Hole, Line, SessionPeer, State, When

FIELDS = ("type", "name", "addr", "room", "text", "to", "old", "why")
NEVER = 1 << 62  # a place behind all places
_TEXT = re.compile(r"[mp]\d+\.\d+\.")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that has happened. `value` has the FIELDS of the object that programs are told, as far as they apply.

    `readers` are the digests of the sessions that may know of something private. `session` and `number` are of the
    line that has caused it, if they are known.
    """

    at: int
    value: Mapping[str, str]
    readers: frozenset[str] | None = None
    session: str = ""
    number: int = 0
    addr: str = ""  # from where its author has come


def fields_of(value: Mapping[str, object]) -> dict[str, str]:
    """Return those fields of an object that everybody is told alike."""
    return {name: str(value[name]) for name in FIELDS if value.get(name)}


def text_of(line: str) -> str:
    """Return the one text in a line that no other line has, or nothing."""
    found = _TEXT.search(line)
    return found[0] if found else ""


def meaning_of(line: str, longest: int) -> tuple[str, str]:
    """Return which type of object a line causes, and its text. The type is empty if it causes none that has a text."""
    if len(line.encode()) > longest:
        return "", ""
    if line.startswith("//"):
        return "said", line[1:]
    word, _, rest = line.partition(" ")
    if word == "/me":
        return "emote", rest
    if word == "/reply":
        return ("whisper", rest) if rest.strip(" ") else ("", "")
    if word == "to":
        text = rest.partition(" ")[2]
        return ("whisper", text) if text else ("", "")
    if line.startswith("/") or line == "who" or (word == "rename" and rest):
        return "", ""
    return ("said", line) if line else ("", "")


class Log:
    """What has happened, as one user can know it."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        """`facts` are in order."""
        self.facts = facts
        self.places = [fact.at for fact in facts]
        self.by_place = dict(zip(self.places, facts, strict=True))
        self.by_text: dict[str, list[Fact]] = {}
        for fact in facts:
            if "text" in fact.value and (text := text_of(fact.value["text"])):
                self.by_text.setdefault(text, []).append(fact)

    def between(self, after: int, until: int) -> Sequence[Fact]:
        """Return all facts at places above `after` and below `until`."""
        return self.facts[bisect_right(self.places, after) : bisect_right(self.places, until - 1)]


Hides = Callable[[Fact, str, When | None], bool | None]


def heard_faults(
    peer: SessionPeer, log: Log, is_missing: Callable[[Hole, int], bool], hides: Hides = lambda *_: False
) -> Iterator[str]:
    """Yield faults in what a program has heard: each event once and in order, but for gaps that were reported.

    `is_missing` tells whether anything is really missing between a hole and the next place that was heard. `hides` tells
    whether a fact is hidden from a session that has heard it, or something behind it, at some time, or never; None if
    that may be so or not.
    """
    if not peer.sessions:
        return
    ears = Ears(peer, log, hides)
    place, hole = ears.begin, None
    for item in peer.transcript:
        if isinstance(item, Hole):
            yield from _lost(ears, log.between(place, item.after + 1), hole, item.when)
            place, hole = max(place, item.after), item
            continue
        if item.at <= place:
            yield f"it heard {item.value} behind the place {place}: doubled, or out of order"
        yield from _lost(ears, log.between(place, item.at), hole, item.when)
        if hole and not is_missing(hole, item.at):
            yield f"a gap after {hole.after} was reported, where nothing is missing"
        if item.at in log.by_place or item.at > peer.unsure:
            yield from _heard_one(ears, item, log.by_place.get(item.at))
        place, hole = max(place, item.at), None
    if not peer.finished:
        yield from _lost(ears, log.between(place, NEVER), hole, None)
        if hole and not is_missing(hole, NEVER):
            yield f"a gap after {hole.after} was reported at the end, where nothing is missing"


class Ears:
    """Which sessions a program had at which places, in which rooms these were, and what was hidden from them."""

    def __init__(self, peer: SessionPeer, log: Log, hides: Hides = lambda *_: False) -> None:
        self._hides = hides
        self.begin = peer.sessions[0][1]
        self._digests = [digest_of(token) for token, _ in peer.sessions]
        self._begins = [place for _, place in peer.sessions]
        self._moves: dict[str, list[tuple[int, str]]] = {}  # from which place on each session was in which room
        for before, fact in zip(log.facts, log.facts[1:]):
            if fact.value["type"] == "entered" and fact.session in self._digests:
                # The leaving of the room before stands in front of it, and is for those who have stayed there.
                self._moves.setdefault(fact.session, []).append((before.at, fact.value.get("room", "")))

    def session_at(self, place: int) -> str:
        """Return the digest of the session that it had when it heard the event at a place."""
        # A session begins behind the place that its program had before. Of two that begin there, only one heard more.
        index = bisect_right(self._begins, place - 1)
        return self._digests[index - 1] if index else ""

    def hears(self, fact: Fact) -> bool:
        """Return whether an event is for this program."""
        session = self.session_at(fact.at)
        if fact.readers is not None:
            return session in fact.readers
        room = ""
        for place, entered in self._moves.get(session, ()):
            if place <= fact.at:
                room = entered
        return fact.value.get("room", "") == room

    def hides(self, fact: Fact, when: When | None) -> bool | None:
        """Return whether an event is hidden that was heard, or passed over, at some time. None is for both."""
        session = self.session_at(fact.at)
        return False if session and session == fact.session else self._hides(fact, session, when)


def _lost(ears: Ears, facts: Sequence[Fact], hole: Hole | None, when: When | None) -> Iterator[str]:
    if not hole:
        for fact in facts:
            if ears.hears(fact) and ears.hides(fact, when) is False:
                yield f"it never heard {fact}: lost"


def _heard_one(ears: Ears, heard: Heard, fact: Fact | None) -> Iterator[str]:
    if fact is None:
        yield f"it heard {heard.value}, which has not happened, or was lost without a report"
        return
    if fact.value != fields_of(heard.value):
        yield f"it heard {heard.value} of {fact}"
    if not ears.hears(fact):
        yield f"it heard {heard.value}, which is private, or of another room"
    if ears.hides(fact, heard.when):
        yield f"it heard {heard.value}, which it does not want to hear"
    if fact.number:
        is_own = fact.session == ears.session_at(fact.at)
        if is_own != (heard.own is not None):
            yield f"it heard {heard.value}, {'without' if is_own else 'with'} the number of a line"
        if is_own and heard.value.get("line") != fact.number:
            yield f"it heard {heard.value} as the line {fact.number}"
    is_move = heard.value["type"] == "entered"
    text = heard.value.get("text") or heard.value.get("room" if is_move else "name", "")
    if heard.own and not heard.own.text.endswith(text):
        yield f"it heard {heard.value} for its line {heard.own.text!r}"


def said_faults(peer: SessionPeer, log: Log, longest: int) -> Iterator[str]:
    """Yield faults in what has become of a program's lines: each was said once, or it was reported that it was not."""
    for line in peer.typed:
        kind, text = meaning_of(line.text, longest)
        facts = log.by_text.get(text_of(line.text), [])
        yield from _count_faults(peer, line, kind, facts)
        if any(not _is_same(line.text, kind, text, fact.value) for fact in facts):
            yield f"its line {line.text!r} has become {facts}"
        if kind and line.receipts and line.state is State.TAKEN and line.receipts[0][1] != 1:
            yield f"the receipt of {line.text!r} came when the line was heard {line.receipts[0][1]} times"


def _is_same(line: str, kind: str, text: str, value: Mapping[str, str]) -> bool:
    is_for = not line.startswith("to ") or fold(line.split(" ")[1]) == fold(value["to"])
    return is_for and value["type"] == kind and value["text"] == text


def _count_faults(peer: SessionPeer, line: Line, kind: str, facts: Sequence[Fact]) -> Iterator[str]:
    least, most = {
        State.TAKEN: (1, 1),
        State.REFUSED: (0, 0),
        State.UNSURE: (0, 1),
        State.LOST: (0, 0),
        State.WAITING: (0, 0),
        State.SENT: (0, 1),
    }[line.state]
    if line.state in (State.WAITING, State.SENT) and not peer.finished:
        yield f"its line {line.text!r} is still {line.state.name}"
    if not kind:
        least = most = 0
    elif line.state is State.TAKEN and not line.receipts and any(isinstance(item, Hole) for item in peer.transcript):
        least = 0  # why it was refused lies in the gap
    elif line.state is State.LOST and kind == "whisper":
        most = 1  # a history forgets private words when their sessions have ended, and takes their places for lost
    elif line.session != peer.session and peer.unsure:
        least = 0  # what it has caused was lost, and nobody has said so
    if not least <= len(facts) <= most:
        yield f"its line {line.text!r} is {line.state.name} and was said {len(facts)} times: {facts}"
