"""The owner of a conversation, by value: no socket, no thread, and a time that only the test lets pass."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.net.attempts import DELAYS, ReconnectPolicy
from client.net.conversation import State
from client.net.outgoing import Line
from client.net.people import Person
from client.net.session import LONGEST_TYPED, WINDOW, Session
from client.net.silence import CALM
from client.net.values import MAX_LINE, BadServer, ServerUnavailable, Value

TOKEN = "t" * 32
TIME = "2026-11-24T21:00:00.000Z"
PERSON = ReconnectPolicy()
NAMED = ReconnectPolicy(away_after=600.0)
SCRIPT = ReconnectPolicy(returns=False, patience=5.0)
FOREVER = ReconnectPolicy(away_after=math.inf, insists=True)


class Server:
    """The other side of a session, whose every value is written by the test."""

    def __init__(self, policy: ReconnectPolicy = PERSON, name: str = "", **options: bool) -> None:
        self.session = Session(policy, name, server="host port 1", **options)
        self.now = 100.0
        self.place = 0
        self.sent: list[str] = []

    def connect(self) -> str:
        """Let it connect. Return its first line."""
        assert self.session.wants_connection(self.now)
        first = self.session.connect(self.now).decode()
        self._send(self.session.connected(self.now))
        return first.removesuffix("\n")

    def tell(self, kind: str, **fields: Any) -> None:
        self.text(json.dumps({"type": kind, **fields}))

    def text(self, line: str) -> None:
        self._send(self.session.received(line.encode(), self.now))

    def event(self, kind: str, **fields: Any) -> None:
        self.place += 1
        self.tell(kind, at=str(self.place), time=TIME, **fields)

    def hello(
        self,
        line: int = 0,
        session: str = TOKEN,
        name: str = "me",
        idle: float = 10.0,
        addr: str = "me:1",
        **room: str,
    ) -> None:
        values = {"session": session, "line": line, "addr": addr, "name": name, "hold": 60, "idle": idle, **room}
        self.tell("hello", **values, at=str(self.place))

    def welcome(self, **fields: Any) -> str:
        first = self.connect()
        self.hello(**fields)
        return first

    def resume(self, line: int) -> None:
        """Let it come back, and get through what it has missed, which is nothing."""
        self.connect()
        self.hello(line)
        assert self.take() == [""]
        self.tell("done", line=line + 1)

    def say(self, line: str, to: Person | None = None) -> None:
        self._send(self.session.ask(Line(line, to), self.now))

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self._send(self.session.act(self.now))

    def lose(self, code: str = "", text: str = "", why: str = "") -> None:
        if code:
            self.tell("bye", code=code, text=text)
        self.session.lost(why, self.now)

    def take(self) -> list[str]:
        """Return what was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def shown(self) -> list[Value]:
        """Return what was shown since the last time."""
        shown = list(self.session.shown)
        self.session.shown.clear()
        return shown

    def notes(self) -> list[str]:
        return [each.text for each in self.shown() if each.type == "note"]

    def _send(self, data: bytes) -> None:
        self.sent += data.decode().split("\n")[:-1]


def test_what_is_typed_waits_for_the_greeting() -> None:
    """Then it is sent, and shown when it comes back."""
    server = Server(name="小明")
    server.say("one")
    assert server.connect() == "/json 小明"
    assert server.take() == []
    server.hello(name="小明")
    assert server.take() == ["one"]
    server.event("said", name="小明", addr="me:1", text="one", line=1)
    server.tell("done", line=1)
    assert [(each.text, each.line) for each in server.shown()] == [("one", 1)]
    assert server.session.outgoing.unsettled == 0


def test_what_was_not_taken_is_sent_again_once() -> None:
    """The server says up to which line it has taken. What waits comes behind that."""
    server = Server()
    server.welcome()
    for line in ("one", "two", "three"):
        server.say(line)
    assert server.take() == ["one", "two", "three"]
    server.tell("done", line=1)
    server.lose(why="x")
    server.say("four")
    assert server.connect() == f"/resume {TOKEN} 0"
    server.hello(line=2)
    assert server.take() == [""]
    server.tell("done", line=3)
    assert server.take() == ["three", "four"]
    assert server.session.outgoing.unsettled == 2


def test_a_receipt_does_not_help_if_the_server_has_forgotten() -> None:
    """It was killed before its disk had the line. A question is not asked again, nor what the server refused."""
    server = Server()
    server.welcome()
    for number, line in enumerate(("one", "who", "/nothing", "two"), 1):
        server.say(line)
        if line in ("one", "two"):
            server.event("said", name="me", addr="me:1", text=line, line=number)
        server.tell("done", line=number, **({"code": "unknown_command", "text": "?"} if line == "/nothing" else {}))
    server.take()
    server.lose()
    server.resume(0)
    assert server.take() == ["one", "two"]


def test_a_question_without_an_answer_is_asked_again() -> None:
    """For the answer is not told again."""
    server = Server()
    server.welcome()
    server.say("who")
    server.take()
    server.lose()
    server.resume(1)
    assert server.take() == ["who"]


def test_a_question_that_was_asked_again_is_asked_once_more_at_most() -> None:
    """It had two numbers then. A server that has forgotten both gets it once."""
    server = Server()
    server.welcome()
    server.say("who")
    server.take()
    server.lose()
    server.resume(1)
    server.lose()
    server.take()
    server.now += 10
    server.resume(0)
    assert server.take() == ["who"]


