"""Programs that talk while their connections are cut, and while the server is killed: nothing is lost, nothing comes twice.

Whatever was lost in a kill has to be reported: as a line that was not taken, or as a gap.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from server.chat.sessions import digest_of

from ..support.kept import export
from ..support.peers import PATIENCE
from ..support.session_check import Fact, Log, fields_of, heard_faults, said_faults, text_of
from ..support.session_peer import Hole, SessionPeer
from ..support.session_proxy import Loop, Proxy, Talker

SEED = int(os.environ.get("RESTARTS_SEED", "1"))
ROOT = Path(__file__).parents[2]
TALKERS = 20
KILLS = 10
LIFE = 20_000  # bytes, on average, after which a connection is cut
MAX_LINE = 4096


class Server:
    """A server in a process of its own, always on the same port, that can be killed and started again."""

    def __init__(self, *flags: str) -> None:
        self.port = _free_port()
        self.starts: list[int] = []  # before each start, in microseconds since 1970: places of later lives are above
        self._command = [sys.executable, "-m", "server", "--port", str(self.port), "--idle-timeout", "0", *flags]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.starts.append(time.time_ns() // 1000)
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stderr
        line = self._process.stderr.readline()
        assert "listening" in line, line + self._process.stderr.read()

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self._process
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """Stop it in order."""
        assert self._process
        self._process.terminate()
        assert self._end() == 0

    def _end(self) -> int:
        assert self._process
        _, log = self._process.communicate(timeout=PATIENCE)
        assert "Traceback" not in log
        assert "ERROR" not in log
        return self._process.returncode


def _free_port() -> int:
    """Return a port that no connection is given by chance, as the one of a server that is dead for a moment might be."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def _lines(name: int, count: int, chance: random.Random) -> Iterator[str]:
    """Yield what a talker types."""
    for number in range(count):
        match chance.randrange(8):
            case 0:
                yield f"to talker{chance.randrange(TALKERS)} p{name}.{number}."
            case 1:
                yield f"/me m{name}.{number}."
            case 2:
                yield chance.choice(("who", "", "/nope", "/last 3", f"to nobody p{name}.{number}."))
            case _:
                yield f"m{name}.{number}. {'你好' * chance.randrange(20)}"


def _talk(server: Server, lines: int, kills: int, chance: random.Random) -> tuple[list[SessionPeer], int]:
    """Let everyone talk until all is said and heard. Return the programs, and how many connections were cut."""
    loop = Loop()
    try:
        proxy = Proxy(loop, server.port, chance, LIFE)
        talkers = [
            Talker(loop, proxy.port, f"talker{name}", list(_lines(name, lines, chance))) for name in range(TALKERS)
        ]
        for kill in range(kills):
            left = lines * TALKERS * (kills - kill) // (kills + 1)
            loop.run(lambda: sum(talker.left for talker in talkers) <= left)  # noqa: B023
            server.kill()
            server.start()
        loop.run(lambda: all(talker.is_done for talker in talkers))
        proxy.stop_cutting()
        last = [f"m{name}.{lines}." for name in range(TALKERS)]
        for talker, line in zip(talkers, last, strict=True):
            talker.type(line)
        loop.run(lambda: all(talker.is_done and talker.has_heard(last) for talker in talkers))
        return [talker.peer for talker in talkers], proxy.cuts
    finally:
        loop.end()


def _log_of(peers: Sequence[SessionPeer]) -> tuple[Log, list[str]]:
    """Return what has happened, as all together have heard it, and where they do not agree."""
    digests = [frozenset(digest_of(token) for token, _ in peer.sessions) for peer in peers]
    targets = {  # of private words
        text_of(line.text): (name, int(found[1]))
        for name, peer in enumerate(peers)
        for line in peer.typed
        if (found := re.match(r"to talker(\d+) ", line.text))
    }
    facts: dict[int, Fact] = {}
    faults: list[str] = []
    for name, peer in enumerate(peers):
        for heard in peer.heard():
            value = fields_of(heard.value)
            known = facts.get(heard.at, Fact(heard.at, value))
            if known.value != value:
                faults.append(f"{value} was heard as {known}")
            if value["type"] == "whisper":
                author, target = targets[text_of(value["text"])]
                # If the first hello got lost, the name belongs for a while to a session of which nobody has the token.
                is_there = name == target or peers[target].hellos[0]["name"] == peers[target].name
                readers = (known.readers or digests[author]) | (digests[target] if is_there else frozenset())
                known = replace(known, readers=readers)
            if heard.own:
                known = replace(known, session=digest_of(heard.own.session), number=heard.value["line"])
            facts[heard.at] = known
    return Log([facts[at] for at in sorted(facts)]), faults


def _faults(peers: Sequence[SessionPeer], starts: Sequence[int]) -> list[str]:
    """Return all faults. A gap may only be reported where the server was started again."""
    log, faults = _log_of(peers)

    def is_missing(hole: Hole, until: int) -> bool:
        return any(hole.after <= start < until for start in starts[1:])

    for peer in peers:
        found = [*peer.faults, *heard_faults(peer, log, is_missing), *said_faults(peer, log, MAX_LINE)]
        faults += [f"{peer.name}: {fault}" for fault in found]
    return faults


def _exported(path: Path) -> Iterator[Fact]:
    """Yield what everyone was told, as the history has it."""
    for value in map(json.loads, export(path, "json")):
        if "at" in value:
            yield Fact(int(value["at"]), fields_of(value))


def test_nothing_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    """Twenty programs talk, while the server is killed ten times and goes on with its history."""
    path = tmp_path / "history"
    server = Server("--history", str(path))
    server.start()
    try:
        peers, cuts = _talk(server, 60, KILLS, random.Random(SEED))
        server.stop()
    except BaseException:
        server.kill()
        raise
    assert cuts > 5 * KILLS
    assert _faults(peers, server.starts) == []
    exported = {fact.at: fact.value for fact in _exported(path)}
    public = {fact.at: fact.value for fact in _log_of(peers)[0].facts if fact.readers is None}
    unsure = max(peer.unsure for peer in peers)
    assert {at: value for at, value in public.items() if exported.get(at) != value and at > unsure} == {}


def test_nothing_is_missing_when_only_connections_die(tmp_path: Path) -> None:
    """Without a kill, nothing may be missing at all."""
    server = Server()
    server.start()
    try:
        peers, cuts = _talk(server, 30, 0, random.Random(SEED))
        server.stop()
    except BaseException:
        server.kill()
        raise
    assert cuts > TALKERS
    assert _faults(peers, server.starts) == []
    assert not any(isinstance(item, Hole) for peer in peers for item in peer.transcript)
