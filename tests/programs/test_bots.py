"""The examples for programs in the documents, exactly as they stand there but for the port, with the real nc and jq."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..support.kept import keeping_server
from ..support.peers import PATIENCE, Connect, Peer, StrictServer, need, spawn

ROOT = Path(__file__).parents[2]
READMES = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]
BOTS, PIPELINES = (
    [re.findall(pattern, text, re.MULTILINE | re.DOTALL) for text in READMES]
    for pattern in (r"^```python\n(.*?)^```$", r"^    (printf [^\n]* \| jq [^\n]*)$")
)
(EXACT,) = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "BOTS.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
IDLE = 10  # seconds after which the server ends a connection, if it is not told otherwise


def test_both_readmes_have_the_same_programs() -> None:
    """One of each kind."""
    assert BOTS[0] == BOTS[1]
    assert PIPELINES[0] == PIPELINES[1]
    assert [len(BOTS[0]), len(PIPELINES[0])] == [1, 1]


@contextlib.contextmanager
def bot(port: int, program: str = EXACT) -> Iterator[None]:
    """Run a bot. It never ends by itself, and complains of nothing."""
    assert program.count("6666") == 1
    with spawn([sys.executable, "-c", program.replace("6666", str(port))]) as process:
        yield
        assert process.poll() is None
        process.terminate()
        assert process.stderr
        assert process.stderr.read() == ""


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """Keep a port free for a server, also while that is started again. Nobody else gets it, and nobody listens on it."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