def test_a_refusal_that_is_told_later() -> None:
    """By its number the line is known. A receipt that was had already is ignored."""
    server = Server()
    server.welcome()
    server.say("/nothing")
    server.lose()
    server.connect()
    server.hello(line=1)
    server.shown()
    for _ in range(2):
        server.tell("done", line=1, code="unknown_command", text="?")
    assert server.shown() == [Value("refused", "/nothing", why="?")]
    assert server.session.refused


def test_a_server_that_has_lost_its_memory() -> None:
    """This is the only case in which nobody knows what became of a line. What was not sent yet is sent."""
    server = Server(SCRIPT, name="me")
    server.welcome()
    for line in ("one", "two", "three"):
        server.say(line)
    server.event("said", name="me", addr="me:1", text="one", line=1)
    server.take()
    server.lose()
    server.say("four")
    server.connect()
    server.shown()
    server.hello(session="other", name="me:2")
    assert server.notes() == [
        "服务器不记得这次会话，重新开始",
        "可能没有送达：two",
        "可能没有送达：three",
        "已重新连接",
    ]
    assert server.take() == ["", "rename me"]
    server.tell("done", code="no_session", text="?")
    server.tell("done", line=1)
    assert server.take() == []
    server.event("renamed", old="me:2", name="me", addr="me:1", line=2)
    assert server.take() == ["four"]
    assert server.session.failed


def test_what_was_missed_is_marked() -> None:
    """And before it is heard, nothing is sent. Our own coming and going is not shown again."""
    server = Server()
    server.welcome()
    server.event("said", name="bob", addr="b:1", text="heard")
    server.lose()
    server.say("mine")
    server.shown()
    assert server.connect() == f"/resume {TOKEN} 1"
    server.hello(addr="me:2")
    server.event("left", name="me", addr="me:1", why="lost")
    server.event("said", name="bob", addr="b:1", text="missed")
    server.event("joined", name="me", addr="me:2")
    assert server.take() == [""]
    server.tell("done", line=1)
    assert server.take() == ["mine"]
    first, begins, missed, ends = server.shown()
    assert [each.text for each in (first, begins, ends)] == [
        "已重新连接",
        "以下是离开期间的消息",
        "以上是离开期间的消息",
    ]
    assert missed == Value("said", "missed", name="bob", addr="b:1", at="3", time=TIME, missed=True)
    server.event("said", name="bob", addr="b:1", text="now")
    assert not server.shown()[0].missed


def test_an_event_that_is_told_twice_is_heard_once() -> None:
    """Its place is known."""
    server = Server()
    server.welcome()
    for _ in range(2):
        server.tell("said", at="7", name="bob", addr="b:1", text="x")
    assert len(server.shown()) == 1


def test_a_gap_is_said_honestly() -> None:
    """Places are opaque. If the server goes back to one that we know, what we heard behind it was lost."""
    server = Server()
    server.welcome()
    for text in ("one", "two", "three"):
        server.event("said", name="bob", addr="b:1", text=text)
    server.shown()
    server.tell("gap", after="unknown")
    assert server.notes() == ["这里缺了一些消息：服务器已经没有了"]
    server.event("said", name="bob", addr="b:1", text="four")
    server.tell("gap", after="2")
    assert server.notes() == ["服务器丢失了上面最后 2 条消息，之后可能还缺一些"]
    server.lose()
    assert server.connect() == f"/resume {TOKEN} 2"


def test_nothing_is_said_under_another_name() -> None:
    """A name that cannot be had is asked for again. Another one may be typed meanwhile."""
    server = Server(name="bob")
    server.say("hi")
    server.welcome(name="me:1")
    server.tell("done", code="name_taken", text="taken")
    assert server.notes() == ["bob：taken；输入 rename 新名字 换一个"]
    assert server.take() == []
    server.passes(server.session.due() - server.now)
    assert server.take() == ["rename bob"]
    server.tell("done", line=1, code="name_taken", text="taken")
    assert server.shown() == []
    server.say("rename rob")
    assert server.take() == ["rename rob"]
    server.event("renamed", old="me:1", name="rob", addr="me:1", line=2)
    server.tell("done", line=2, text="ok")
    assert server.take() == ["hi"]


def test_a_script_needs_its_name() -> None:
    """It says nothing without."""
    server = Server(SCRIPT, name="bob")
    server.welcome(name="me:1")
    with pytest.raises(ServerUnavailable, match="^bob: taken$"):
        server.tell("done", code="name_taken", text="taken")


@pytest.mark.parametrize(("idle", "silence"), [(10.0, 4.0), (3.0, 1.2), (0.0, math.inf)])
def test_it_stays_while_the_user_is_there(idle: float, silence: float) -> None:
    """Heartbeats are timed by the server's own limit. They end some minutes after the last key."""
    server = Server(NAMED, name="me")
    server.welcome(idle=idle)
    assert server.session.due() - server.now == pytest.approx(silence)
    if silence == math.inf:
        return
    beats = 0
    server.session.key(server.now)
    while server.session.due() < math.inf:
        server.passes(server.session.due() - server.now)
        assert server.take() == [""]
        beats += 1
        server.tell("done", line=beats)
    assert server.now == pytest.approx(700, abs=2 * silence)
    server.lose("idle", "silence")
    assert server.notes() == ["silence；输入下一行时自动重新连接"]
    assert not server.session.wants_connection(server.now + 1000)
    server.say("back")
    assert server.session.wants_connection(server.now)


def test_without_a_name_the_idle_limit_does_its_work() -> None:
    """Unless somebody types: each key counts."""
    server = Server()
    server.welcome()
    assert server.session.due() == math.inf
    server.now += 3
    server.session.key(server.now)
    assert server.session.due() == pytest.approx(104)
    server.passes(1)
    assert server.take() == [""]


