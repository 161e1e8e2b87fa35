"""What the client says, hears and shows, over all connections. By value, without a socket."""

from __future__ import annotations

import pytest

from client import requests
from client.backoff import DELAYS, Backoff
from client.conversation import WINDOW, Conversation, Loss
from client.replies import Announcement, Answer, Farewell, Private, Receipt, Renamed, Reply, Talk, parse
from client.requests import Ask, Rename, Say, To
from client.shown import PrivateSent, Shown
from client.theme import Theme

ADDR, OTHER = "127.0.0.1:5000", "127.0.0.1:5001"
LIVE = "I'm live"
IDLE, CLOSING, SLOW = "长时间未使用，连接中断", "服务器关闭，连接中断", "接收过慢，连接中断"
FULL = "服务器人数已满，请稍后再试"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (LIVE, Receipt()),
        (f"[{ADDR}]{ADDR}:已上线", Announcement(ADDR, ADDR, "已上线")),
        (f"[{ADDR}]小明:下线", Announcement(ADDR, "小明", "下线")),
        (f"[{ADDR}]小明:在线", Announcement(ADDR, "小明", "在线")),
        ("[[::1]:50]小明:hi", Talk("[::1]:50", "小明", "hi")),
        ("[[::1]:50][::1]:50:hi", Talk("[::1]:50", "[::1]:50", "hi")),
        (f"[{ADDR}]{ADDR}: a: b", Talk(ADDR, ADDR, " a: b")),
        ("[a1b2c3#4]a1b2c3#4:hi", Talk("a1b2c3#4", "a1b2c3#4", "hi")),
        (f"[{ADDR}]bob:[x]y:z", Talk(ADDR, "bob", "[x]y:z")),
        (f"[{ADDR}]bob:", Talk(ADDR, "bob", "")),
        ("bob: psst: x", Private("bob", "psst: x")),
        (f"{ADDR}: psst", Private(ADDR, "psst")),
        ("[::1]:50: psst", Private("[::1]:50", "psst")),
        ("修改用户名为: x", Private("修改用户名为", "x")),
        (IDLE, Farewell(IDLE, final=True)),
        (CLOSING, Farewell(CLOSING, final=True)),
        (FULL, Farewell(FULL, final=True, refusal=True)),
        (SLOW, Farewell(SLOW, final=False)),
        ("该用户不在线", Answer("该用户不在线")),
        (
            "消息格式不正确，请使用 [to username content] 格式",
            Answer("消息格式不正确，请使用 [to username content] 格式"),
        ),
        ("", Answer("")),
    ],
)
def test_what_the_server_says(line: str, reply: Reply) -> None:
    """Each line of the protocol, with addresses of both families, and with texts that look like something else."""
    assert parse(line) == reply


def test_a_new_name_is_told_from_a_private_word() -> None:
    """By whether we asked for one."""
    assert parse("修改用户名为: x", renaming=True) == Renamed("x")


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("hi", Say("hi")),
        (" who", Say(" who")),
        ("who?", Say("who?")),
        ("//x", Say("/x")),
        ("to", Say("to")),
        ("to bob hi  there ", To("bob", "hi  there ")),
        ("/to bob hi", To("bob", "hi")),
        ("to|bob|a b|c", To("bob", "a b|c")),
        ("rename x", Rename("x")),
        ("/rename x ", Rename("x")),
        ("rename|x", Rename("x")),
        ("who", Ask()),
        ("/who", Ask()),
        ("/x", Ask()),
        ("", Ask()),
    ],
)
def test_what_the_server_will_take_a_line_for(line: str, meaning: requests.Meaning) -> None:
    """As the server parses it."""
    assert requests.parse(line) == meaning


