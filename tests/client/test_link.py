"""When the client connects, and what it says of it. By value: the connections are played, and so is the time."""

from __future__ import annotations

import math

import pytest

from client import link
from client.conversation import Conversation
from client.events import Connected, Events, Lost, Received
from client.link import STABLE, Gone, Link, Manner

ADDR = "127.0.0.1:5000"
JOINED = Received([f"[{ADDR}]{ADDR}:已上线"])
IDLE = "长时间未使用，连接中断"
TAKEN = ["该用户名已被使用", "I'm live"]


class FakeConnection:
    """Keeps what is sent through it."""

    made: list[FakeConnection]

    def __init__(self, ip: str, port: int, events: Events) -> None:
        self.sent: list[str] = []
        self.went_on = 0
        self.made.append(self)

    def send(self, line: str) -> None:
        self.sent.append(line)

    def go_on(self) -> None:
        self.went_on += 1

    def finish(self) -> None:
        self.sent.append("end of input")


class Linked:
    """A link at a time that only the test lets pass."""

    def __init__(self, manner: Manner, name: str) -> None:
        self.now = 100.0
        self.told: list[str] = []
        self.conversation = Conversation(name)
        self.link = Link(("host", 1), manner, self.conversation, Events(), lambda shown: None, self.told.append)
        self.link.connect()

    @property
    def sent(self) -> list[str]:
        """What the last connection has sent since the last time."""
        sent, self.connections[-1].sent = self.connections[-1].sent, []
        return sent

    @property
    def connections(self) -> list[FakeConnection]:
        return FakeConnection.made

    def happens(self, *events: Connected | Received | Lost) -> None:
        for event in events:
            self.link.handle(event, self.now)
            self.link.act(self.now)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.link.act(self.now)

    def say(self, line: str) -> None:
        self.link.send(line, self.now)


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Linked:
    """A link that is connected and welcome."""
    monkeypatch.setattr(link, "Connection", FakeConnection)
    monkeypatch.setattr(FakeConnection, "made", [], raising=False)
    manner, name = getattr(request, "param", (Manner(patient=True), ""))
    linked = Linked(manner, name)
    linked.happens(Connected(ADDR), JOINED)
    return linked


PATIENT_AND_BACK = pytest.mark.parametrize(
    "linked", [(Manner(patient=True, comes_back=True, keep_alive=4.0), "")], indirect=True
)
IMPATIENT = pytest.mark.parametrize("linked", [(Manner(), "")], indirect=True)
NAMED = pytest.mark.parametrize("linked", [(Manner(patient=True), "小明")], indirect=True)


def test_it_comes_back_when_there_is_something_to_say(linked: Linked) -> None:
    """Not before; then at once, and the line is said."""
    linked.happens(Lost(""))
    assert linked.told == ["连接中断；输入下一行时自动重新连接"]
    assert linked.link.due() == math.inf
    linked.passes(1000)
    assert len(linked.connections) == 1
    linked.say("hi")
    assert len(linked.connections) == 2
    linked.happens(Connected(ADDR))
    assert linked.sent == ["hi"]
    linked.happens(JOINED)
    assert linked.told[1:] == ["已重新连接"]


def test_no_more_is_received_than_is_dealt_with(linked: Linked) -> None:
    """Each piece is asked for."""
    assert linked.connections[-1].went_on == 1
    linked.happens(JOINED, JOINED)
    assert linked.connections[-1].went_on == 3


@PATIENT_AND_BACK
def test_it_comes_back_at_once_if_it_should(linked: Linked) -> None:
    """And gives the server's own reason."""
    linked.happens(Received([IDLE]), Lost(""))
    assert linked.told == [f"{IDLE}；正在重新连接"]
    assert len(linked.connections) == 2


@PATIENT_AND_BACK
def test_signs_of_life(linked: Linked) -> None:
    """Go out when nothing else has for so long."""
    assert linked.link.due() == linked.now + 4.0
    linked.passes(3.0)
    assert linked.sent == []
    linked.say("hi")
    linked.passes(3.0)
    assert linked.sent == ["hi"]
    linked.passes(1.0)
    assert linked.sent == [""]
    assert linked.link.due() == linked.now + 4.0


def test_the_waits_grow_while_the_server_is_away(linked: Linked) -> None:
    """Each is told, the longest once; a new line is a reason not to wait."""
    linked.happens(Lost(""))
    linked.say("hi")
    for delay in (1, 2, 4, 8, 16, 30, 30, 30):
        linked.happens(Lost("refused"))
        assert linked.link.due() == linked.now + delay
        linked.passes(delay - 0.1)
        count = len(linked.connections)
        linked.passes(0.1)
        assert len(linked.connections) == count + 1
    assert linked.told[1:] == [f"连接不上 host port 1（refused），{delay} 秒后重试" for delay in (1, 2, 4, 8, 16, 30)]
    linked.happens(Lost("refused"))
    linked.say("again")
    assert len(linked.connections) == count + 2


@pytest.mark.parametrize("lived", [0.1, STABLE + 1])
@PATIENT_AND_BACK
def test_a_server_that_does_not_keep_us(linked: Linked, lived: float) -> None:
    """Is not called again and again without a pause, unless the connection was of some use."""
    waits = []
    for number in range(2, 5):
        linked.passes(lived)
        linked.happens(Lost(""))
        waits.append(0.0 if len(linked.connections) == number else linked.link.due() - linked.now)
        linked.passes(waits[-1])
        assert len(linked.connections) == number
        linked.happens(Connected(ADDR), JOINED)
    assert waits == pytest.approx([0, 0, 0] if lived > STABLE else [0, 1, 2])