REMINDER = "再过 {} 秒没有输入，连接就会中断；按一下回车就可以留下"


@pytest.mark.parametrize(("idle", "left"), [(10.0, 2), (300.0, 30)])
def test_whoever_is_not_kept_in_the_room_is_reminded(idle: float, left: int) -> None:
    """Once in each silence, shortly before the idle limit ends the connection. Any key is enough to stay."""
    server = Server(curious=True)
    server.welcome(idle=idle)
    for number in range(1, 4):
        assert server.session.due() == math.inf
        server.tell("done", line=number)
        assert server.session.due() == pytest.approx(server.now + idle - left)
        server.passes(idle - left)
        assert server.notes() == [REMINDER.format(left)]
        assert server.session.due() == math.inf
        server.take()
        server.session.key(server.now)
        server.passes(0)
        assert server.take() == [""]


@pytest.mark.parametrize("late", [0.0, 5.0])
def test_whoever_is_kept_in_the_room_is_not_reminded(late: float) -> None:
    """There are heartbeats, also on a machine that is late with them."""
    server = Server(NAMED, curious=True)
    server.welcome()
    for number in range(1, 10):
        server.tell("done", line=number)
        server.passes(server.session.due() - server.now + late)
    assert server.take() == ["who", *[""] * 9]
    assert server.notes() == []


def test_no_heartbeat_while_a_line_is_on_its_way() -> None:
    """A frozen server gets no heap of them."""
    server = Server(FOREVER)
    server.welcome()
    server.passes(4)
    assert server.take() == [""]
    assert server.session.due() == math.inf
    server.tell("done", line=1)
    server.passes(4)
    assert server.take() == [""]


def test_nothing_is_due_behind_a_goodbye() -> None:
    """Our side of the connection ends as well, and so the server's end is heard of at last."""
    server = Server(FOREVER, curious=True)
    server.welcome()
    server.tell("done", line=1)
    assert not server.session.wants_end
    server.tell("bye", code="idle")
    server.take()
    server.passes(100)
    assert (server.take(), server.session.due(), server.session.wants_end) == ([], math.inf, True)
    assert not server.session.outgoing.waiting


def test_a_server_without_an_idle_limit() -> None:
    """Whoever listens for ever shows now and then that it is there, and so sees whether the server is."""
    server = Server(FOREVER)
    server.welcome(idle=0)
    assert server.session.due() == server.now + CALM


def test_typing_in_an_outage_does_not_make_it_longer() -> None:
    """The waits grow with the failures alone, and something typed is a reason to try soon."""
    server = Server()
    server.welcome()
    server.lose(why="x")
    for delay in (*DELAYS, DELAYS[-1]):
        assert server.session.due() - server.now == pytest.approx(delay)
        server.now = server.session.due()
        server.session.connect(server.now)
        server.session.lost("down", server.now)
    for _ in range(20):
        server.say("line")
        assert server.session.due() - server.now <= 1
        server.now += 0.1
    server.now = server.session.due()
    server.session.connect(server.now)
    server.session.lost("down", server.now)
    assert server.session.due() - server.now <= DELAYS[-1]
    assert server.notes() == ["x；正在重新连接", "连接不上 host port 1（down），正在重试"]


@pytest.mark.parametrize("policy", [PERSON, SCRIPT])
def test_no_server_at_all(policy: ReconnectPolicy) -> None:
    """It is not waited for, unless that was asked for."""
    server = Server(policy)
    server.session.connect(server.now)
    with pytest.raises(ServerUnavailable, match="^no server at host port 1: refused$"):
        server.session.lost("refused", server.now)
    server = Server(FOREVER)
    server.session.connect(server.now)
    server.session.lost("refused", server.now)
    assert server.session.due() == server.now


@pytest.mark.parametrize("values", [True, False])
def test_a_server_that_lets_nobody_in(values: bool) -> None:
    """It is there, and says why, in values or in text."""
    server = Server()
    server.connect()
    if values:
        server.tell("bye", code="full", text="服务器人数已满，请稍后再试")
    else:
        server.text("服务器人数已满，请稍后再试")
    with pytest.raises(ServerUnavailable, match="^host port 1 does not let you in: 服务器人数已满，请稍后再试$"):
        server.session.lost("", server.now)


def test_a_script_waits_for_a_while() -> None:
    """Then it gives up, with the first reason."""
    server = Server(SCRIPT)
    server.welcome()
    server.say("one")
    server.lose("closing", "stopped")
    with pytest.raises(ServerUnavailable, match="^lost the server at host port 1: stopped$"):
        while True:
            server.now = server.session.due()
            server.session.connect(server.now)
            server.session.lost("refused", server.now)
    assert server.now - 100 <= SCRIPT.patience


@pytest.mark.parametrize("code", ["resumed", "quit"])
def test_another_client_that_has_the_session_is_not_fought(code: str) -> None:
    """Only something typed is a reason to come back."""
    server = Server(FOREVER)
    server.welcome()
    server.lose(code, "why")
    assert server.notes() == ["why；输入下一行时自动重新连接"]
    assert server.session.due() == math.inf


