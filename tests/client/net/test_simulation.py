"""The client's own session in a whole chat made of chance: nothing that is typed is lost or said twice, nothing missed.

`CLIENT_SEEDS=10000` runs more of them. `CLIENT_SEED=7` runs one alone.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from types import SimpleNamespace

import pytest

from client.net.attempts import ReconnectPolicy
from client.net.conversation import State, shorten
from client.net.session import Session
from client.net.values import Value
from server.chat.kinds import Placed

from ...support import simulation, simulation_stage
from ...support.session_peer import QUIT
from ...support.simulation import World
from ...support.simulation_server import Connection
from ...support.simulation_users import NAMES, Program, User

SEEDS = int(os.environ.get("CLIENT_SEEDS", "1000"))
SEED = os.environ.get("CLIENT_SEED")
POLICY = ReconnectPolicy(insists=True)
_TEXT = re.compile(r"m\d+\.\d+\.")


class RealProgram(Program):
    """A program that is our client, as far as that has no socket and no screen."""

    def __init__(self, number: int, chance: random.Random) -> None:
        User.__init__(self, number, chance)
        self.session = Session(POLICY, chance.choice(("", "", *NAMES)), curious=chance.random() < 0.5)
        self.typed: list[str] = []
        self.heard: list[Value] = []
        self.notes: list[str] = []
        self.refused: list[str] = []
        self.now = 0.0

    @property
    def peer(self) -> SimpleNamespace:  # type: ignore[override]
        """What whoever keeps no rules tries to get."""
        return SimpleNamespace(session=self.session._token)

    @property
    def has_left(self) -> bool:
        return self.session._quitting and self.session.state is State.OFFLINE

    @property
    def is_content(self) -> bool:
        is_quiet = not self.session.outgoing.unsettled or not self.session._naming.is_had
        is_done = is_quiet and not (self.is_quitting and self.session._naming.is_had)
        return self.has_left or (self.link is not None and self.session.is_in and is_done)

    def come(self, connection: Connection) -> None:
        super().come(connection)
        if not self.has_left:
            self.send(self.session.connected(self.now))

    def greet(self) -> bytes:
        self.now += 1
        return b"" if self.has_left else self.session.connect(self.now)

    def leave(self) -> None:
        self.link = None
        self.session.lost("", self.now)
        self._gather()

    def hear(self, data: bytes) -> None:
        before = bytes(self.streams[-1][1])
        User.hear(self, data)
        if self.has_left:
            return
        self.now += 1
        partial = before[before.rfind(b"\n") + 1 :]
        for line in (partial + data).split(b"\n")[:-1]:
            self.send(self.session.received(line, self.now))
        self._gather()

    def type(self, text: str) -> None:
        self.is_quitting = text == QUIT
        if self.is_quitting:
            self.send(self.session.finish(self.now))
        else:
            self.typed.append(text)
            self.send(self.session.say(text, self.now))
        self._gather()

    def _gather(self) -> None:
        for shown in self.session.shown:
            match shown.type:
                case "refused":
                    self.refused.append(shown.text)
                case "note":
                    self.notes.append(shown.text)
                case _:
                    self.heard.append(shown)
        self.session.shown.clear()


class RealWorld(World):
    """A world whose programs are our client."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (simulation, simulation_stage):
            monkeypatch.setattr(module, "Program", RealProgram)
        super().__init__(seed)


def faults_of(world: World) -> list[str]:
    """Return what our clients did wrong."""
    lost = {event.at for event in world.lost}
    log = [event for life in world.lives for event in life.events if event.at not in lost]
    said = Counter(text for event in log if event.is_talk for text in _TEXT.findall(event.line()))
    faults = [f"{text} was said {count} times" for text, count in said.items() if count > 1]
    for user in world.users:
        if isinstance(user, RealProgram):
            faults += _faults_of_user(user, log, said)
    return faults


def _faults_of_user(user: RealProgram, log: list[Placed], said: Counter[str]) -> list[str]:
    faults = []
    explained = " ".join(user.notes + user.refused)
    uncounted = any(word in explained for word in ("还有", "以前的", "缺了"))
    for line in user.typed if user.session._naming.is_had else []:
        is_talk = bool(_TEXT.search(line)) and not line.startswith("to ") and len(line) < 1000
        text = "".join(_TEXT.findall(line))
        if (
            is_talk
            and not said[text]
            and not (text in explained or shorten(line) in explained)
            and not user.has_left
            and not uncounted
        ):
            faults.append(f"{user}: {line!r} was lost")
    heard = [int(each.at) for each in user.heard if each.type in ("said", "emote")]
    if not any("缺了" in note or "丢失" in note for note in user.notes):
        if heard != sorted(set(heard)):
            faults.append(f"{user}: heard in disorder, or twice")
        if heard and not user.has_left:
            expected = [event.at for event in log if event.is_talk and event.at >= heard[0]]
            if missing := set(expected) - set(heard):
                faults.append(f"{user}: missed {missing}")
    return faults


def test_nothing_is_lost_and_nothing_is_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to connections and to the server, and whatever others say."""
    for seed in [int(SEED)] if SEED else range(SEEDS):
        world = RealWorld(seed, monkeypatch)
        faults = [*world.run(), *faults_of(world)]
        assert not faults, f"CLIENT_SEED={seed}"