class Talking:
    """A conversation, and a server that is played by the test."""

    def __init__(self, name: str = "") -> None:
        self.conversation = Conversation(name)
        self.shown: list[Shown] = []
        self.conversation.connect(ADDR)

    def sent(self) -> list[str]:
        """The lines that are sent now."""
        lines = []
        while following := self.conversation.next_line():
            lines.append(following[0])
            self.shown += following[1]
        return lines

    def say(self, *lines: str) -> list[str]:
        for line in lines:
            self.conversation.say(line)
        return self.sent()

    def hear(self, *lines: str) -> list[Shown]:
        """What is shown for LINES, and for what was sent before."""
        self.shown += [each for line in lines for each in self.conversation.receive(line)]
        shown, self.shown = self.shown, []
        return shown


def echo(text: str, addr: str = ADDR) -> str:
    return f"[{addr}]{addr}:{text}"


def test_our_own_line_is_marked() -> None:
    """It comes back, and then its receipt, which is not shown."""
    talking = Talking()
    talking.hear(echo("已上线"))
    assert talking.say("hi") == ["hi"]
    assert talking.conversation.waiting == 1
    assert talking.hear(echo("hi", OTHER), echo("hi"), LIVE) == [
        Talk(OTHER, OTHER, "hi"),
        Talk(ADDR, ADDR, "hi", own=True),
    ]
    assert talking.conversation.waiting == 0


def test_our_own_line_is_known_behind_another_address() -> None:
    """As behind a router, or where the server shows tags: by the text that we have just sent, then by its address."""
    talking = Talking()
    talking.say("hi")
    assert talking.hear("[a1#2]a1#2:hi", LIVE, "[a1#2]a1#2:again") == [
        Talk("a1#2", "a1#2", "hi", own=True),
        Talk("a1#2", "a1#2", "again", own=True),
    ]


def test_who_says_the_same_is_not_us() -> None:
    """Once our own address has been seen, the text does not matter."""
    talking = Talking()
    talking.hear(echo("已上线"))
    talking.say("hi")
    assert talking.hear(echo("hi", OTHER)) == [Talk(OTHER, OTHER, "hi")]


def test_a_private_word_is_shown_when_it_is_taken() -> None:
    """Or refused: then with the reason before it."""
    talking = Talking()
    talking.say("to bob hi", "/to eve hi", "to bob")
    assert talking.hear(LIVE, "该用户不在线", LIVE) == [
        PrivateSent("bob", "hi", taken=True),
        Answer("该用户不在线"),
        PrivateSent("eve", "hi", taken=False),
    ]


@pytest.mark.parametrize("farewell", [IDLE, CLOSING])
def test_what_was_not_taken_before_the_farewell_is_sent_again(farewell: str) -> None:
    """In its order, before what is typed later, once."""
    talking = Talking()
    assert talking.say("one", "two", "to bob three") == ["one", "two", "to bob three"]
    talking.hear(echo("one"), LIVE, farewell)
    assert talking.say("four") == []
    assert talking.conversation.lose() == Loss(farewell, [])
    assert talking.conversation.unsent == ["two", "to bob three", "four"]
    talking.conversation.connect(ADDR)
    assert talking.sent() == ["two", "to bob three", "four"]


@pytest.mark.parametrize("lines", [(LIVE,), (LIVE, SLOW), ()])
def test_what_nobody_knows_is_given_back(lines: tuple[str, ...]) -> None:
    """A line without a receipt, and no word from the server that says that there will be none."""
    talking = Talking()
    talking.say("one", "two")
    talking.hear(*lines)
    loss = talking.conversation.lose()
    assert loss.unsure == (["two"] if lines else ["one", "two"])
    assert talking.conversation.waiting == 0


def test_who_was_refused_at_the_door_has_said_nothing_yet() -> None:
    """What is typed before the refusal comes waits on."""
    talking = Talking()
    assert talking.say("one") == ["one"]
    assert talking.hear(FULL) == []
    assert talking.conversation.lose() == Loss(FULL, [])
    assert talking.conversation.unsent == ["one"]


def test_a_name_is_taken_again_before_anything_is_said() -> None:
    """On each connection; only the first time is it shown."""
    talking = Talking("小明")
    assert talking.say("hi") == ["rename 小明"]
    assert talking.hear("修改用户名为: 小明", LIVE) == [Renamed("小明")]
    assert talking.sent() == ["hi"]
    talking.hear(echo("hi"), LIVE, IDLE)
    talking.conversation.lose()
    talking.conversation.connect(ADDR)
    assert talking.say("back") == ["rename 小明"]
    assert talking.hear("修改用户名为: 小明", LIVE) == []
    assert talking.sent() == ["back"]