@PATIENT_AND_BACK
def test_a_connection_that_took_a_line_was_of_use(linked: Linked) -> None:
    """However short: the next attempt is made at once."""
    for _ in range(5):
        linked.say("hi")
        linked.happens(Received([f"[{ADDR}]{ADDR}:hi", "I'm live"]), Lost(""))
        linked.happens(Connected(ADDR), JOINED)
    assert linked.now == 100.0
    assert len(linked.connections) == 6


@pytest.mark.parametrize("refusal", ["服务器人数已满，请稍后再试", "来自同一地址的连接过多，请稍后再试"])
def test_a_refusal_counts_as_no_connection(linked: Linked, refusal: str) -> None:
    """It is told, and waited for."""
    linked.happens(Lost(""))
    linked.say("hi")
    linked.happens(Connected(ADDR), Received([refusal]), Lost(""))
    assert linked.told[1:] == [f"连接不上 host port 1（{refusal}），1 秒后重试"]
    linked.passes(1)
    linked.happens(Connected(ADDR))
    assert linked.sent == ["hi"]


def test_no_server_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start nobody waits for one."""
    monkeypatch.setattr(link, "Connection", FakeConnection)
    monkeypatch.setattr(FakeConnection, "made", [], raising=False)
    for events in ([Lost("refused")], [Connected(ADDR), Received(["服务器人数已满，请稍后再试"]), Lost("")]):
        started = Linked(Manner(patient=True, comes_back=True), "")
        with pytest.raises(Gone, match="no server at host port 1"):
            started.happens(*events)


@IMPATIENT
def test_a_pipe_does_not_wait(linked: Linked) -> None:
    """It comes back once, for what it has to say; if that fails, it ends."""
    linked.happens(Lost(""))
    linked.say("hi")
    with pytest.raises(Gone, match="refused"):
        linked.happens(Lost("refused"))
    assert linked.conversation.unsent == ["hi"]


@IMPATIENT
def test_a_pipe_ends_with_a_line_of_which_nobody_knows(linked: Linked) -> None:
    """Which it names."""
    linked.say("hi")
    with pytest.raises(Gone):
        linked.happens(Lost(""))
    assert linked.told == ["可能没有送达：hi"]
    assert linked.link.unsure


@pytest.mark.parametrize("linked", [(Manner(needed=True, keep_alive=4.0), "")], indirect=True)
def test_who_only_listens_ends_with_the_connection(linked: Linked) -> None:
    """There is nothing left to hear."""
    with pytest.raises(Gone, match=IDLE):
        linked.happens(Received([IDLE]), Lost(""))


@NAMED
def test_a_name_that_is_taken_is_claimed_again(linked: Linked) -> None:
    """With waits that grow, whatever is heard between; perhaps the holder is our own last connection."""
    assert linked.sent == ["rename 小明"]
    for delay in (0, 1, 2, 4):
        linked.happens(Received(TAKEN), JOINED)
        if delay:
            assert linked.sent == []
            assert linked.link.due() == linked.now + delay
            linked.passes(delay)
        assert linked.sent == ["rename 小明"]
    assert linked.told == ["小明：该用户名已被使用；输入 rename 新名字 换一个"] * 4
    linked.happens(Received(["修改用户名为: 小明", "I'm live"]))
    assert linked.link.due() == math.inf


@NAMED
def test_a_bad_name_is_not_claimed_again(linked: Linked) -> None:
    """It stays bad; another one is asked for."""
    linked.happens(Received(["用户名不合法：x", "I'm live"]))
    assert linked.link.due() == math.inf
    assert linked.sent == ["rename 小明"]
    linked.say("hi")
    linked.say("rename 小红")
    assert linked.sent == ["rename 小红"]
    linked.happens(Received(["修改用户名为: 小红", "I'm live"]))
    assert linked.sent == ["hi"]


@pytest.mark.parametrize("linked", [(Manner(), "小明")], indirect=True)
def test_a_pipe_does_not_wait_for_a_name(linked: Linked) -> None:
    """That it has never had."""
    with pytest.raises(Gone, match="小明: 该用户名已被使用"):
        linked.happens(Received(TAKEN))


@pytest.mark.parametrize("linked", [(Manner(), "小明")], indirect=True)
def test_a_pipe_waits_for_the_name_that_it_had(linked: Linked) -> None:
    """Its own last connection may still have it."""
    linked.happens(Received(["修改用户名为: 小明", "I'm live"]), Lost(""))
    linked.say("hi")
    linked.happens(Connected(ADDR), JOINED, Received(TAKEN))
    assert linked.sent == ["rename 小明", "rename 小明"]


def test_the_end_comes_after_all_that_was_said(linked: Linked) -> None:
    """Also over another connection; nothing is told of one that ends then."""
    linked.say("one")
    linked.link.finish(linked.now)
    assert linked.sent == ["one", "end of input"]
    linked.happens(Received(["[x]x:y", "I'm live", IDLE]), Lost(""))
    assert not linked.link.busy
    assert linked.told == []


def test_what_was_not_taken_is_said_before_the_end(linked: Linked) -> None:
    """The kick crossed the last line: it is sent again, and then the end."""
    linked.say("one")
    linked.happens(Received([f"[{ADDR}]{ADDR}:one", "I'm live"]))
    linked.say("two")
    linked.link.finish(linked.now)
    assert linked.sent == ["one", "two", "end of input"]
    linked.happens(Received([IDLE]), Lost(""))
    assert linked.link.busy
    linked.happens(Connected(ADDR))
    assert linked.sent == ["two", "end of input"]