@pytest.mark.parametrize("code", ["kicked", "banned"])
def test_whoever_is_expelled_stays_away(code: str) -> None:
    """Lines that wait are given back, and are no reason to come again. The next line is, and begins a new session."""
    server = Server(NAMED, name="me")
    server.welcome()
    server.say("one")
    server.say("to bob x")
    server.event("said", name="me", addr="me:1", text="one", line=1)
    server.lose()
    server.say("never sent")
    server.shown()
    server.connect()
    server.lose(code, "why")
    assert server.notes() == ["没有等到确认：to bob x", "没有送达：never sent", "why；输入下一行时自动重新连接"]
    assert server.session.due() == math.inf
    assert not server.session.is_busy
    server.say("two")
    assert server.welcome() == "/json me"
    assert server.take()[-1] == "two"
    server.lose()
    server.passes(10.0)
    server.connect()
    server.lose("banned", "why")
    assert server.notes()[-1] == "why；输入下一行时自动重新连接"
    assert not server.session.is_busy


def test_a_script_that_is_expelled_ends() -> None:
    """Also one that would wait for the server for ever."""
    server = Server(ReconnectPolicy(away_after=math.inf, insists=True, obeys=True))
    server.welcome()
    with pytest.raises(ServerUnavailable, match="lost the server at host port 1: why"):
        server.lose("kicked", "why")


def test_a_password_is_sent_once() -> None:
    """Whatever becomes of it. It waits for no name, and is in no note."""
    server = Server(NAMED, name="bob")
    server.welcome(name="me:1")
    server.tell("done", code="name_owned", text="该用户名已被注册")
    server.say("hi")
    server.say("/login bob secret")
    assert server.take() == ["/login bob secret"]
    server.lose(why="x")
    server.connect()
    server.hello(line=0, name="me:1")
    assert server.take() == ["", "rename bob"]
    assert "没有送达：/login bob ******" in server.notes()
    server.tell("done", line=1)
    server.tell("done", line=2, code="name_owned", text="该用户名已被注册")
    server.say("/login bob wrong")
    server.tell("done", line=3, code="wrong_password", text="用户名或密码不正确")
    assert server.shown()[-1] == Value("refused", "/login bob ******", why="用户名或密码不正确")
    server.say("/login bob right")
    server.lose(why="x")
    server.passes(10.0)
    server.connect()
    server.hello(session="n" * 32, name="me:1")
    assert [note for note in server.notes() if "/login" in note] == ["可能没有送达：/login bob ******"]
    assert server.take() == ["/login bob wrong", "/login bob right", "", "rename bob"]


@pytest.mark.parametrize("end", ["receipt", "late refusal", "not taken", "taken", "new session", "kicked", "text"])
def test_whether_the_answer_to_a_password_may_still_come(end: str) -> None:
    """While the server is away it may. Whatever happens then, that has an end."""
    server = Server()
    server.welcome()
    line = Line("/login bob secret1")
    server._send(server.session.ask(line, server.now))
    assert server.session.awaits(line)
    if end == "receipt":
        server.tell("done", line=1)
    elif end == "kicked":
        server.lose("kicked", "?")
    else:
        server.lose()
        assert server.session.awaits(line)
        server.session.is_plain = end == "text"
        server.connect()
        if end != "text":
            server.hello(line=int(end in ("taken", "late refusal")), session="x" if end == "new session" else TOKEN)
            assert server.session.awaits(line)
        if end == "late refusal":
            server.tell("done", line=1, code="wrong_password", text="?")
        elif end != "text":
            server.tell("done", line=1 + int(end == "taken"))
    assert not server.session.awaits(line)
    assert line.code == ("wrong_password" if end == "late refusal" else "")


def test_a_password_waits_for_the_server() -> None:
    """Its answer may come until it has come."""
    server = Server()
    line = Line("/login bob secret1")
    server._send(server.session.ask(line, server.now))
    server.connect()
    assert server.session.awaits(line)
    server.hello()
    assert server.take() == ["/login bob secret1"]
    assert server.session.awaits(line)
    server.tell("done", line=1, code="wrong_password", text="?")
    assert (server.session.awaits(line), line.code) == (False, "wrong_password")


def test_a_name_that_comes_and_goes() -> None:
    """A login gives it, and lines that have waited for it are said. Its owner takes it from a guest, who goes on without."""
    server = Server(NAMED, name="bob")
    server.welcome(name="me:1")
    server.tell("done", code="name_owned", text="该用户名已被注册")
    server.say("hi")
    server.passes(100.0)
    server.say("/login bob secret")
    assert not any(line.startswith("rename") or line == "hi" for line in server.take())
    server.event("renamed", old="me:1", name="bob", addr="me:1")
    assert server.take() == ["hi"]
    server.event("renamed", old="bob", name="me:1", addr="me:1")
    server.say("on")
    assert server.take() == ["on"]
    assert server.session.hearing.name == "me:1"


def test_a_room_has_people_of_its_own() -> None:
    """Who is there is asked after each move, and whoever stays behind is still the same person."""
    server = Server(curious=True)
    server.welcome()
    assert server.take() == ["who"]
    users = [{"name": "me", "addr": "me:1"}, {"name": "bob", "addr": "b:1"}, {"name": "eve", "addr": "e:1"}]
    server.tell("users", line=1, users=users)
    server.tell("done", line=1)
    people = server.session.hearing.people
    bob, eve = people.find("bob"), people.find("eve")
    server.event("exited", name="eve", addr="e:1")
    assert (people.names(), people.names_elsewhere(), people.find("eve")) == (["me", "bob"], ["eve"], eve)
    server.say("/join Tea")
    server.event("entered", name="me", addr="me:1", room="tea", line=2)
    server.tell("done", line=2)
    assert server.take() == ["/join Tea", "who"]
    assert server.session.hearing.room == "tea"
    server.tell("users", line=3, users=[{"name": "me", "addr": "me:1"}, {"name": "eve", "addr": "e:1"}])
    server.tell("done", line=3)
    assert (people.names(), people.names_elsewhere()) == (["me", "eve"], ["bob"])
    server.event("entered", name="bob", addr="b:1", room="tea")
    assert (people.names(), people.find("bob"), people.find("eve")) == (["me", "eve", "bob"], bob, eve)
    assert server.take() == []
    assert bob and not bob.is_gone
    assert [(each.type, each.name, each.room) for each in server.shown()] == [
        ("exited", "eve", ""),
        ("entered", "me", "tea"),
        ("entered", "bob", "tea"),
    ]