def test_a_name_that_was_typed_is_taken_again() -> None:
    """A rename that was done is what we are called from then on."""
    talking = Talking()
    talking.say("rename 小明")
    assert talking.hear("修改用户名为: 小明", LIVE) == [Renamed("小明")]
    talking.say("rename x")
    assert talking.hear("该用户名已被使用", LIVE) == [Answer("该用户名已被使用")]
    talking.conversation.lose()
    talking.conversation.connect(ADDR)
    assert talking.sent() == ["rename 小明"]


def test_a_name_that_is_refused_holds_what_is_said() -> None:
    """Nothing is said under another name than the one it was typed for, until the user takes another."""
    talking = Talking("小明")
    talking.say("hi")
    assert talking.hear("该用户名已被使用", LIVE) == []
    assert talking.conversation.name_refused == "该用户名已被使用"
    assert talking.sent() == []
    talking.conversation.claim_name()
    assert talking.sent() == ["rename 小明"]
    talking.hear("该用户名已被使用", LIVE)
    assert talking.say("rename 小红") == ["rename 小红"]
    assert talking.hear("修改用户名为: 小红", LIVE) == [Renamed("小红")]
    assert talking.sent() == ["hi"]


def test_another_name_that_was_typed_while_ours_was_claimed() -> None:
    """Or while we were away: it is claimed as soon as ours is refused, though it was typed behind other lines."""
    talking = Talking("小明")
    assert talking.say("hi", "/rename 小红", "there") == ["rename 小明"]
    assert talking.hear("该用户名已被使用", LIVE) == []
    assert talking.sent() == ["/rename 小红"]
    assert talking.hear("修改用户名为: 小红", LIVE) == [Renamed("小红")]
    assert talking.sent() == ["hi", "there"]


def test_a_server_without_receipts() -> None:
    """Is known by what follows a line of ours; private words then count as taken, without a mark."""
    talking = Talking()
    talking.say("to bob one", "hi", "to bob two")
    talking.hear(echo("hi"), echo("x", OTHER))
    assert talking.conversation.receipts is False
    assert talking.conversation.waiting == 0
    talking.say("to bob three", "lost")
    assert talking.hear(CLOSING) == [PrivateSent("bob", "three", taken=None)]
    assert talking.conversation.lose() == Loss(CLOSING, [])
    assert talking.conversation.unsent == ["lost"]


def test_a_server_without_receipts_gives_names() -> None:
    """The answer to a rename, and a refusal, are seen there too."""
    talking = Talking("小明")
    talking.sent()
    assert talking.hear("修改用户名为: 小明", echo("x", OTHER)) == [Renamed("小明"), Talk(OTHER, OTHER, "x")]
    talking.say("rename 小红")
    assert talking.hear("修改用户名为: 小红") == [Renamed("小红")]
    assert talking.conversation.waiting == 0


def test_a_server_without_receipts_that_closes_when_asked_has_read_all() -> None:
    """But not one that has sent receipts: it would have gone on to."""
    talking = Talking()
    talking.say("to bob one")
    assert talking.conversation.lose(at_our_end=True) == Loss("", [])
    talking.conversation.connect(ADDR)
    talking.say("to bob one", "to bob two")
    talking.hear(LIVE)
    assert talking.conversation.lose(at_our_end=True) == Loss("", ["to bob two"])


