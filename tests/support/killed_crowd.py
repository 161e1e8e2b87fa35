"""A crowd whose server is killed again and again, and goes on with the same accounts and history."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from server.chat.names import fold

from .bystanders import ServerProcess
from .crowd import NAMES
from .crowd_check import Rule, check
from .crowd_kept_rules import KEPT_RULES
from .crowd_lines import PASSWORD
from .crowd_member import Member
from .crowd_rules import nothing_comes_twice, refused_lines_reach_nobody, texts_are_whole
from .gathering import Gathering
from .kept import ROOT
from .peers import PATIENCE, spawn
from .transcript import Transcript

LIVES = 4  # of the server
OPERATIONS = 40  # in each of them
NUMBERS = 1000  # of members and pauses in each of them
# Hashes take no time, and the disk is not waited for: what a process has written outlives it all the same.
CHEAP = """
from server.accounts import passwords, schema
passwords.Passwords.__init__.__defaults__ = ((2, 8, 1), 30.0)
object.__setattr__(schema.FORMAT, "synchronous", "OFF")
"""
RULES: list[Rule] = [*KEPT_RULES, nothing_comes_twice, refused_lines_reach_nobody, texts_are_whole]
KINDS = {"join": 12, "leave": 8, "to": 40, "login": 10, "say": 10, "rename": 8, "go": 4, "pause": 6}


class KilledCrowd:
    """Members who mostly leave words for each other. When a life of the server ends, somebody has often just logged in."""

    def __init__(self, folder: Path, seed: int, before: str = "") -> None:
        """`before` holds Python statements that each server runs first."""
        self._folder = folder
        self._before = before
        self._chance = random.Random(seed)
        self._keys = sorted({fold(name) for name in NAMES})
        self._lives: list[list[Transcript]] = []

    def run(self) -> list[str]:
        """Let the server live, die and live again. Return all faults."""
        for life in range(LIVES):
            with self._server() as server, self._gathering(server, life) as here:
                if not life:
                    for key in self._keys:
                        here.visit(f"rename {key}", f"/register {PASSWORD}")
                for _ in range(self._chance.randrange(OPERATIONS)):
                    self._operate(here)
                if life < LIVES - 1:
                    self._kill(server, here)
                else:
                    self._finish(server, here)
                self._lives.append(here.transcripts)
        return check([transcript for life in self._lives for transcript in life], RULES)

    def _gathering(self, server: ServerProcess, life: int) -> Gathering:
        return Gathering(server.port, self._chance, self._keys, NUMBERS * life)

    def _operate(self, here: Gathering) -> None:
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "join" or not here.members:
            here.join()
        elif kind == "leave":
            here.leave(self._chance.choice(here.members))
        elif kind == "pause":
            here.pause()
        else:
            here.type(kind)
        if self._chance.random() < 0.7:
            here.read()

    def _kill(self, server: ServerProcess, here: Gathering) -> None:
        """Kill it, often when somebody has just read the first of what was left for them. Let everyone read to the end."""
        member = Member(server.port, NUMBERS * (len(self._lives) + 1) - 1)
        here.add(member)
        if self._chance.random() < 0.7:
            key = self._chance.choice(self._keys)
            for _ in range(2):
                here.operator.ask(f"to {key} {here.operator.text('p')}")
            member.send(f"/login {key} {PASSWORD}")
            member.read_until(
                lambda: not member.unanswered or any("留言" in line for line in member.transcript.lines())
            )
        server.process.kill()
        server.process.wait(PATIENCE)
        for one in [here.operator, *here.members, member]:
            one.read_to_the_end()

    def _finish(self, server: ServerProcess, here: Gathering) -> None:
        """Let every owner come, twice."""
        here.pause()
        for key in 2 * self._keys:
            here.visit(f"/login {key} {PASSWORD}")
        here.pause()
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0

    @contextlib.contextmanager
    def _server(self) -> Iterator[ServerProcess]:
        flags = ["--port", "0", "--idle-timeout", "0"]
        flags += ["--accounts", str(self._folder / "accounts"), "--history", str(self._folder / "history")]
        program = f"{CHEAP}{self._before}\nimport sys; from server.__main__ import main\nsys.argv[1:] = {flags!r}\n"
        with spawn([sys.executable, "-c", program + "sys.exit(main())"], cwd=ROOT) as process:
            yield ServerProcess(process)
