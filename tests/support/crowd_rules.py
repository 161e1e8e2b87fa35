"""What every crowd may count on: who hears which line, in which order, and whom they see come and go. Pure.

Each rule yields its faults, each as a line of text.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from server.chat.names import fold

from .crowd_story import Record, State, Story
from .transcript import Heard, text_in


def texts_are_whole(record: Record) -> Iterator[str]:
    """Every text that somebody reads was sent."""
    for story in record.stories:
        for _, heard in story.heard:
            if heard.kind in ("said", "private", "kept", "announced", "away") and heard.text not in record.authors:
                yield f"{story.addr} got {heard.text}, which nobody sent"


def nothing_comes_twice(record: Record) -> Iterator[str]:
    """Nobody reads a text for everyone twice, and a private word reaches one person, once. Kept words are another rule's."""
    holders: Counter[str] = Counter()
    for story in record.stories:
        times = Counter(heard.text for _, heard in story.heard if heard.kind == "said")
        yield from (f"{story.addr} got {text} {count} times" for text, count in times.items() if count > 1)
        holders.update(heard.text for _, heard in story.heard if heard.kind == "private")
        holders.update({heard.text for _, heard in story.heard if heard.kind == "kept"} & holders.keys())
    yield from (f"the private {text} reached {times}" for text, times in holders.items() if times > 1)


def authors_hear_themselves(record: Record) -> Iterator[str]:
    """What a line causes for its author comes before its receipt. Everyone reads a text under the same name."""
    for story in record.stories:
        for typed in story.typed:
            text = text_in(typed.line, "m")
            if text and typed.reply is not None and not typed.is_refused and not typed.was_heard:
                yield f"{story.addr} said {text} and did not hear it before the receipt"
    for text, prefixes in record.prefixes.items():
        if len(prefixes) > 1 or {addr for addr, _ in prefixes} != {record.authors.get(text)}:
            yield f"{text} of {record.authors.get(text)} was read under {sorted(prefixes)}"


def refused_lines_reach_nobody(record: Record) -> Iterator[str]:
    """What the receipt of a line says is true."""
    heard = {heard.text for _, heard in record.all_heard("said", "private", "kept")}
    for story in record.stories:
        for typed in story.typed:
            if typed.is_refused and (text := text_in(typed.line, "mp")) in heard:
                yield f"{text} was heard, although {story.addr} was told: {typed.reply}"


def one_order(record: Record) -> Iterator[str]:
    """Everyone reads the same order, in which every line comes after what its author had read."""
    try:
        TopologicalSorter(_graph(record)).prepare()
    except CycleError as error:
        yield f"no one order of all: {' '.join(error.args[1][:4])}"


def a_room_hears_its_lines(record: Record) -> Iterator[str]:
    """No line is heard in another room. Whoever is in the room all the time hears it, unless they ignore its author."""
    rooms = defaultdict(set)
    for state, heard in record.all_heard("said"):
        rooms[heard.text].add(state.room)
    yield from (f"{text} was heard in the rooms {sorted(found)}" for text, found in rooms.items() if len(found) > 1)
    try:
        order = _Order(_graph(record))
    except CycleError:  # another rule says so
        return
    for story in record.stories:
        for (room, _, ignored), spell in itertools.groupby(story.nodes(), lambda one: _stay(one[0])):
            nodes = [node for _, node in spell]
            state = State(ignored=ignored)
            for text in order.between(nodes[0], nodes[-1]) - set(nodes):
                hidden = any(state.hides(*prefix) for prefix in record.prefixes.get(text, ()))
                if rooms.get(text) == {room} and not hidden:
                    yield f"{story.addr} was in {room or 'the lobby'} and did not hear {text}: lost"


def everyone_comes_and_goes_once(record: Record) -> Iterator[str]:
    """Nobody is seen to come or to leave twice."""
    for story in record.stories:
        times = Counter((heard.kind, heard.addr) for _, heard in story.heard if heard.kind in ("joined", "left"))
        for (_, addr), count in times.items():
            if count > 1:
                yield f"{story.addr} saw {addr} come or go twice ({count} lines)"


