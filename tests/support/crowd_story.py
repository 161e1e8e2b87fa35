"""What the transcripts of a crowd tell: what each member did, how it stood then, and how all of them stood at each pause. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from server.chat import texts
from server.chat.names import fold

from .transcript import RECEIPT, Heard, Transcript, parse, text_in

Census = dict[str, tuple[str, str]]  # name and room, by address
_REFUSALS = (texts.MUTED, texts.NOT_ONLINE, texts.NO_WRITER, texts.WORDS_FULL)
_NAMED = (texts.RENAMED, texts.LOGGED_IN)


@dataclass(frozen=True, slots=True)
class State:
    """How a member stands, as far as its own transcript tells. `round` is the number of the last pause."""

    round: int = 0
    room: str = ""
    moves: int = 0  # how often it has gone into another room
    quiets: int = 0  # how often it has typed `/quiet`
    ignored: tuple[tuple[str, str], ...] = ()  # folded names, and the addresses that had them

    @property
    def is_quiet(self) -> bool:
        """Whether it does not want to hear who comes and goes."""
        return self.quiets % 2 == 1

    def hides(self, addr: str, name: str) -> bool:
        """Return whether it ignores somebody with an address and a name."""
        return any(fold(name) == key or (addr and addr == other) for key, other in self.ignored)


@dataclass(slots=True)
class Typed:
    """A line that a member sent. Without a reply there was no receipt; an empty one means that there was nothing else."""

    line: str
    round: int
    cause: str  # the last that it had read for everyone, or the last pause
    state: State  # when it was answered
    reply: str | None = None
    was_heard: bool = False  # whether its text came back before its receipt

    @property
    def is_refused(self) -> bool:
        """Whether the receipt says that its text has reached nobody."""
        reply = self.reply or ""
        return reply in _REFUSALS or (reply != texts.WORD_KEPT and reply.startswith(texts.NOT_ONLINE))

    @property
    def name(self) -> str:
        """The name that its author has got by it."""
        reply = self.reply or ""
        head, _, tail = texts.REGISTERED.partition("{}")
        if reply.startswith(head) and reply.endswith(tail):
            return reply[len(head) : -len(tail)]
        return next((reply[len(text) :] for text in _NAMED if reply.startswith(text)), "")

    @property
    def is_login(self) -> bool:
        """Whether its author is an owner by it."""
        return bool(self.name) and not (self.reply or "").startswith(texts.RENAMED)


@dataclass
class Story:
    """One transcript, read from its beginning to its end."""

    transcript: Transcript
    censuses: dict[int, Census]
    typed: list[Typed] = field(default_factory=list)
    heard: list[tuple[State, Heard]] = field(default_factory=list)  # and pauses, receipts, and questions who is there
    owned: dict[int, set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )  # names it may have had as owner, by round

    @property
    def addr(self) -> str:
        """The address of the connection."""
        return self.transcript.addr

    def nodes(self) -> Iterator[tuple[State, str]]:
        """Return what it read for everyone, and the pauses, which all have read in one order."""
        return ((state, heard.text) for state, heard in self.heard if heard.kind in ("said", "pause"))

    def read(self) -> Story:
        """Read it. Return itself."""
        state, owner, cause, last, again = State(), "", "", "", 0
        waiting: deque[Typed] = deque()
        texts_heard: set[str] = set()
        for way, line in self.transcript.events:
            heard = Heard(way, text=line) if way == "pause" else parse(line) if way == "got" else None
            if way == "sent":
                typed = Typed(line, state.round, cause, state)
                waiting.append(typed)
                self.typed.append(typed)
                heard = Heard("asked", text=line) if line in ("who", "/who all") else None
            elif way == "came":
                state = replace(state, round=int(line))
            elif way == "pause":
                state, cause = replace(state, round=int(line)), line
                self.owned[state.round].add(owner)
            elif line == RECEIPT and waiting:
                typed = waiting.popleft()
                typed.reply = last if parse(last) is None else ""
                typed.was_heard = text_in(typed.line) in texts_heard
                state = typed.state = self._after(typed, state)
                if typed.is_login:  # the name may have come some time before the receipt, as kept words do
                    owner = fold(typed.name)
                    for number in range(typed.round, state.round):
                        self.owned[number].add(owner)
                heard = Heard("receipt")
            elif heard and heard.kind == "entered" and heard.addr == self.addr:
                state = replace(state, room=heard.text, moves=state.moves + 1)
            elif heard and heard.kind == "said":
                cause = heard.text
                texts_heard.add(heard.text)
            elif heard and heard.kind == "claimed" and not any(one.line.startswith("/login") for one in waiting):
                owner = ""
            elif heard and heard.kind == "waiting":
                again = int(heard.text or 0)
            elif heard and heard.kind == "kept":
                heard, again = replace(heard, is_again=again > 0), again - 1
            self.owned[state.round].add(owner)
            last = line if way == "got" and line != RECEIPT else ""
            if heard:
                self.heard.append((state, heard))
        for typed in waiting:
            if typed.line.startswith("/login "):  # nobody knows whether it was done
                self.owned[typed.round].add(fold(typed.line.split(" ")[1]))
        return self

    def _after(self, typed: Typed, state: State) -> State:
        """Return how the member stands after a line was answered."""
        reply = typed.reply or ""
        if reply in (texts.QUIET, texts.NOT_QUIET):
            return replace(state, quiets=state.quiets + 1)
        if typed.line.startswith("/ignore ") and reply.startswith(texts.IGNORED.format("")):
            key = fold(reply[len(texts.IGNORED.format("")) :])
            return replace(state, ignored=(*state.ignored, (key, holder_of(key, self.censuses.get(state.round, {})))))
        if typed.line.startswith("/unignore ") and reply.startswith(texts.UNIGNORED.format("")):
            key = fold(reply[len(texts.UNIGNORED.format("")) :])
            return replace(state, ignored=tuple(one for one in state.ignored if one[0] != key))
        return state


def holder_of(key: str, census: Census) -> str:
    """Return the address of whoever has a folded name."""
    return next((addr for addr, (name, _) in census.items() if fold(name) == key), "")


@dataclass
class Record:
    """All stories. A census is who was there at a pause, as the answer to `/who all` directly before it says."""

    stories: list[Story]
    censuses: dict[int, Census]

    @cached_property
    def by_addr(self) -> dict[str, Story]:
        """The stories by the addresses of their connections."""
        return {story.addr: story for story in self.stories}

    @cached_property
    def authors(self) -> dict[str, str]:
        """The addresses of those who sent each text."""
        return {text: one.addr for one in self.stories for typed in one.typed if (text := text_in(typed.line))}

    @cached_property
    def prefixes(self) -> dict[str, set[tuple[str, str]]]:
        """Under which address and name each text for everyone was read."""
        found = defaultdict(set)
        for _, heard in self.all_heard("said"):
            found[heard.text].add((heard.addr, heard.name))
        return found

    @cached_property
    def names(self) -> dict[tuple[int, str], set[str]]:
        """Which names each address may have had in each round."""
        found = defaultdict(set)
        for number, census in self.censuses.items():
            for addr, (name, _) in census.items():
                found[number, addr].add(name)
                found[number - 1, addr].add(name)
        for number, addr, name in self.sightings():
            found[number, addr].add(name)
        for story in self.stories:
            for typed in story.typed:
                if typed.name:
                    found[typed.round, story.addr].add(typed.name)
        return found

    def all_heard(self, *kinds: str) -> Iterator[tuple[State, Heard]]:
        """Return all that anybody has heard of some kinds."""
        return (one for story in self.stories for one in story.heard if one[1].kind in kinds)

    def sightings(self) -> Iterator[tuple[int, str, str]]:
        """Return who was seen under which name: the round, the address and the name."""
        for number, census in self.censuses.items():
            yield from ((number, addr, name) for addr, (name, _) in census.items())
        for state, heard in self.all_heard("said", "joined", "left", "entered", "exited", "listed"):
            yield state.round, heard.addr, heard.name
        for state, heard in self.all_heard("private"):
            if heard.text in self.authors:
                yield state.round, self.authors[heard.text], heard.name
        for story in self.stories:
            yield from (
                (state.round, heard.addr, heard.addr) for state, heard in story.heard if heard.kind == "claimed"
            )


def read(transcripts: Iterable[Transcript]) -> Record:
    """Read all transcripts."""
    transcripts = list(transcripts)
    censuses: dict[int, Census] = {}
    for transcript in transcripts:
        census: Census | None = None
        for way, line in transcript.events:
            if way == "sent":
                census = {} if line == "/who all" else None
            elif way == "pause" and census:
                censuses[int(line)] = census
            elif way == "got" and census is not None and (heard := parse(line)) and heard.kind == "listed":
                census[heard.addr] = heard.name, heard.text
    return Record([Story(transcript, censuses).read() for transcript in transcripts], censuses)