def test_a_list_in_parts() -> None:
    """Nobody is gone before it is complete, also if the connection is lost in its middle."""
    server = Server(curious=True)
    server.welcome()
    server.tell("users", line=1, users=[{"name": "me", "addr": "me:1"}])
    server.tell("users", line=1, users=[{"name": "bob", "addr": "b:1"}, {"name": "eve", "addr": "e:1"}])
    server.tell("done", line=1)
    people = server.session.hearing.people
    bob, eve = people.find("bob"), people.find("eve")
    assert bob
    assert eve
    server.say("who")
    server.tell("users", line=2, users=[{"name": "me", "addr": "me:1"}])
    server.lose()
    server.connect()
    server.hello(line=1)
    server.tell("done", line=2)
    server.tell("users", line=3, users=[{"name": "me", "addr": "me:1"}])
    assert not bob.is_gone
    server.tell("users", line=3, users=[{"name": "rob", "addr": "b:1"}])
    server.tell("done", line=3)
    assert (people.find("rob"), bob.is_gone, eve.is_gone, people.names()) == (bob, False, True, ["me", "rob"])


def test_whoever_is_quiet_is_not_told_who_comes() -> None:
    """It is heard all the same. The server need not know of that."""
    server = Server()
    server.welcome()
    server.say("/quiet")
    server.event("joined", name="bob", addr="b:1")
    server.say("/Quiet ")
    server.event("left", name="bob", addr="b:1")
    assert server.take() == []
    assert [each.text or each.type for each in server.shown()] == ["不再显示上线和下线", "重新显示上线和下线", "left"]
    assert server.session.outgoing.unsettled == 0


def test_a_command_is_sent_as_the_server_reads_it() -> None:
    """With any slash, and in capitals. So a password is sent once, and a session of somebody else is not taken up."""
    server = Server()
    server.welcome()
    for line in ("、WHO", "/Login bob secret", "／Resume x 1", "／nothing"):
        server.say(line)
    assert server.take() == ["/who", "/login bob secret", "／nothing"]
    assert [line.text for line in server.session.outgoing.sent] == ["/who", "/login bob ******", "／nothing"]


def test_everyone_is_listed_with_the_room() -> None:
    """Those elsewhere are known by then, and are not taken for people of our room."""
    server = Server()
    server.welcome(room="tea")
    server.say("/who  all")
    server.tell("users", line=1, users=[{"name": "me", "addr": "me:1", "room": "tea"}, {"name": "bob", "addr": "b:1"}])
    people = server.session.hearing.people
    assert (people.names(), people.names_elsewhere()) == (["me"], ["bob"])
    assert [each.users for each in server.shown()] == [(("me", "me:1", "tea"), ("bob", "b:1", ""))]


def lose_session_in_a_room() -> Server:
    """Return a server that has lost the session of somebody who has typed a line for a room since then."""
    server = Server()
    server.welcome()
    server.say("/join tea")
    server.event("entered", name="me", addr="me:1", room="tea", line=1)
    server.tell("done", line=1)
    server.lose()
    server.say("for the room")
    server.take()
    for session in ("other", "third"):  # the second is lost before it is back in the room
        server.passes(10.0)
        server.connect()
        server.hello(session=session)
        assert server.take() == ["", "/join tea"]
        server.tell("done", line=1)
        if session == "other":
            server.lose()
    server.shown()
    return server


def test_nothing_is_said_in_another_room() -> None:
    """After a lost session it goes back to the room first, and once."""
    server = lose_session_in_a_room()
    assert server.take() == []
    server.event("entered", name="me", addr="me:1", room="tea", line=2)
    server.tell("done", line=2)
    assert server.take() == ["for the room"]
    server.say("/leave")
    server.event("entered", name="me", addr="me:1", room="", line=4)
    server.lose()
    server.passes(10.0)
    server.connect()
    server.hello(line=4, session="third")
    assert server.take() == ["/leave", ""]


def test_what_was_typed_behind_a_move_is_said_there() -> None:
    """Although nobody knows whether the session that is lost has heard of the move."""
    server = Server()
    server.welcome()
    for line in ("one", "/join tea", "for the room"):
        server.say(line)
    server.lose()
    for line in ("/leave", "for the lobby"):
        server.say(line)
    server.take()
    server.passes(10.0)
    server.connect()
    server.hello(session="other")
    assert server.take() == [""]
    server.tell("done", line=1)
    assert server.take() == ["/join tea", "/leave", "for the lobby"]
    assert [note for note in server.notes() if "送达" in note] == ["可能没有送达：one", "可能没有送达：for the room"]


def test_nothing_is_said_in_the_lobby_if_there_is_no_way_back() -> None:
    """Lines that wait are given back. The next one is said where the user is now."""
    server = lose_session_in_a_room()
    server.tell("done", line=2, code="too_many_rooms", text="full")
    assert server.notes() == ["没能回到房间 tea：full", "没有送达：for the room"]
    assert (server.take(), server.session.outgoing.unsettled, server.session.failed) == ([], 0, True)
    server.say("here")
    assert server.take() == ["here"]


