"""A server with an accounts file, in a process of its own: where passwords are not, and what a killed server keeps."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.bystanders import ServerProcess, server_process
from ..support.kept import export
from ..support.peers import PATIENCE, Peer, Program

ROOT = Path(__file__).parents[2]
SECRET = "tr0ub4dor"
KEPT = "该用户不在线，消息会在其登录时送达"
# Hashes take no time. What they cost is tested elsewhere.
CHEAP = "from server.accounts.passwords import Passwords; Passwords.__init__.__defaults__ = ((2, 8, 1), 5.0)\n"
# The process is killed after kept words were handed out, and before the file knows of it.
KILLED_BEFORE_IT_IS_NOTED = """
import os, signal
from server.accounts.desk import Desk
Desk.settle = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
# The same when a word was kept, and before anybody knows of it.
KILLED_BEFORE_IT_IS_SAID = """
import os, signal
from server.accounts.store import Store
real = Store.keep
def keep(*values):
    real(*values)
    os.kill(os.getpid(), signal.SIGKILL)
Store.keep = keep
"""


@contextlib.contextmanager
def running(path: Path, *flags: str, before: str = "") -> Iterator[ServerProcess]:
    """Run a server with an accounts file."""
    with server_process("--accounts", str(path), "--idle-timeout", "0", *flags, before=CHEAP + before) as server:
        yield server


@contextlib.contextmanager
def killed(path: Path, *flags: str, before: str = "") -> Iterator[ServerProcess]:
    """Run a server that is killed before the block ends, or at its end."""
    with pytest.raises(AssertionError), running(path, *flags, before=before) as server:
        yield server
        server.process.kill()
        server.process.wait(PATIENCE)


@contextlib.contextmanager
def peer(server: ServerProcess, name: str = "") -> Iterator[Peer]:
    with contextlib.closing(Peer(server.port)) as someone:
        someone.until(someone.prefix + "已上线")
        if name:
            someone.rename(name)
        yield someone


def register(path: Path, *names: str) -> None:
    with running(path) as server:
        for name in names:
            with peer(server, name) as someone:
                assert someone.ask(f"/register {SECRET}") == [f"注册成功，以后请用 /login {name} 密码 登录"]


def test_a_password_is_nowhere(tmp_path: Path) -> None:
    """Not on the wire to anybody, in no log and no trace, in no file: whatever is typed, right or wrong."""
    flags = ("--trace", "--log-level", "DEBUG", "--history", str(tmp_path / "history.db"))
    lines = [
        *(f"/register {SECRET}", f"/password {SECRET} {SECRET}2", f"/login bob {SECRET}2", f"/login {SECRET} bob"),
        *(f"register {SECRET}", f"Register {SECRET}", f"/Register {SECRET}", f"/regster {SECRET}"),
        *(f"login bob {SECRET}", f"／login bob {SECRET}", f"/login|bob|{SECRET}", f"//login bob {SECRET}"),
        *(f"/unregister {SECRET}", f"unregister {SECRET}2", f"/register {SECRET} {SECRET}"),
    ]
    with (
        running(tmp_path / "accounts.db", *flags) as server,
        peer(server, "alice") as alice,
        peer(server, "bob") as bob,
        contextlib.closing(Program(server.port, "/json p")) as program,
    ):
        heard = ["\n".join(bob.ask(line)) for line in lines]
        program.say(*lines, "the end")
        while "the end" not in (line := program.line()):
            heard.append(line)
        while not (line := alice.line()).endswith(":the end"):
            heard.append(line)
        heard += alice.ask("/last 200")
    assert len(heard) > 30
    assert "asks the log, Register" in server.log  # the trace has seen it
    assert "asks the log, LogIn" in server.log
    assert SECRET not in "\n".join([*heard, server.log])
    files = [one for one in tmp_path.iterdir() if one.is_file()]
    assert len(files) >= 2
    assert [one.name for one in files if SECRET.encode() in one.read_bytes()] == []


def test_a_word_that_was_kept_is_delivered_once_although_the_server_is_killed(tmp_path: Path) -> None:
    """Its author was told that it is kept, so it is on the disk."""
    path = tmp_path / "accounts.db"
    register(path, "bob")
    with killed(path) as server, peer(server, "alice") as alice:
        assert [alice.ask(f"to bob {number}") for number in range(3)] == [[KEPT]] * 3
    with killed(path) as server, peer(server) as bob:
        count, *words, done = bob.ask(f"/login bob {SECRET}")
        assert (count, done) == ("你有 3 条留言", "登录成功，用户名: bob")
        assert [word.split(" ", 1)[1] for word in words] == [f"alice: {number}" for number in range(3)]
    with running(path) as server, peer(server) as bob:
        assert bob.ask(f"/login bob {SECRET}") == ["登录成功，用户名: bob"]