def comings_add_up(record: Record) -> Iterator[str]:
    """Whoever is in a room from one pause to the next, and is not quiet, sees who comes and goes: nobody is a ghost."""
    for story in record.stories:
        there: set[str] | None = None
        before = State()
        for state, heard in story.heard:
            if (state.moves, state.quiets) != (before.moves, before.quiets):
                there = None
            before = state
            if heard.kind == "pause":
                census = record.censuses.get(state.round, {})
                listed = {addr for addr, (_, room) in census.items() if room == state.room}
                if there is not None and there != listed:
                    yield f"{story.addr} saw {sorted(there ^ listed)} come or go, or not, unlike pause {state.round}"
                there = None if state.is_quiet or not census else listed
            elif there is not None and heard.addr != story.addr:
                if heard.kind in ("joined", "entered"):
                    there.add(heard.addr)
                elif heard.kind in ("left", "exited"):
                    there.discard(heard.addr)


def nobody_stays_behind(record: Record) -> Iterator[str]:
    """Whoever left is not there in the end."""
    census = record.censuses[max(record.censuses)] if record.censuses else {}
    for story in record.stories:
        if story.addr in census and not story.transcript.stayed:
            yield f"{story.addr} has gone and is there in the end: a ghost"


@dataclass
class _Asked:
    """A question who is there: how its author stood, who it knew to be there, and who had gone."""

    line: str
    state: State
    there: set[str]
    gone: set[str]


def who_is_a_snapshot(record: Record) -> Iterator[str]:
    """The answer to `who` has everyone who was there all along, nobody who had gone, and nobody and no name twice."""
    for story in record.stories:
        asked: list[_Asked] = []
        listed: list[Heard] = []
        there: set[str] = set()
        gone: set[str] = set()
        before = State()
        for state, heard in story.heard:
            if (state.moves, state.quiets) != (before.moves, before.quiets):
                there, gone = set(), set()
            before = state
            match heard.kind:
                case "asked":
                    asked.append(_Asked(heard.text, state, set(there), set(gone)))
                case "listed":
                    listed.append(heard)
                case "joined" | "entered":
                    there.add(heard.addr)
                    gone.discard(heard.addr)
                case "left" | "exited":
                    there.discard(heard.addr)
                    gone.add(heard.addr)
                case "receipt" if listed:
                    question = asked.pop(0)
                    same = (question.state.moves, question.state.quiets) == (state.moves, state.quiets)
                    if question.line != "who" or not same:
                        question.there, question.gone = set(), set()
                    yield from _faults_of_a_list(story, listed, question.there & there, question.gone & gone)
                    listed = []


def _faults_of_a_list(story: Story, listed: list[Heard], there: set[str], gone: set[str]) -> Iterator[str]:
    addrs = {one.addr for one in listed}
    if len(addrs) != len(listed):
        yield f"{story.addr} saw somebody twice in a list"
    if len({fold(one.name) for one in listed}) != len(listed):
        yield f"{story.addr} saw two holders of one name"
    for addr in there - addrs:
        yield f"{story.addr} did not find {addr} in a list, who was there all along"
    for addr in addrs & gone:
        yield f"{story.addr} found {addr} in a list, who had gone: a ghost"


def _stay(state: State) -> tuple[str, int, tuple[tuple[str, str], ...]]:
    return state.room, state.moves, state.ignored


def _graph(record: Record) -> dict[str, set[str]]:
    """Return what came directly before what: the texts for everyone and the pauses, as all have read and caused them."""
    nodes = [[node for _, node in story.nodes()] for story in record.stories]
    graph: dict[str, set[str]] = {node: set() for read in nodes for node in read}
    for story, read in zip(record.stories, nodes, strict=True):
        for before, after in itertools.pairwise(read):
            graph[after].add(before)
        for typed in story.typed:
            if typed.cause and (text := text_in(typed.line, "m")) in graph:
                graph[text].add(typed.cause)
    return graph


class _Order:
    """What came before what, also by way of others. Each set of nodes is a number with a bit for each of them."""

    def __init__(self, graph: dict[str, set[str]]) -> None:
        """Raises CycleError if `graph`, the nodes directly before each, has no order."""
        self._nodes = list(TopologicalSorter(graph).static_order())
        self._bits = {node: 1 << place for place, node in enumerate(self._nodes)}
        self._before, self._after = dict(self._bits), dict(self._bits)
        for node in self._nodes:
            for other in graph[node]:
                self._before[node] |= self._before[other]
        for node in reversed(self._nodes):
            for other in graph[node]:
                self._after[other] |= self._after[node]

    def between(self, first: str, last: str) -> set[str]:
        """Return all nodes from one to another, with both."""
        bits = self._after[first] & self._before[last]
        return {node for node in self._nodes if bits & self._bits[node]}