def test_a_session_goes_on_in_its_room() -> None:
    """What was missed is heard up to the own move, if nobody had heard of that."""
    server = Server(curious=True)
    server.welcome()
    server.tell("done", line=1)
    server.say("/join tea")
    server.lose(why="x")
    server.take()
    server.connect()
    server.hello(line=2, room="tea")
    assert server.take() == ["", "who"]
    server.event("said", name="bob", addr="b:1", text="before")
    server.event("entered", name="me", addr="me:1", room="tea", line=2)
    server.event("said", name="eve", addr="e:1", room="tea", text="behind")
    server.tell("done", line=3)
    assert [each.text or each.room for each in server.shown() if each.missed] == ["before", "tea", "behind"]
    assert server.session.hearing.room == "tea"
    assert server.session.outgoing.unsettled == 0


def test_private_words_are_unread_until_they_are_answered() -> None:
    """Each for itself, under whatever name its author has by then. Our own, and those that come twice, do not count."""
    server = Server()
    server.welcome()
    hearing = server.session.hearing
    server.event("joined", name="bob", addr="b:1")
    server.event("whisper", name="bob", to="me", text="one")
    server.event("whisper", name="eve", to="me", text="two")
    for _ in range(2):
        server.event("kept", name="ann", to="me", text="three", word=1)
    server.event("renamed", old="bob", name="rob", addr="b:1")
    server.event("whisper", name="rob", to="me", text="four")
    assert [each.name for each in hearing.unread] == ["rob", "eve", "ann", "rob"]
    server.say("to ROB yes")
    server.event("whisper", name="me", to="rob", text="yes", line=1)
    assert [each.name for each in hearing.unread] == ["eve", "ann"]


def test_a_kept_word_is_shown_once() -> None:
    """Although the server has delivered it twice."""
    server = Server()
    server.welcome()
    for word in (7, 8, 7):
        server.event("kept", name="bob", to="me", text=f"word {word}", word=word)
    assert [each.text for each in server.shown()] == ["word 7", "word 8"]
    assert server.session.hearing.last_private


def test_a_private_word_that_is_kept_is_shown() -> None:
    """The server sends no copy of it, and its notice does not say for whom it is. A word that has a copy is shown once."""
    server = Server()
    server.welcome()
    server.say("hello  there", Person("bob", "b:1"))
    for line in ("to bob  one", "/to|bob|two", "to bob three", "rename bob"):
        server.say(line)
    server.event("whisper", name="me", to="bob", text="three", line=4)
    for number in range(1, 6):
        server.tell("done", line=number, text=f"notice {number}")
    shown = server.shown()
    assert [value.text for value in shown if value.type == "notice"] == [f"notice {number}" for number in range(1, 6)]
    words = [(value.to, value.text) for value in shown if value.type == "whisper"]
    assert words == [("bob", "three"), ("bob", "hello  there"), ("bob", " one"), ("bob", "two")]
    assert shown[1:3] == [Value("whisper", "hello  there", to="bob", line=1), Value("notice", "notice 1")]


def test_our_name_in_what_is_said() -> None:
    """Others have to say it."""
    server = Server()
    server.welcome(name="小明")
    server.event("said", name="bob", addr="b:1", text="问小明吧")
    server.event("said", name="小明", addr="me:1", text="我是小明")
    assert [each.mentions for each in server.shown()] == [((1, 3),), ()]


@pytest.mark.parametrize("code", ["slow", "lost", "closing", ""])
def test_after_any_other_end_it_comes_back(code: str) -> None:
    """By itself."""
    server = Server()
    server.welcome()
    server.lose(code)
    assert server.session.wants_connection(server.now)


def test_it_leaves_when_all_is_taken() -> None:
    """And gives its name back. Nothing is connected again for that."""
    server = Server(SCRIPT)
    server.say("one")
    server.session.finish(server.now)
    server.welcome()
    assert server.take() == ["one"]
    server.tell("done", line=1)
    assert server.take() == ["/quit"]
    server.tell("done", line=2)
    server.lose("quit")
    assert not server.session.is_busy


def test_lines_that_came_to_nothing_are_named_or_counted() -> None:
    """When somebody leaves."""
    server = Server()
    server.welcome()
    for number in range(5):
        server.say(f"sent {number}")
    server.lose()
    server.say("x" * 100)
    server.shown()
    server.session.report_unsent()
    assert server.notes() == [
        *(f"没有等到确认：sent {number}" for number in range(3)),
        "没有等到确认：还有 2 条",
        "没有送达：" + "x" * 40 + "…",
    ]
    assert server.session.failed


def test_a_private_word_follows_its_receiver() -> None:
    """Over a new name. If the receiver has gone, nobody gets it."""
    server = Server(curious=True)
    server.welcome()
    assert server.take() == ["who"]
    server.tell("users", line=1, users=[{"name": "bob", "addr": "b:1"}, {"name": "eve", "addr": "e:1"}])
    server.tell("done", line=1)
    assert server.shown() == []
    bob = server.session.hearing.people.find("bob")
    server.lose()
    server.say("psst", bob)
    server.connect()
    server.hello(line=1)
    server.event("renamed", old="bob", name="rob", addr="b:1")
    server.event("renamed", old="eve", name="bob", addr="e:1")
    server.take()
    server.tell("done", line=2)
    assert server.take() == ["to rob psst"]
    server.shown()
    server.event("left", name="rob", addr="b:1", why="quit")
    server.say("more", bob)
    assert server.take() == []
    assert server.shown()[-1] == Value("refused", "more", to="rob", why="该用户不在线")