def test_a_server_that_is_killed_while_it_delivers_delivers_again(tmp_path: Path) -> None:
    """Nothing is lost. A program knows the words by their numbers, and whoever reads text is told that they come again.

    After a receipt none comes again.
    """
    path = tmp_path / "accounts.db"
    register(path, "bob")
    with killed(path) as server, peer(server, "alice") as alice:
        alice.ask("to bob one")
    with (
        killed(path, before=KILLED_BEFORE_IT_IS_NOTED) as server,
        contextlib.closing(Program(server.port, "/json")) as bob,
    ):
        bob.say(f"/login bob {SECRET}")
        first = bob.until_type("kept")
    with killed(path, before=KILLED_BEFORE_IT_IS_NOTED) as server, peer(server) as reader:
        reader.say(f"/login bob {SECRET}")
        reader.until("你有 1 条留言，前 1 条可能已经看过")
    with running(path) as server, contextlib.closing(Program(server.port, "/json")) as bob:
        bob.say(f"/login bob {SECRET}", f"/login bob {SECRET}")
        again = bob.until_type("kept")
        assert (again["text"], again["word"]) == ("one", first["word"])
        assert [bob.value()["type"] for _ in range(2)] == ["done", "done"]


def test_a_line_is_kept_once_although_the_server_is_killed(tmp_path: Path) -> None:
    """The program has had no receipt, so it says the line again. With a history, its session knows the number."""
    path, history = tmp_path / "accounts.db", ("--history", str(tmp_path / "history.db"))
    register(path, "bob")
    with (
        killed(path, *history, before=KILLED_BEFORE_IT_IS_SAID) as server,
        contextlib.closing(Program(server.port, "/json alice")) as alice,
    ):
        hello = alice.until_type("hello")
        alice.say("first")
        alice.until_type("done")
        while "first" not in export(tmp_path / "history.db", "text")[-1]:
            pass  # the history has not yet written it
        alice.say("to bob one")
        assert b"done" not in alice.rest()
    opening = f"/resume {hello['session']} {hello['at']}"
    with running(path, *history) as server, contextlib.closing(Program(server.port, opening)) as alice:
        assert alice.until_type("hello")["line"] == 1
        alice.say("to bob one")
        assert alice.until_type("done")["text"] == KEPT
        with peer(server) as bob:
            assert bob.ask(f"/login bob {SECRET}")[0] == "你有 1 条留言"


def test_words_arrive_although_another_server_has_the_history(tmp_path: Path) -> None:
    """Nobody waits for a history that cannot be written: the words have arrived when the program's system has them."""
    path, history = tmp_path / "accounts.db", ("--history", str(tmp_path / "history.db"))
    register(path, "bob")
    with server_process(*history), running(path, *history) as server:
        with peer(server, "alice") as alice:
            assert alice.ask("to bob one") == [KEPT]
        with contextlib.closing(Program(server.port, "/json")) as bob:
            bob.say(f"/login bob {SECRET}")
            bob.until_type("kept")
            bob.until_type("done")
            with contextlib.closing(sqlite3.connect(path)) as file:
                assert file.execute("SELECT count(*) FROM words").fetchone() == (0,)


def test_a_program_stays_logged_in_over_a_restart(tmp_path: Path) -> None:
    """Its session knows it, with a history. Nobody else has its name meanwhile."""
    path, history = tmp_path / "accounts.db", ("--history", str(tmp_path / "history.db"))
    register(path, "bob")
    with running(path, *history) as server, contextlib.closing(Program(server.port, "/json")) as bob:
        hello = bob.until_type("hello")
        bob.say(f"/login bob {SECRET}")
        bob.until_type("done")
    opening = f"/resume {hello['session']} {hello['at']}"
    with running(path, *history) as server, contextlib.closing(Program(server.port, opening)) as bob:
        assert bob.until_type("hello")["name"] == "bob"
        bob.say(f"/password {SECRET} {SECRET}2")
        assert bob.until_type("done")["text"] == "密码已修改"


def test_a_file_that_cannot_hold_accounts_is_told_at_the_start(tmp_path: Path) -> None:
    """In one line, with status 1. So is a second server, and an operator without accounts."""
    path = tmp_path / "accounts.db"
    path.write_text("my notes\n")
    command = [sys.executable, "-m", "server", "--port", "0"]

    def run(*flags: str) -> tuple[int, str]:
        done = subprocess.run(
            [*command, *flags], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.returncode, done.stderr.splitlines()[-1]

    error = "chatroom-server: cannot keep accounts in"
    assert run("--accounts", str(path)) == (1, f"{error} {path}: it is a text file")
    path.unlink()
    register(path)
    with running(path):
        assert run("--accounts", str(path)) == (1, f"{error} {path}: another server has it")
    assert run("--operator", "op") == (2, "chatroom-server: error: --operator needs --accounts FILE")
    status, message = run("--accounts", str(path), "--operator", "who is")
    assert (status, "cannot be a name" in message) == (2, True)
    assert run("--motd", str(tmp_path / "missing"))[0] == 1


def test_what_operators_do_is_logged(tmp_path: Path) -> None:
    """With who has done it. The text of the flag is what newcomers read."""
    motd = tmp_path / "motd"
    motd.write_text("请友善\n")
    flags = ("--operator", "op", "--motd", str(motd))
    with running(tmp_path / "accounts.db", *flags) as server, peer(server) as op, peer(server) as loud:
        answers = op.ask("rename op")
        assert (answers[0], answers[-1]) == ("请友善", "修改用户名为: op")
        op.ask(f"/register {SECRET}")
        assert op.ask(f"/kick {loud.addr} too loud")[-1] == f"已移出 {loud.addr}"
        loud.until("你已被管理员移出：too loud")
    assert f"管理员 op 执行了: /kick {loud.addr} too loud" in server.log
    assert "op is registered, from 127.0.0.1" in server.log