def test_who_is_online() -> None:
    """Is learnt from all that is heard; a new name from the first line under it; the list is not shown."""
    talking = Talking()
    talking.hear(echo("已上线"), f"[{OTHER}]bob:hi", "[h:2]eve:hi", "[h:2]eve:下线", f"[{OTHER}]Bob:hi")
    assert talking.conversation.online == {ADDR: ADDR, OTHER: "Bob"}
    talking.conversation.list_online()
    assert talking.sent() == [""]
    assert talking.conversation.listing
    assert talking.hear(LIVE) == []
    assert talking.sent() == ["who"]
    assert talking.hear(f"[{OTHER}]小红:在线", "[h:3]new:在线", LIVE) == []
    assert not talking.conversation.listing
    assert talking.conversation.online == {ADDR: ADDR, OTHER: "小红", "h:3": "new"}
    talking.conversation.list_online()
    assert talking.say("who") == ["who", "who"]
    assert talking.hear("[h:3]new:在线", LIVE, "[h:3]new:在线", LIVE) == [Announcement("h:3", "new", "在线")]


def test_a_sign_of_life_is_not_seen() -> None:
    """Nor does it wait to be taken."""
    talking = Talking()
    talking.conversation.sign_of_life()
    assert talking.sent() == [""]
    assert talking.conversation.waiting == 0
    assert talking.hear(LIVE) == []


def test_not_too_much_is_sent_ahead() -> None:
    """So that to send never waits; a receipt lets more through."""
    talking = Talking()
    talking.say("first")
    talking.hear(echo("first"), LIVE)
    sent = talking.say(*["x" * 1000] * 100)
    assert WINDOW <= sum(map(len, sent)) < WINDOW + 1000
    talking.hear(LIVE)
    assert len(talking.sent()) == 1


def test_the_waits_grow() -> None:
    """To a limit, of which one is told once; success begins anew."""
    backoff = Backoff()
    for delay in (*DELAYS, DELAYS[-1]):
        assert not backoff.at_its_longest
        assert backoff.next() == delay
    assert backoff.at_its_longest
    backoff.reset()
    assert backoff.next() == 0


PLAIN_LOOKS = [
    (Talk(OTHER, "bob", "hi"), "  bob:hi"),
    (Talk(ADDR, "小明", "hi", own=True), "✓ 小明:hi"),
    (Announcement(OTHER, "bob", "已上线"), "* bob:已上线"),
    (Private("bob", "hi"), "  [私聊] bob: hi"),
    (PrivateSent("bob", "hi", taken=True), "✓ [私聊] → bob: hi"),
    (PrivateSent("bob", "hi", taken=False), "✗ [私聊] → bob: hi"),
    (PrivateSent("bob", "hi", taken=None), "  [私聊] → bob: hi"),
    (Renamed("bob"), "* 修改用户名为: bob"),
    (Answer("该用户不在线"), "* 该用户不在线"),
]


@pytest.mark.parametrize(("shown", "text"), PLAIN_LOOKS)
def test_how_a_line_looks(shown: Shown, text: str) -> None:
    """Without time and colours, with time, and with colours that change nothing but colours."""
    assert Theme(time=False).render(shown, "12:00:00") == text
    assert Theme().render(shown, "12:00:00") == f"12:00:00 {text}"
    coloured = Theme(colours=True).render(shown, "12:00:00")
    assert coloured != f"12:00:00 {text}"
    assert without_colours(coloured) == f"12:00:00 {text}"


def test_addresses_are_shown_when_asked_for() -> None:
    """Then the line is the server's own."""
    theme = Theme(time=False, addresses=True)
    assert theme.render(Talk(OTHER, "bob", "hi"), "") == f"  [{OTHER}]bob:hi"
    assert theme.render(Announcement(OTHER, "bob", "下线"), "") == f"* [{OTHER}]bob:下线"


def test_a_name_keeps_its_colour() -> None:
    """Whatever its case; and names do not all have the same one."""
    theme = Theme(colours=True, time=False)

    def colour(name: str) -> str:
        return theme.render(Talk(OTHER, name, ""), "").partition("m")[0]

    assert colour("Bob") == colour("bob") == colour("ＢＯＢ")
    assert len({colour(f"user{number}") for number in range(50)}) > 5


def without_colours(text: str) -> str:
    while "\x1b" in text:
        before, _, rest = text.partition("\x1b")
        text = before + rest.partition("m")[2]
    return text