@pytest.mark.parametrize("is_new", [True, False])
def test_a_private_word_waits_until_it_is_known_who_is_online(is_new: bool) -> None:
    """In a new session, and behind a gap: somebody else may have the name by then. What is for everyone need not wait."""
    server = Server(curious=True)
    server.welcome()
    server.tell("users", line=1, users=[{"name": "bob", "addr": "b:1"}])
    server.tell("done", line=1)
    bob = server.session.hearing.people.find("bob")
    server.lose()
    server.say("for the old bob", bob)
    server.say("for everyone")
    server.take()
    server.connect()
    server.hello(0 if is_new else 1, session="other" if is_new else TOKEN)
    line = 1 if is_new else 2
    if not is_new:
        server.tell("gap", after="90")
    assert server.take() == ["", "who"]
    server.tell("done", line=line)
    assert server.take() == ["for everyone"]
    server.tell("users", line=line + 1, users=[{"name": "bob", "addr": "b:2"}])
    assert server.take() == []
    server.shown()
    server.tell("done", line=line + 1)
    assert server.take() == []
    assert server.shown() == [Value("refused", "for the old bob", to="bob", why="该用户不在线")]


def test_a_private_word_goes_on_if_who_is_not_answered() -> None:
    """Because the server refuses to say it. If the connection is lost meanwhile, it is asked again."""
    server = Server(curious=True)
    server.welcome()
    bob = Person("bob", "b:1")
    server.say("one", bob)
    assert server.take() == ["who"]
    server.tell("done", line=1, code="any", text="no")
    assert server.take() == ["to bob one"]
    server.tell("gap", after="90")
    server.say("two", bob)
    assert server.take() == ["who"]
    server.tell("users", line=3, users=[])
    server.lose()
    server.connect()
    server.hello(3)
    assert server.take() == ["", "who"]
    server.tell("done", line=4)
    server.tell("done", line=5)
    assert server.take() == ["to bob two"]


def test_what_is_heard_is_shown() -> None:
    """Each in its way. The copy of our own private word is marked as ours."""
    server = Server()
    server.welcome()
    server.say("to bob x")
    server.event("whisper", name="me", to="bob", text="x", line=1)
    server.event("whisper", name="bob", to="me", text="y")
    server.event("emote", name="bob", addr="b:1", text="waves")
    server.say("who")
    server.tell("users", line=2, users=[{"name": "me", "addr": "me:1"}])
    server.say("rename me2")
    server.tell("done", line=1)
    server.tell("done", line=2)
    server.event("renamed", old="me", name="me2", addr="me:1", line=3)
    server.tell("done", line=3, text="修改用户名为: me2")
    assert server.shown() == [
        Value("whisper", "x", name="me", to="bob", at="1", time=TIME, line=1),
        Value("whisper", "y", name="bob", to="me", at="2", time=TIME),
        Value("emote", "waves", name="bob", addr="b:1", at="3", time=TIME),
        Value("users", line=2, users=(("me", "me:1", ""),)),
        Value("notice", "修改用户名为: me2"),
    ]
    asker = server.session.hearing.last_private
    assert asker
    assert asker.name == "bob"


def test_no_more_is_sent_ahead_than_the_window() -> None:
    """So sending never waits."""
    server = Server()
    server.welcome()
    for _ in range(200):
        server.say("x" * 1000)
    assert WINDOW <= sum(len(line) + 1 for line in server.take()) <= WINDOW + 1001
    server.tell("done", line=1)
    assert len(server.take()) == 1


def test_a_line_that_no_server_takes_is_not_sent() -> None:
    """Our server would end the connection, again and again. A session of somebody else is not taken up either."""
    server = Server()
    server.welcome()
    server.say("小" * LONGEST_TYPED)
    server.say("/resume x 1")
    assert server.take() == []
    assert [each.type for each in server.shown()] == ["refused", "refused"]


def test_a_line_is_one_line() -> None:
    """Otherwise the server would count more lines than we do, and the second might be a command."""
    server = Server()
    server.welcome()
    server.say("rename bob\n/quit")
    server.say("next")
    assert server.take() == ["next"]
    assert server.shown() == [Value("refused", "rename bob⏎/quit", why="只能是一行")]


@pytest.mark.parametrize(
    "answers",
    [
        ["[a:1]a:1:已上线", "[a:1]a:1:/json me"],
        ["[a:1]a:1:已上线", "未知命令，输入 /help 查看帮助"],
        ["/json me"],
        ["I'm live"],
    ],
)
def test_a_server_that_knows_no_values(answers: list[str]) -> None:
    """It takes our question for talk. From then on this is a good telnet."""
    server = Server(name="me")
    server.say("hi")
    assert server.connect() == "/json me"
    for answer in answers:
        server.text(answer)
    assert server.session.state is State.PLAIN
    server.say("、WHO")
    assert server.take() == ["rename me", "hi", "、WHO"]
    shown = server.shown()
    assert [each.text for each in shown if each.type == "raw"] == answers[:-1]
    server.text("I'm live")
    server.text('{"type":"bye","code":"quit"}\r')
    assert server.shown() == [Value("raw", '{"type":"bye","code":"quit"}')]
    server.lose()
    server.say("again")
    assert server.connect() == "rename me"
    assert server.take() == ["again"]


