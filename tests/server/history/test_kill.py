"""A server that is killed in the middle of writing: its file is in order, and what it holds belongs together."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from pathlib import Path

from server.chat.events import Joined, Left, Said
from server.chat.for_programs import Renamed
from server.chat.kinds import Placed
from server.history.history import History

from .keeping import rows

ROOT = Path(__file__).parents[3]
TIMES = 20
# Three programs and a person talk as fast as they can. Before each batch it says what is certainly in the file.
SCRIPT = """
import sys
from server.chat.restoring import Departed
from tests.server.history.keeping import server
with server(sys.argv[1], int(sys.argv[2])) as room:
    room.apply(*(Departed(0, 0.0, *one) for one in room.history.restored.online))
    for number in (1, 2, 3):
        room.open(number, f"a:{number}", f"/json p{number}")
    room.join(4, "a:4", "ann")
    for count in range(1_000_000):
        print(room.history.stored, flush=True)
        for number in (1, 2, 3, 4):
            room.say(number, *[f"{number} {count}"] * (count % 7 + 1))
        room.heard.clear()
        if count % 50 == 49:
            room.leave(4)
            room.join(4, f"b:{count}", "ann")
"""


def live_and_die(path: Path, start: int, lines: int, early: bool) -> int:
    """Run a server that is killed when it has said so many lines. Return the place that it had written by then.

    Unless it is to die `early`, the lines are counted from the moment at which it has first written something.
    """
    command = [sys.executable, "-c", SCRIPT, str(path), str(start)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            said = [process.stdout.readline()]
            while not early and int(said[-1]) <= start:
                said.append(process.stdout.readline())
            said += [process.stdout.readline() for _ in range(lines)]
        finally:
            process.kill()
        said += process.stdout.readlines()
    return max(int(line) for line in said if line.endswith("\n"))


def follow(event: Placed, online: dict[str, str]) -> None:
    """Take note of who has come and gone."""
    match event:
        case Joined():
            online[event.name] = event.addr
        case Left():
            del online[event.name]
        case Renamed():
            online[event.name] = online.pop(event.old)


def test_a_server_is_killed_again_and_again(tmp_path: Path) -> None:
    """Each time at another moment, and each time on the same file."""
    chance = random.Random(7)
    path = tmp_path / "history.db"
    taken: dict[str, int] = {}  # how many lines there are of each session
    online: dict[str, str] = {}
    ends: list[tuple[int, int]] = []  # of each life: where its log began, and what it has left behind
    for life in range(1, TIMES + 1):
        start = life * 10_000_000
        early = life % 5 == 0
        written = live_and_die(path, start, chance.randrange(2, 100), early)
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
        history = History(path, remember=10**9)
        restored = history.restored
        history.stop()

        # A prefix of what was said, without a gap, and nothing that was written before is missing.
        mine = [event for event in restored.events if event.at > start]
        assert [event.at for event in mine] == list(range(start + 1, restored.end + 1)) or restored.end < start
        assert restored.end >= written
        # The lines of the sessions are those that are there, also of sessions that nobody has taken up.
        for event in mine:
            if isinstance(event, Said) and event.session:
                taken[event.session] = taken.get(event.session, 0) + 1
                assert event.number == taken[event.session]
            follow(event, online)
        found = {one.digest: one.line for one in restored.sessions}
        assert found == dict.fromkeys(found, 0) | taken
        assert {name: addr for name, addr, _ in restored.online} == online
        ends.append((start, restored.end))

    # All lives that have written something are there, and between them something may be missing.
    lives = [(start, end) for start, end in ends if end > start]
    assert len(lives) >= TIMES - TIMES // 5
    holes = rows(path, "SELECT after, until, events FROM holes ORDER BY after")
    assert holes == [(end, start, None) for (_, end), (start, _) in itertools.pairwise(lives)]
