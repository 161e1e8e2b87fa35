"""What users of the simulation do not want to hear, and what they have heard all the same; and who was away.

Everything is worked out from the deeds of the log, and not from what the server has kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from server.chat import texts
from server.chat.events import Notice, Whispered
from server.chat.kinds import Placed
from server.chat.names import fold
from server.commands.basic import Whisper
from server.commands.ignore import BeQuiet, Ignore, ListIgnored, Unignore
from server.commands.people import Away, Reply

from .session_check import Fact, text_of
from .simulation_deeds import Deed, Person
from .simulation_server import Life
from .simulation_users import User, Wild

MOVES = ("joined", "left", "entered", "exited")
SAID = ("said", "emote", "whisper")
Moment = tuple[int, int]  # a life, and a line that somebody has typed in it


class Acted(Protocol):
    """A world, as far as this file needs to know it."""

    users: list[User]
    lives: list[Life]


@dataclass(frozen=True, slots=True)
class State:
    """What somebody does not want to hear."""

    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # names and addresses by folded name
    is_quiet: bool = False

    def hides(self, kind: str, name: str, addr: str) -> bool:
        """Return whether an event is hidden."""
        if kind in MOVES:
            return self.is_quiet
        return kind in SAID and (fold(name) in self.people or addr in [addr for _, addr in self.people.values()])


@dataclass(frozen=True, slots=True)
class Stand:
    """A State, and since when somebody had it: since a place, and a line of theirs, in one life of the server."""

    life: int
    line: int
    place: int
    state: State


_NOTHING = State()


class Wishes:
    """What everybody does not want to hear, at each place. `faults` are of lines that were not done as they should be."""

    def __init__(self, world: Acted) -> None:
        self.faults: list[str] = []
        self.addrs: dict[int, str] = {}  # from where private words have come, by their places
        # Whom each private word has reached, by life and by its text; and from whom it was hidden.
        self.reached: list[dict[str, Person]] = []
        self.hidden: list[dict[str, Person]] = []
        self._wild = {user.number for user in world.users if isinstance(user, Wild)}
        self._stands: dict[str, list[Stand]] = {}
        for number, life in enumerate(world.lives):
            for who, stands in self._stands.items():
                stands.append(Stand(number, 0, life.start, self._kept(who, number, life)))
            self._live(number, life)

    def hides(self, who: str, fact: Fact, until: Moment | None) -> bool | None:
        """Return whether somebody does not want to hear something. None means that nobody can know.

        It was told when it happened, or later; but before any line was done that was not sent `until` a life and a line.
        """
        return self._hide(who, fact, self._at(who, fact.at), until)

    def past_hides(self, who: str, fact: Fact, since: Moment, until: Moment | None) -> bool | None:
        """Return the same for something of the past, which was told after all lines up to `since` had been done."""
        return self._hide(who, fact, self._until(who, since), until)

    def seen(self, events: list[Placed]) -> Iterator[str]:
        """Yield what was hidden from somebody in the course of these events."""
        for event in events:
            for who in self._stands:
                if self.state_at(who, event.at).hides(
                    event.type, getattr(event, "name", ""), getattr(event, "addr", "")
                ):
                    yield "hidden talk" if event.is_talk else "a hidden coming"

    def state_at(self, who: str, place: int) -> State:
        """Return what somebody who is told everything at once does not want to hear at a place."""
        stands = self._stands.get(who)
        return stands[self._at(who, place)].state if stands else _NOTHING

    def _hide(self, who: str, fact: Fact, first: int, until: Moment | None) -> bool | None:
        stands = self._stands.get(who)
        if stands is None:
            return False
        last = len(stands) - 1 if until is None else max(first, self._until(who, until))
        what = fact.value["type"], fact.value.get("name", ""), fact.addr
        found = {one.state.hides(*what) for one in stands[first : last + 1]}
        return found.pop() if len(found) == 1 else None

    def _at(self, who: str, place: int) -> int:
        return max(0, bisect_left(self._stands.get(who, ()), place, key=lambda stand: stand.place) - 1)

    def _until(self, who: str, when: Moment) -> int:
        stands = self._stands.get(who, ())
        return max((index for index, one in enumerate(stands) if (one.life, one.line) <= when), default=0)

    def _kept(self, who: str, number: int, life: Life) -> State:
        """Return what is left of somebody's wishes after a restart: those of a program that were written, by name."""
        if who not in life.restored:
            return _NOTHING
        state = [one.state for one in self._stands[who] if (one.life, one.line) <= (number - 1, life.restored[who])][-1]
        return replace(state, people={key: (name, "") for key, (name, _) in state.people.items()})

    def _live(self, number: int, life: Life) -> None:
        """Go through the deeds of one life."""
        now = {who: stands[-1].state for who, stands in self._stands.items() if number}
        absences: dict[str, tuple[str, set[str]]] = {}  # the text of whoever is away, and who has been told
        lines: Counter[str] = Counter()
        events = {event.at: event for event in life.events}
        self.reached.append({})
        self.hidden.append({})
        for deed in life.deeds:
            who = deed.author.who
            lines[who] += 1
            if not self._is_wild(deed.author):
                before = now.get(who, _NOTHING)
                if (after := self._after(deed, before)) is not before:
                    now[who] = after
                    stands = self._stands.setdefault(who, [Stand(0, 0, 0, _NOTHING)])
                    stands.append(Stand(number, deed.number or lines[who], deed.place, after))
                if isinstance(deed.line, Away):
                    absences[who] = deed.line.text, set()
                elif deed.line.speaks:
                    absences.pop(who, None)
            if isinstance(deed.line, Whisper | Reply):
                self._word(deed, now, absences, events.get(deed.place + 1))

    def _after(self, deed: Deed, state: State) -> State:
        """Return what the author of a line does not want to hear behind it."""
        line, done, other = deed.line, deed.done, deed.other
        match line:
            case BeQuiet():
                return replace(state, is_quiet=not state.is_quiet)
            case Ignore() if done.code:
                if other and other.who != deed.author.who:
                    self._fail(deed, "it could have been done")
            case Ignore():
                if not other or done.text != texts.IGNORED.format(other.name):
                    self._fail(deed, "it tells of somebody else")
                    return state
                person = other.name, "" if other.is_held else other.addr
                return replace(state, people={**state.people, line.key: person})
            case Unignore():
                key = fold(line.name)
                if (key in state.people) == bool(done.code):
                    self._fail(deed, f"and these are ignored: {state.people}")
                if key in state.people:
                    return replace(state, people={one: each for one, each in state.people.items() if one != key})
            case ListIgnored():
                names = "、".join(name for name, _ in state.people.values())
                if done.text != (texts.IGNORES.format(names) if names else texts.IGNORES_NOBODY):
                    self._fail(deed, f"and these are ignored: {state.people}")
        return state

    def _word(
        self, deed: Deed, now: Mapping[str, State], absences: Mapping[str, tuple[str, set[str]]], event: Placed | None
    ) -> None:
        """Take note of a private word, and of what its author was told."""
        author, other, done = deed.author, deed.other, deed.done
        assert isinstance(deed.line, Whisper | Reply)
        text = text_of(deed.line.text)
        self.addrs[deed.place + 1] = author.addr
        if other is None or other.is_full:
            if not done.code:
                self._fail(deed, "and it is for nobody")
            return
        if done.code or done.text:
            self._fail(deed, "and its receiver was there")
        if self._is_wild(other):
            self.reached[-1][text] = other
            return
        is_own = author.who == other.who
        is_hidden = not is_own and now.get(other.who, _NOTHING).hides("whisper", author.name, author.addr)
        (self.hidden if is_hidden else self.reached)[-1][text] = other
        receiver = other.who if other.is_program and not is_hidden else ""
        is_right = isinstance(event, Whispered) and (event.text, event.receiver) == (deed.line.text, receiver)
        if (author.is_program or receiver) and not is_right:
            self._fail(deed, f"and should have reached {receiver}, and has become {event}")
        is_answered = False
        if other.who in absences and not is_own:
            answer, answered = absences[other.who]
            is_answered = author.who not in answered
            answered.add(author.who)
            told = deed.told.count(Notice(texts.AWAY_REPLY.format(other.name, answer)))
            if told != is_answered:
                self._fail(deed, f"{other} is away: {answer}, which was told {told} times")
        if not is_answered and any(is_answer(one) for one in deed.told):
            self._fail(deed, "it was answered")

    def _is_wild(self, person: Person) -> bool:
        """Return whether somebody keeps no rules, and may have gone from one session to another."""
        return int(person.addr.partition(":")[0].rpartition(".")[2]) in self._wild

    def _fail(self, deed: Deed, why: str) -> None:
        self.faults.append(f"{deed.line} of {deed.author} about {deed.other} was answered with {deed.told}: {why}")


def is_answer(event: object) -> bool:
    """Return whether an event tells that somebody is away, for whom a private word was."""
    return isinstance(event, Notice) and event.text.startswith(ANSWER)


ANSWER = texts.AWAY_REPLY.partition("{")[0]