def test_a_server_without_values_has_no_accounts() -> None:
    """It would say a password to everyone. With `--plain` it may be ours, which has some."""
    server = Server()
    server.connect()
    lines = ["/register secret", "/Login bob secret", "/lgoin bob secret"]
    server.say(lines[0])
    server.text("/json")
    for line in lines[1:]:
        server.say(line)
    assert server.take() == []
    assert [(each.text, each.why) for each in server.shown() if each.type == "refused"] == [
        ("/register ******", "这个服务器没有账号"),
        ("/login bob ******", "这个服务器没有账号"),
        ("/lgoin ******", "这个服务器没有账号"),
    ]
    assert server.session.outgoing.unsettled == 0
    server = Server(plain=True)
    server.connect()
    server.say(lines[0])
    assert server.take() == lines[:1]


def test_a_fellow_user_cannot_make_it_a_telnet() -> None:
    """By saying what we have asked. Whoever is late is told in text what happens before the greeting."""
    server = Server(name="me")
    server.connect()
    for line in ("[a:1]a:1:已上线", "[e:1]eve:/json me", "[e:1]eve:I'm live", "eve: 未知命令，输入 /help 查看帮助"):
        server.text(line)
    assert not server.session.is_in
    server.hello()
    assert server.session.state is State.VALUES


def test_a_server_that_says_something_else() -> None:
    """If it has said something, and no values come, it does not know them. A silent one is waited for."""
    server = Server()
    server.connect()
    assert server.session.due() == math.inf
    server.text("220 welcome")
    server.passes(server.session.due() - server.now)
    assert server.session.state is State.PLAIN


def test_plain_is_a_flag() -> None:
    """Nothing is asked. Lines are sent as they are typed, and their end is the end of our side."""
    server = Server(SCRIPT, plain=True)
    assert server.connect() == ""
    server.say("hi")
    assert server.take() == ["hi"]
    server.session.finish(server.now)
    assert server.session.wants_end
    server.lose()
    assert not server.session.is_busy
    assert not server.session.failed


@pytest.mark.parametrize(
    "lines",
    [
        ["x"],
        ['{"type":"said"}'],
        ['{"type":"done","line":5}'],
        ['{"type":"bye","code":"x"}', '{"type":"done","line":1}'],
        ["x" * (MAX_LINE + 1)],
    ],
)
def test_a_server_that_does_not_keep_to_the_protocol(lines: list[str]) -> None:
    """It ends with a clear word."""
    server = Server()
    server.welcome()
    with pytest.raises(BadServer):
        for line in lines:
            server.text(line)


def test_wrong_numbers() -> None:
    """A receipt for another line than the one that is due, and more lines taken than were sent."""
    server = Server()
    server.welcome()
    server.say("one")
    server.say("two")
    with pytest.raises(BadServer):
        server.tell("done", line=2)
    server.lose()
    server.connect()
    with pytest.raises(BadServer):
        server.hello(line=3)


OBJECTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["hello", "joined", "left", "said", "whisper", "renamed", "users", "done", "gap", "bye", "entered"]
        )
    },
    optional={
        "at": st.sampled_from(["1", "2", "3"]),
        "after": st.sampled_from(["1", "2", "9"]),
        "session": st.sampled_from([TOKEN, "other"]),
        "line": st.integers(0, 4),
        "room": st.sampled_from(["", "tea"]),
        "code": st.sampled_from(["", "quit", "idle", "resumed", "name_taken", "no_session"]),
        "users": st.just([{"name": "eve", "addr": "e:1"}]),
        "hold": st.just(60),
        "idle": st.sampled_from([0, 10]),
        **dict.fromkeys(["name", "old", "to", "addr"], st.sampled_from(["me", "eve", "me:1", "e:1"])),
        **dict.fromkeys(["text", "why", "time"], st.sampled_from(["x", "", TIME])),
    },
)
STEPS = st.one_of(
    OBJECTS,
    st.sampled_from(
        [
            "say",
            "/join tea",
            "/quiet",
            "lose",
            "connect",
            "pass",
            "finish",
            "I'm live",
            "[a:1]a:1:已上线",
            "/json me",
            "服务器人数已满，请稍后再试",
        ]
    ),
)


@settings(max_examples=1000)
@given(st.lists(STEPS, max_size=30), st.sampled_from([PERSON, SCRIPT, FOREVER]), st.booleans())
def test_whatever_a_server_says(steps: list[Any], policy: ReconnectPolicy, curious: bool) -> None:
    """It ends with a clear word or goes on, and its own books are in order."""
    server = Server(policy, name="me", curious=curious)
    session = server.session
    try:
        for step in ["connect", *steps]:
            match step:
                case "say" | "/join tea" | "/quiet":
                    server.say(step)
                case "lose" if session.state is not State.OFFLINE:
                    server.lose()
                case "connect" if session.wants_connection(server.now):
                    server.connect()
                case "pass":
                    server.passes(5)
                case "finish":
                    session.finish(server.now)
                case dict() if session.state not in (State.OFFLINE, State.CONNECTING):
                    server.text(json.dumps(step))
                case str() if session.state in (State.GREETING, State.PLAIN):
                    server.text(step)
            waiting = [line for line in (*session.outgoing.waiting, *session.outgoing.sent) if not line.hidden]
            assert session.outgoing.unsettled == len(waiting)
            assert session.outgoing.ahead == sum(line.size for line in session.outgoing.sent)
            session.due()
    except ServerUnavailable as error:
        assert str(error).isprintable()


@pytest.mark.parametrize("line", ['{"type":"said","at":"1","name":"n","addr":"a","text":"x"}', '{"broken'])
def test_values_before_the_greeting(line: str) -> None:
    """They are no greeting."""
    server = Server()
    server.connect()
    with pytest.raises(BadServer):
        server.text(line)