class Questioner:
    """A program that asks questions. It keeps to the rules of sessions, and outlives the servers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._session = self._at = ""
        self._lines: list[str] = []  # all that it has ever said, for each has its number
        self._peer: Peer | None = None

    def __len__(self) -> int:
        """Return how many questions it has asked."""
        return len(self._lines)

    def come_in(self) -> None:
        """Connect, and say again what has not been taken."""
        self._peer = Peer(self._port)
        self._peer.say(f"/resume {self._session} {self._at}" if self._session else "/json questioner")
        hello = self._value()
        assert self._session in ("", hello["session"])
        self._session, self._at = hello["session"], self._at or hello["at"]
        self._peer.say(*self._lines[hello["line"] :])

    def ask(self, count: int) -> None:
        """Ask so many questions, without waiting for an answer."""
        assert self._peer
        questions = [f"ping {len(self) + number}" for number in range(count)]
        self._lines += questions
        self._peer.say(*questions)

    def wait_for(self, **fields: str) -> None:
        """Read up to an object with these fields."""
        while not fields.items() <= self._value().items():
            pass

    def wait_for_answers(self) -> None:
        """Read up to the answer to the last question."""
        self.wait_for(type="said", text=f"pong {len(self) - 1}")

    def close(self) -> None:
        """Go, without a word."""
        assert self._peer
        self._peer.close()

    def _value(self) -> dict[str, Any]:
        assert self._peer
        value: dict[str, Any] = json.loads(self._peer.line())
        if value["type"] != "hello":
            self._at = value.get("at", self._at)
        return value


def test_the_short_bot_outlives_its_server(tmp_path: Path) -> None:
    """It answers before the server is killed and after that, and misses nothing that was said before it was back."""
    ((program,), _) = BOTS
    with reserved_port() as port, bot(port, program):
        for number in range(3):
            with (
                keeping_server(tmp_path / "chat.db", port=port) as server,
                contextlib.closing(Peer(port)) as person,
            ):
                while number == 0 and not any(line.endswith("]pong:在线") for line in person.ask("who")):
                    pass
                person.say("ping")  # after a restart perhaps before the bot is back
                while not person.line().endswith("]pong:pong"):
                    pass
                server.process.send_signal(signal.SIGTERM if number == 0 else signal.SIGKILL)
                server.process.wait()


def test_it_answers_each_question_once(tmp_path: Path) -> None:
    """The server is killed at bad moments, and started again with its history. Both programs come back by themselves."""
    with reserved_port() as port, bot(port):
        questioner = Questioner(port)
        # A session that was opened just before a kill is lost, so the first time the server may write everything.
        rounds = [(1, True, signal.SIGTERM), *((count, count % 2 == 0, signal.SIGKILL) for count in (19, 1, 20, 4))]
        for count, is_answered, end in rounds:
            with keeping_server(tmp_path / "chat.db", port=port) as server:
                questioner.come_in()
                questioner.wait_for(type="joined", name="pong")
                questioner.ask(count)
                if is_answered:
                    questioner.wait_for_answers()
                server.process.send_signal(end)
                server.process.wait()
                questioner.close()
        with keeping_server(tmp_path / "chat.db", port=port):
            questioner.come_in()
            questioner.ask(1)
            questioner.wait_for_answers()
            questioner.close()
            reader = Peer(port)
            said = [line.rpartition(":")[2] for line in reader.ask("/last 200") if " " in line]
            reader.close()
    assert sorted(said) == sorted(f"{word} {number}" for word in ("ping", "pong") for number in range(len(questioner)))


class FakeServer:
    """What a bot meets that has connected: it is told objects, and its lines are read."""

    def __init__(self, listener: socket.socket) -> None:
        self._socket = listener.accept()[0]
        self._socket.settimeout(PATIENCE)
        self._file = self._socket.makefile("rb")

    def tell(self, **fields: object) -> None:
        self._socket.sendall(json.dumps(fields).encode() + b"\n")

    def greet(self, session: str, line: int, at: str) -> None:
        self.tell(type="hello", session=session, line=line, at=at, name="x")

    def says(self, text: str, at: str) -> None:
        self.tell(type="said", text=text, at=at)

    def line(self) -> str:
        return self._file.readline().decode()

    def hears_within(self, seconds: float) -> bool:
        """Return whether the bot says something soon enough."""
        self._socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        return False

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens for bots."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


def test_it_asks_again_and_skips_what_is_dealt_with(listener: socket.socket) -> None:
    """Answers that were not taken are given again, and no others. If the session has gone, none is."""
    with bot(listener.getsockname()[1]):
        first = FakeServer(listener)
        assert first.line() == "/json pong\n"
        first.greet("s1", 0, "1")
        for number in (2, 3):
            first.says(f"ping {number}", str(number))
        assert [first.line() for _ in range(3)] == ["rename pong\n", "pong 2\n", "pong 3\n"]
        first.close()

        second = FakeServer(listener)
        assert second.line() == "/resume s1 1\n"
        second.greet("s1", 2, "3")
        for number in (2, 3, 4):
            second.says(f"ping {number}", str(number))
        assert [second.line() for _ in range(3)] == ["rename pong\n", "pong 3\n", "pong 4\n"]
        second.close()

        third = FakeServer(listener)
        assert third.line() == "/resume s1 1\n"
        third.greet("s2", 0, "5")
        for number in (2, 3, 4, 5):
            third.says(f"ping {number}", str(number))
        assert [third.line() for _ in range(2)] == ["rename pong\n", "pong 5\n"]
        third.close()

        fourth = FakeServer(listener)
        assert fourth.line() == "/resume s2 1\n"
        fourth.greet("s2", 2, "5")
        for number in (2, 3, 4, 5, 6):
            fourth.says(f"ping {number}", str(number))
        assert [fourth.line() for _ in range(2)] == ["rename pong\n", "pong 6\n"]
        fourth.close()


@pytest.mark.parametrize("pause", [1.0, 2.0 * IDLE])
def test_it_is_never_silent_for_too_long(listener: socket.socket, pause: float) -> None:
    """Whether others talk all the time or not at all, it sends a heartbeat."""
    with bot(listener.getsockname()[1]):
        fake = FakeServer(listener)
        assert fake.line() == "/json pong\n"
        fake.greet("s1", 0, "1")
        assert fake.line() == "rename pong\n"
        waited = 0
        while not fake.hears_within(pause):
            waited += 1
            fake.says("talk", f"{waited}")
        assert fake.line() == "\n"
        assert waited * pause < IDLE
        fake.close()


def test_it_lets_others_in_first(listener: socket.socket) -> None:
    """A server that refuses it, in text or in an object, is asked again later."""
    with bot(listener.getsockname()[1]):
        for refusal in (b'{"type":"bye","code":"full","text":"x"}\n', "服务器人数已满，请稍后再试\n".encode(), b""):
            fake = FakeServer(listener)
            assert fake.line() == "/json pong\n"
            fake._socket.sendall(refusal)
            fake.close()
        fake = FakeServer(listener)
        assert fake.line() == "/json pong\n"
        fake.close()


def test_the_pipeline_shows_what_was_said(server: StrictServer, connect: Connect) -> None:
    """Each line has its time in UTC, a name and the text, whatever is in it."""
    need("nc")
    need("jq")
    bob = connect()
    bob.rename("小明")
    for text in ("大家好", 'a "b" \\ $HOME', "/me 挥手"):
        bob.ask(text)
    ((pipeline,),) = PIPELINES[:1]
    command = pipeline.replace("127.0.0.1 6666", f"127.0.0.1 {server.port}")
    assert command != pipeline
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stderr == ""
    lines = [re.fullmatch(r"....-..-..T..:..:..\....Z 小明: (.*)", line) for line in done.stdout.splitlines()]
    assert [line and line[1] for line in lines] == ["大家好", 'a "b" \\ $HOME', "挥手"]
