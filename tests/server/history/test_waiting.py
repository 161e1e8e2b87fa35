"""What waits to be written, by value: parts, holes, and who is online."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.events import Joined, Left, Said
from server.chat.for_programs import Renamed
from server.chat.kinds import Placed
from server.chat.memory import OVERHEAD
from server.chat.moves import Entered
from server.chat.sessions import Session
from server.history.waiting import Hole, Part, Presence, Waiting
from server.threads.channel import Closed

from ...support.chatting import NOW
from ...support.peers import PATIENCE
from .keeping import Pretend, lines


def session(digest: str, line: int, ended: bool = False, member: int = 0) -> Session:
    return Session(digest, "bob", "bob", "b:1", line, member=member, held_since=5, ended=ended)


def test_all_that_waits_is_taken_in_order() -> None:
    """One part for each batch. A batch that leaves nothing behind is not handed over."""
    waiting = Waiting()
    waiting.put(Pretend(lines(1, "a", "b")))
    waiting.put(Pretend())
    waiting.put(Pretend(lines(3, "c")))
    assert (waiting.given, waiting.count, waiting.pause(0)) == (3, 3, False)
    parts = waiting.take()
    assert parts == [Part(lines(1, "a", "b")), Part(lines(3, "c"))]
    assert (waiting.pause(0), waiting.count) == (True, 3)
    waiting.done(parts)
    assert waiting.count == 0


def test_a_session_is_kept_as_it_was() -> None:
    """It changes with the next batch, which may come before this one is written."""
    waiting = Waiting()
    changing = session("d1", 1)
    waiting.put(Pretend([], {"d1": changing, "d2": session("d2", 4, member=9), "d3": session("d3", 0, ended=True)}))
    changing.line, changing.ended = 2, True
    (part,) = waiting.take()
    assert part.changed == {"d1": ("d1", "bob", "b:1", 1, 5, ""), "d2": ("d2", "bob", "b:1", 4, 0, "")}
    assert part.ended == {"d3"}
    assert waiting.count == 3


@pytest.mark.parametrize(("most_events", "most_bytes"), [(3, 10**9), (10**9, 3 * OVERHEAD + 20)])
def test_what_is_too_much_becomes_a_hole(most_events: int, most_bytes: int) -> None:
    """At its place among the parts. What comes later waits again as soon as something was written."""
    waiting = Waiting(most_events, most_bytes)
    waiting.put(Pretend(lines(1, "a", "b")))
    waiting.put(Pretend(lines(3, "c", "d"), {"d1": session("d1", 1), "d2": session("d2", 1)}))
    waiting.put(Pretend(lines(5, "e", "f", "g"), {"d1": session("d1", 2), "d2": session("d2", 0, ended=True)}))
    assert waiting.given == 7
    parts = waiting.take()
    kept, hole = parts
    assert kept == Part(lines(1, "a", "b"))
    assert isinstance(hole, Hole)
    assert (hole.after, hole.until, hole.missing) == (2, 7, 5)
    assert (hole.changed, hole.ended) == ({"d1": ("d1", "bob", "b:1", 2, 5, "")}, {"d2"})
    waiting.put(Pretend(lines(8, "h", "i")))  # the first part has been taken, but not written
    (another,) = waiting.take()
    assert isinstance(another, Hole)
    assert (another.after, another.until, another.missing) == (7, 9, 2)
    assert hole.until == 7
    waiting.done([*parts, another])
    assert waiting.count == 0
    waiting.put(Pretend(lines(10, "j")))
    assert waiting.take() == [Part(lines(10, "j"))]


def test_what_fits_again_stands_behind_the_hole() -> None:
    """Even if the hole has not been taken."""
    waiting = Waiting(2)
    waiting.put(Pretend(lines(1, "a")))
    waiting.put(Pretend(lines(2, "b", "c")))
    waiting.put(Pretend(lines(4, "d")))
    waiting.put(Pretend(lines(5, "e")))
    first, hole, second, another = waiting.take()
    assert (first.events, second.events) == (lines(1, "a"), lines(4, "d"))
    assert isinstance(hole, Hole)
    assert isinstance(another, Hole)
    assert [(one.after, one.until) for one in (hole, another)] == [(1, 3), (4, 5)]


def test_sessions_alone_can_be_too_many() -> None:
    """Then nothing is missing but the room that they would have taken."""
    waiting = Waiting(1)
    waiting.put(Pretend([], {"d1": session("d1", 1)}))
    waiting.put(Pretend([], {"d1": session("d1", 2)}))
    _, hole = waiting.take()
    assert isinstance(hole, Hole)
    assert (hole.missing, hole.after, hole.changed["d1"][3]) == (0, 0, 2)


def test_nobody_waits_for_the_writer() -> None:
    """However much waits, and though nobody takes it, each put returns."""
    waiting = Waiting(10)
    for number in range(1000):
        waiting.put(Pretend(lines(number + 1, "x")))
    assert waiting.count == 10
    assert len(waiting.take()) == 11


def test_once_closed_nothing_is_taken_any_more() -> None:
    """What waits still is, and whoever waits for more is told that there is none."""
    waiting = Waiting()
    taken: list[list[Part]] = []
    taker = threading.Thread(target=lambda: taken.extend([waiting.take(), waiting.take()]), daemon=True)
    waiting.put(Pretend(lines(1, "a")))
    taker.start()
    waiting.close()
    taker.join(PATIENCE)
    assert taken == [[Part(lines(1, "a"))], []]
    with pytest.raises(Closed):
        waiting.put(Pretend(lines(2, "b")))


NAMES = st.sampled_from("abcd")
MOVES = st.lists(
    st.tuples(st.sampled_from(["joined", "left", "renamed", "entered", "said"]), NAMES, NAMES), max_size=20
)


Online = dict[str, tuple[str, str]]  # address and room of each name


def happen(online: Online, moves: list[tuple[str, str, str]]) -> list[Placed]:
    """Return the events of those moves that are possible, and change who is online."""
    events: list[Placed] = []
    for kind, name, other in moves:
        if kind == "joined" and name not in online:
            events.append(Joined(NOW, name, other))
            online[name] = other, ""
        elif kind == "entered" and name in online:
            addr, _ = online[name]
            events.append(Entered(NOW, name, addr, room=other))
            online[name] = addr, other
        elif kind == "left" and name in online:
            addr, room = online.pop(name)
            events.append(Left(NOW, name, addr, "quit", room=room))
        elif kind == "renamed" and name in online and other not in online.keys() - {name}:
            addr, room = online.pop(name)
            events.append(Renamed(NOW, name, other, addr, room=room))
            online[other] = addr, room
        elif kind == "said":
            events.append(Said(NOW, name, other, "x"))
    return events


def after(online: Online, presence: Presence) -> Online:
    """Return who is online after that."""
    return {name: where for name, where in online.items() if name not in presence.gone} | presence.came


@given(MOVES, MOVES, st.dictionaries(NAMES, st.tuples(NAMES, NAMES)))
def test_presence_is_what_moves_amount_to(
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]], online: Online
) -> None:
    """Whoever was there before, and however the moves are taken together."""
    now = dict(online)
    early, late = happen(now, first), happen(now, second)
    together, apart, later = Presence(), Presence(), Presence()
    together.follow([*early, *late])
    apart.follow(early)
    later.follow(late)
    apart.add(later)
    assert after(online, together) == after(online, apart) == now


def test_presence_does_not_grow_with_those_who_come_and_go() -> None:
    """Or a hole of some days would take all memory."""
    presence = Presence()
    for number in range(1000):
        presence.follow([Joined(NOW, f"x:{number}", "x"), Left(NOW, f"x:{number}", "x", "quit")])
    assert presence == Presence()
