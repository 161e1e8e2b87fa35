"""A server that is stopped or killed, and starts again with its history file: what people and programs notice."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..support.bystanders import ServerProcess
from ..support.kept import export, keeping_server
from ..support.peers import Peer, Program

ENDS = [signal.SIGKILL, signal.SIGTERM]


class Restarted:
    """A server with a history file, which can be ended and started again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = 0
        self._stack = contextlib.ExitStack()
        self._server: ServerProcess | None = None

    def start(self, *flags: str) -> None:
        self._server = self._stack.enter_context(keeping_server(self.file, "--idle-timeout", "0", *flags))
        self.port = self._server.port

    def end(self, how: int) -> None:
        assert self._server
        self._server.process.send_signal(how)
        self._server.process.wait()
        self._stack.close()

    def person(self) -> Peer:
        peer = Peer(self.port)
        self._stack.callback(peer.close)
        return peer

    def program(self, *lines: str) -> Greeted:
        program = Greeted(self.port, *lines)
        self._stack.callback(program.close)
        return program

    def is_in_file(self, text: str) -> bool:
        """Return whether a text is in the file, or in what SQLite keeps beside it."""
        return any(text.encode() in path.read_bytes() for path in self.file.parent.glob(f"{self.file.name}*"))

    def has_written(self, text: str) -> None:
        """Wait until the file knows a text."""
        peer = self.person()
        while not self.knows(text):
            peer.ask("")
        peer.close()

    def knows(self, text: str) -> bool:
        """Return whether an event with a text, or of somebody who is called so, is in the file for good."""
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            tables = [connection.execute(f"SELECT name, text FROM {table}") for table in ("talk", "moves", "private")]
            return any(text in row for table in tables for row in table)


class Greeted(Program):
    """A program that has read its greeting."""

    def __init__(self, port: int, *lines: str) -> None:
        super().__init__(port, *lines)
        self.hello = self.value()

    def up_to(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects up to the next one of a type."""
        values = [self.value()]
        while values[-1]["type"] != kind:
            values.append(self.value())
        return values


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restarted]:
    """A server that runs. It is killed at the end."""
    server = Restarted(tmp_path / "chat.db")
    server.start()
    yield server
    server.end(signal.SIGKILL)


@pytest.mark.parametrize("how", ENDS)
def test_people_find_what_was_said_before(server: Restarted, how: int) -> None:
    """With `/last`, with `/search`, and when they come, if the server is set to show it."""
    bob = server.person()
    bob.ask("我们在公园门口见")
    bob.ask("/me waves")
    server.has_written("waves")
    server.end(how)
    server.start("--replay", "1")
    alice = server.person()
    assert [line.partition("]")[2].partition(" ")[2] or line for line in alice.ask("")][1:] == [
        "以下是最近的 1 条消息",
        "* waves",
        "以上是之前的消息",
    ]
    assert len(alice.ask("/last")) == 2
    (found,) = alice.ask("/search 公园")
    assert found.endswith("我们在公园门口见")


@pytest.mark.parametrize("how", ENDS)
def test_a_session_outlives_its_server(server: Restarted, how: int) -> None:
    """With its name, its count, what it has missed, and private words to it. Its own hold begins anew."""
    ming = server.program("/json 小明", "one", "/nothing")
    at = ming.up_to("said")[-1]["at"]
    bob = server.person()
    bob.ask("to 小明 psst")
    bob.ask("/me waves")
    bob.ask("two")
    while not server.knows("two"):
        bob.ask("")
    server.end(how)
    server.start()
    bob = server.person()
    assert "该用户名已被使用" in bob.ask("rename 小明")
    again = server.program(f"/resume {ming.hello['session']} {at}", "three")
    assert {name: again.hello[name] for name in ("session", "line", "name")} == {
        "session": ming.hello["session"],
        "line": 2,
        "name": "小明",
    }
    missed = [value for value in again.up_to("said") if value["type"] != "gap"]
    missed += again.up_to("done")
    assert [value.get("text", value.get("why", value["type"])) for value in missed] == [
        "未知命令，输入 /help 查看帮助",
        "joined",
        "psst",
        "waves",
        "two",
        "closing",
        "closing",
        "joined",
        "joined",
        "three",
        "done",
    ]
    assert missed[-1] == {"type": "done", "line": 3}


def test_what_was_not_written_has_not_happened(server: Restarted) -> None:
    """The server is killed at once. Whatever it has said before, its successor takes up exactly what was written."""
    ming = server.program("/json ming")
    server.has_written("ming")
    ming.say(*(f"line {number}" for number in range(500)))
    ming.up_to("said")
    server.end(signal.SIGKILL)
    server.start()
    again = server.program(f"/resume {ming.hello['session']} {ming.hello['at']}")
    taken = again.hello["line"]
    again.say(*(f"line {number}" for number in range(taken, 500)), "end")
    said = []
    while (value := again.up_to("said")[-1])["text"] != "end":
        said.append((value["text"], value["line"]))
    assert said == [(f"line {number}", number + 1) for number in range(500)]


def test_private_words_are_kept_for_programs_alone(server: Restarted) -> None:
    """And only until the sessions that have to do with them have ended. Those between people are never kept."""
    alice, bob, ming = server.person(), server.person(), server.program("/json ming")
    alice.ask("rename alice")
    bob.ask("to alice between people")
    bob.ask("to ming for a program")
    bob.ask("public")
    server.has_written("for a program")
    ming.say("/quit")
    ming.up_to("bye")
    server.has_written("public")
    server.end(signal.SIGTERM)
    assert server.is_in_file("public")
    assert not server.is_in_file("between people")
    assert not server.is_in_file("for a program")
    server.start()


def test_nobody_else_may_read_the_file(server: Restarted) -> None:
    """Nor what lies beside it. And it does not give sessions away."""
    ming = server.program("/json ming")
    server.has_written("ming")
    assert not server.is_in_file(ming.hello["session"])
    files = list(server.file.parent.glob("chat.db*"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    server.file.chmod(0o644)
    server.end(signal.SIGKILL)
    server.start()
    assert stat.S_IMODE(server.file.stat().st_mode) == 0o600


def test_the_export(server: Restarted) -> None:
    """It has what everyone was told, as it was, and nothing private. The server runs meanwhile, or has been killed."""
    ming = server.program("/json 小明", "大家好", "/me 挥手", "to 小明 private", "/nothing", "rename ming", "/quit")
    told = [value for value in ming.up_to("bye") if value["type"] in ("joined", "said", "emote", "renamed")]
    server.has_written("ming")
    expected = [{name: told[name] for name in told if name != "line"} for told in told]
    lines = ["小明:已上线", "小明:大家好", "小明 * 挥手", "ming:下线"]
    for end in (False, True):
        if end:
            server.end(signal.SIGKILL)
        exported = [json.loads(line) for line in export(server.file, "json")]
        assert exported[: len(expected)] == expected
        text = export(server.file, "text")
        assert [re.fullmatch(rf"....-..-.. ..:..:.. \[{re.escape(ming.addr)}\](.*)", line) for line in text[:4]]
        assert [line.partition("]")[2] for line in text[:4]] == lines
        assert "private" not in "".join(text) + str(exported)
    server.start()
    server.person().ask("again")
    server.has_written("again")
    assert "-- 服务器在此中断，可能缺失消息 --" in export(server.file, "text")
    assert {"type": "gap", "after": exported[-1]["at"]} in [json.loads(line) for line in export(server.file, "json")]
