"""A line typed is said once, and a line said is heard once: simulations from seeds, and bugs that they have to find.

`SIMULATION_SEEDS=10000` runs more of them. `SIMULATION_SEED=7` runs one alone, and a failure shows what has happened.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from server.chat.events import Joined, Whispered
from server.chat.moves import Entered

from ..support.session_peer import Hole, State
from ..support.simulation import Quarrel, World
from ..support.simulation_check import faults_of
from ..support.simulation_disk import Disk
from ..support.simulation_file import FileDisk
from ..support.simulation_plants import PLANTS, Plant
from ..support.simulation_users import Program
from ..support.simulation_wish_plants import WISH_PLANTS
from ..support.simulation_wishes import Wishes, is_answer

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "2000"))
SEED = os.environ.get("SIMULATION_SEED")
QUARRELS = 4  # every so many seeds, the users ignore each other
FILES = 20  # with so many times fewer seeds, the history is the server's own, in a file
ENOUGH = 500  # seeds in which each planted bug has to be found
SHOWN = 60  # of the last things that happened


def run(seed: int, trace: list[str] | None = None, disk: Disk | None = None) -> tuple[World, list[str]]:
    """Run the simulation of a seed. Return what went wrong, too."""
    world = (Quarrel if seed % QUARRELS == 0 else World)(seed, trace, disk)
    return world, [*world.run(), *faults_of(world)]


def seeds(count: int) -> Sequence[int]:
    """Return the seeds that are to be run."""
    return [int(SEED)] if SEED else range(count)


def fail(seed: int, trace: Sequence[str], faults: Sequence[str]) -> NoReturn:
    """Fail, and show what has happened."""
    pytest.fail("\n".join([f"SIMULATION_SEED={seed}", *trace[-SHOWN:], *faults]))


def test_whatever_happens_nothing_is_lost_and_nothing_is_said_twice() -> None:
    """In no simulation is there a fault."""
    for seed in seeds(SEEDS):
        if run(seed)[1]:
            trace: list[str] = []
            faults = run(seed, trace)[1]
            fail(seed, trace, faults)


def test_the_same_with_a_file(tmp_path: Path) -> None:
    """The server's own history reports whatever is lost in a kill."""
    for seed in seeds(SEEDS // FILES):
        path = tmp_path / str(seed)
        path.mkdir()
        disk, trace = FileDisk(path / "history"), list[str]()
        try:
            faults = run(seed, trace, disk)[1]
        finally:
            disk.close()
        if faults:
            fail(seed, trace, faults)
        shutil.rmtree(path)


def test_one_seed_is_one_simulation() -> None:
    """A failure can be repeated: the same seed gives the same."""
    for seed in range(20):
        one, two = run(seed)[0], run(seed)[0]
        assert [len(user.raw) for user in one.users] == [len(user.raw) for user in two.users]
        assert [len(life.events) for life in one.lives] == [len(life.events) for life in two.lives]


CODES = ("slow", "resumed", "closing", "idle", "quit", "no_session", "name_taken", "not_online", "too_long")


def reached(world: World) -> Iterator[str]:
    """Yield what has come to pass in a simulation."""
    for user in world.users:
        yield from (code for code in CODES if f'"code":"{code}"'.encode() in user.raw)
        if not isinstance(user, Program):
            continue
        holes = [item for item in user.peer.transcript if isinstance(item, Hole)]
        yield from ("a gap" for _ in holes)
        yield from ("something dropped" for hole in holes if hole.dropped)
        if any(not stream.startswith(b"{") and b"\n{" in stream for _, stream in user.streams):
            yield "text before objects"
        for line in user.peer.typed:
            yield line.state.name
            if len(line.receipts) > 1:
                yield "refused long after"
            if line.state is State.TAKEN and not line.receipts:
                yield "taken without a receipt"
    yield from ("a life" for _ in world.lives[1:])
    yield from ("an event lost" for _ in world.lost)
    whispers = [event for life in world.lives for event in life.events if isinstance(event, Whispered)]
    yield from ("a word to a program" for event in whispers if event.receiver)
    events = [event for life in world.lives for event in life.events]
    yield from ("a move" for event in events if isinstance(event, Entered))
    yield from ("a program's move" for event in events if isinstance(event, Entered) and event.session)
    yield from ("a coming into a room" for event in events if isinstance(event, Joined) and event.room)
    yield from ("talk in a room" for event in events if event.is_talk and event.room)
    wishes = Wishes(world)
    yield from ("a hidden word" for hidden in wishes.hidden for _ in hidden)
    yield from wishes.seen(events)
    answers = [deed for life in world.lives for deed in life.deeds if any(map(is_answer, deed.told))]
    yield from ("an answer for somebody away" for _ in answers)


REACHED = {
    *(*CODES, "TAKEN", "REFUSED", "UNSURE", "LOST", "a gap", "something dropped", "text before objects"),
    *("refused long after", "taken without a receipt", "a life", "an event lost", "a word to a program"),
    *("a move", "a program's move", "a coming into a room", "talk in a room"),
    *("a hidden word", "hidden talk", "a hidden coming", "an answer for somebody away"),
}


def test_the_simulation_gets_everywhere() -> None:
    """Whatever the promise is about comes to pass, and not only once."""
    counts = Counter(what for seed in range(400) for what in reached(run(seed)[0]))
    assert {what: counts[what] for what in REACHED if counts[what] < 5} == {}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the bugs that the simulation is for is found, so that its silence means something."""
    plant(monkeypatch)
    assert any(run(seed)[1] for seed in range(ENOUGH))


@pytest.mark.parametrize("plant", WISH_PLANTS)
def test_a_planted_bug_about_what_is_hidden_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is found among users who ignore each other."""
    plant(monkeypatch)
    assert any(run(seed)[1] for seed in range(0, QUARRELS * ENOUGH, QUARRELS))
