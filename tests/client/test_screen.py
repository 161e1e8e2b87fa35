"""What the client's user sees: in tmux, at 40 and at 80 columns, while lines come and the window changes."""

from __future__ import annotations

import re

import pytest

from client.rules import FOR_OPERATORS, WORDS

from ..support.fake_server import fake_server
from ..support.peers import Connect, Peer, StrictServer, running
from ..support.tmux import Tmux, tmux

__all__ = ["tmux"]  # the fixture

PROMPT = "请输入聊天内容，exit退出:"


def columns(text: str) -> int:
    """Return how wide a text is, of Chinese, its punctuation, ASCII and our marks."""
    return sum(1 if char.isascii() or char in "✓✗→" else 2 for char in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in rows, as a terminal wraps it."""
    return shown(text, width, 0)


def shown(text: str, width: int, indent: int = 4) -> list[str]:
    """Return a line of the conversation in rows, of which all but the first are indented."""
    rows = [""]
    for char in text:
        if columns(rows[-1] + char) > width:
            rows.append(" " * indent)
        rows[-1] += char
    return rows


def typed(text: str, width: int, prompt: str = PROMPT) -> list[str]:
    """Return a half-typed line in rows. On a narrow terminal the prompt makes room for it."""
    if 2 * columns(PROMPT) > width and columns(prompt + text) >= width:
        prompt = prompt.replace(PROMPT, "> ")
    return wrapped(prompt + text, width)


def start(tmux: Tmux, server: StrictServer, *flags: str, **environment: str) -> None:
    """Bring the client in as 小明, in public chat.

    On a busy machine the server may not wait long enough for its first line, and announces its address instead.
    """
    tmux.start("--port", str(server.port), "--name", "小明", *flags, **environment)
    tmux.wait(lambda screen: "已上线" in "".join(row.strip() for row in screen) and PROMPT in screen)


@pytest.mark.parametrize(
    "text", ["half", "一半多", "a一b半", "一" * 30, "x" * 200, "很长的一句话，在哪里都放不下，所以要折成好几行，" * 4]
)
def test_nothing_disturbs_typing(tmux: Tmux, server: StrictServer, connect: Connect, text: str) -> None:
    """A line that comes appears above; prompt and half-typed text stay, and so does the cursor."""
    start(tmux, server)
    peer = connect()
    peer.rename("bob")
    tmux.type(text)
    rows = typed(text, tmux.columns)
    tmux.ends(*rows)
    for number in range(3):
        tmux.press("Left")
        peer.say(f"line {number}，来了")
        tmux.ends(f"  bob:line {number}，来了", *rows)
    before = typed(text[:-2] + "xx", tmux.columns)
    lines = wrapped("".join(before)[:-2], tmux.columns)
    column = columns(lines[-1]) - columns(text[-3])
    row = len(tmux.screen()) - len(rows) + len(lines) - 1
    assert tmux.cursor() == (column, row)
    tmux.type("!")
    tmux.press("End", "Enter")
    tmux.ends(*shown(f"✓ 小明:{text[:-3]}!{text[-3:]}", tmux.columns), PROMPT)


def test_the_cursor_goes_on_behind_a_full_row(tmux: Tmux, server: StrictServer) -> None:
    """Not at its end, where terminals leave it, and one more character does not disturb it."""
    start(tmux, server)
    prompt = PROMPT if tmux.columns == 80 else "> "
    text = "x" * (tmux.columns - columns(prompt))
    tmux.type(text)
    tmux.ends(prompt + text)
    row = len(tmux.screen())
    tmux.wait(lambda screen: tmux.cursor() == (0, row))
    tmux.type("小")
    tmux.ends(prompt + text, "小")
    tmux.press("BSpace", "BSpace")
    tmux.ends(prompt + text[1:])


@pytest.mark.parametrize("text", ["half", "一半" * 12, "x" * 50])
def test_the_window_is_resized(tmux: Tmux, server: StrictServer, connect: Connect, text: str) -> None:
    """Narrower and wider: the prompt and the text are there once, as a window of that width shows them."""
    start(tmux, server)
    peer = connect()
    tmux.type(text)
    tmux.ends(*typed(text, tmux.columns))
    for width in (30, 47, 29, 100):
        tmux.resize(width)
        tmux.ends(*typed(text, width))
        peer.say("a line")
        tmux.wait(lambda screen: ":a line" in "".join(screen))
        tmux.ends(*typed(text, width))
        assert "".join(tmux.screen("-S", "-")).count(text) <= 1


def test_text_that_is_higher_than_the_window(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """As much as fits is shown, around the cursor; nothing of it is lost."""
    start(tmux, server)
    peer = connect()
    text = "".join(f"{number:04d}" for number in range(300))
    tmux.type(text)
    tmux.wait(lambda screen: "".join(screen).endswith("0299"))
    peer.say("above")
    tmux.press("Home")
    tmux.wait(lambda screen: screen[0].startswith((PROMPT, "> ")))
    tmux.press("Enter")
    tmux.wait(lambda screen: f"✓ 小明:{text}" in "".join(screen).replace("    ", ""), "-S", "-")
    tmux.ends(PROMPT)


def test_editing_and_history(tmux: Tmux, server: StrictServer) -> None:
    """Keys as everywhere; what was typed comes back with Up, also in the next session; a draft is not lost."""
    start(tmux, server)
    tmux.type("世界你好")
    tmux.press("C-a", "Right", "Right", "C-k", "C-y", "C-y", "C-w", "Enter")
    tmux.ends(PROMPT)
    tmux.type("你好")
    tmux.press("Left", "BSpace", "Home", "DC")
    tmux.type("one two")
    tmux.press("C-w")
    tmux.type("2")
    tmux.press("Enter")
    tmux.ends("✓ 小明:one 2", PROMPT)
    tmux.type("draft")
    tmux.press("Up")
    tmux.ends(PROMPT + "one 2")
    tmux.press("Down")
    tmux.ends(PROMPT + "draft")
    tmux.press("C-u", "C-d")
    assert tmux.exit_status() == 0
    start(tmux, server)
    tmux.press("Up")
    tmux.ends(PROMPT + "one 2")


def test_completion(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """Tab knows the names of this moment, also of who has changed theirs without a word, and the commands."""
    start(tmux, server)
    red, strong = connect(), connect()
    red.line()
    red.rename("小红")
    strong.rename("小强")
    tmux.wait(lambda screen: "改名为 小强" in "".join(screen))
    tmux.type("to 小")
    tmux.press("Tab")
    tmux.wait(lambda screen: "小强" in screen[-2] and "小红" in screen[-2] and screen[-1] == PROMPT + "to 小")
    assert "小明" not in tmux.screen()[-2]  # nobody talks to themselves
    tmux.type("红")
    tmux.press("Tab")
    tmux.type("你好")
    tmux.press("Enter")
    assert red.until("小明: 你好") is not None
    tmux.ends("✓ [私聊] → 小红: 你好", PROMPT)
    tmux.type("wh")
    tmux.press("Tab")
    tmux.ends(PROMPT + "who")


def test_private_chat_by_the_menu(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """Names are completed there, and what is answered stays to be read."""
    tmux.start("--port", str(server.port))
    tmux.wait(lambda screen: "0. 退出" in screen)
    peer = connect()
    peer.rename("小红")
    tmux.wait(lambda screen: "改名为 小红" in "".join(screen))
    tmux.type("2")
    tmux.press("Enter")
    tmux.wait(lambda screen: screen[-2:-1] == ["2"])
    tmux.type("小")
    tmux.press("Tab", "Enter")
    prompt = "请输入聊天内容，exit退出："
    tmux.ends(*wrapped("请输入聊天对象[用户名]，who查看当前在线用户，exit退出：小红", tmux.columns), f"[→小红]{prompt}")
    tmux.type("你好")
    tmux.press("Enter")
    tmux.ends("✓ [私聊] → 小红: 你好", f"[→小红]{prompt}")
    peer.say("rename 小丽")
    tmux.ends("* 小红 改名为 小丽", f"[→小丽]{prompt}")
    tmux.type("还是你")
    tmux.press("Enter")
    tmux.ends("✓ [私聊] → 小丽: 还是你", f"[→小丽]{prompt}")
    tmux.type("exit")
    tmux.press("Enter")
    tmux.type("exit")
    tmux.press("Enter")
    tmux.wait(lambda screen: screen[-1] == "0. 退出")


def test_a_conversation_outlives_its_connection(tmux: Tmux) -> None:
    """Kicked by the idle limit: the next line brings the user back, with all that was said meanwhile, and is said once."""
    with running(idle_timeout=1.0) as server:
        tmux.start("--port", str(server.port))
        tmux.wait(lambda screen: screen[-1] == "0. 退出")
        for line in ("3", "小明", "1"):
            tmux.type(line)
            tmux.press("Enter")
        kicked = "* 长时间未使用，连接中断；输入下一行时自动重新连接"
        tmux.wait(lambda screen: screen[-1] == "[离线]" + PROMPT)
        assert "".join(shown(kicked, tmux.columns)) in "".join(tmux.screen())
        peer = Peer(server.port)
        peer.until(peer.prefix + "已上线")
        peer.say("missed")
        peer.until("I'm live")
        tmux.type("typed")
        tmux.press("Enter")
        assert peer.line().endswith("]小明:已上线")
        assert peer.line().endswith("]小明:typed")
        peer.close()
        tmux.wait(lambda screen: "✓ 小明:typed" in screen)
        rows = tmux.screen("-S", "-")
        start = rows.index("* 以下是离开期间的消息")
        assert rows[start + 1 : start + 4] == [
            f"* {peer.addr}:已上线",
            f"  {peer.addr}:missed",
            "* 以上是离开期间的消息",
        ]


def test_it_keeps_the_user_in_the_room(tmux: Tmux) -> None:
    """With a name, heartbeats go on in silence, as often as the server asks for, and nobody sees them."""
    with fake_server() as server:
        tmux.start("--port", str(server.port), "--name", "小明")
        connection = server.welcome(idle=0.2)
        assert connection.raw_line() == "who"
        connection.tell("done", line=1)
        for number in range(2, 12):
            assert connection.raw_line() == ""
            connection.tell("done", line=number)
        connection.said("end")
        tmux.ends("* 小明:已上线", "  bob:end", PROMPT)


def test_the_server_is_away(tmux: Tmux) -> None:
    """It is said once, and how many lines wait. They are said when the server is back, however many were typed."""
    with fake_server() as server:
        tmux.start("--port", str(server.port))
        connection = server.welcome()
        tmux.type("1")
        tmux.press("Enter")
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        connection.bye("closing", "服务器关闭，连接中断")
        server.close()
        tmux.wait(lambda screen: screen[-1] == "[离线]" + PROMPT)
    for text in ("one", "two"):
        tmux.type(text)
        tmux.press("Enter")
    tmux.wait(lambda screen: screen[-1].startswith("[离线][待发2]"))
    assert "".join(tmux.screen()).replace(" ", "").count("正在重试") == 1
    with fake_server(server.port) as server:
        connection = server.welcome(connection.taken)
        connection.take("one")
        connection.take("two")
        tmux.wait(lambda screen: any(row.endswith(":two") for row in screen) and screen[-1] == PROMPT)
    assert "Errno" not in "".join(tmux.screen("-S", "-"))


def test_a_frozen_server(tmux: Tmux) -> None:
    """How many lines wait is shown without another key."""
    with fake_server() as server:
        tmux.start("--port", str(server.port), "--name", "小明")
        connection = server.welcome()
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        tmux.type("one")
        tmux.press("Enter")
        tmux.ends("[待发1]" + PROMPT)
        connection.take("one")
        tmux.ends("✓ 小明:one", PROMPT)


def test_no_row_can_be_forged(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """A line that goes on in a further row is indented there, further than any line begins."""
    start(tmux, server)
    peer = connect()
    peer.rename("eve")
    peer.say("x" * (tmux.columns - len("  eve:")) + "  bob:forged", "end")
    tmux.ends("  eve:" + "x" * (tmux.columns - len("  eve:")), "      bob:forged", "  eve:end", PROMPT)


def test_a_partner_who_leaves(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """Somebody else takes the name, and gets no word that was meant for the partner."""
    start(tmux, server)
    partner = connect()
    partner.rename("小红")
    tmux.wait(lambda screen: "改名为 小红" in "".join(screen))
    tmux.type("exit")
    tmux.press("Enter")
    for line in ("2", "小红"):
        tmux.type(line)
        tmux.press("Enter")
    prompt = "请输入聊天内容，exit退出："
    tmux.wait(lambda screen: screen[-1] == f"[→小红]{prompt}")
    partner.close()
    tmux.ends(*wrapped(f"[小红已离开]{prompt}", tmux.columns))
    stranger = connect()
    stranger.rename("小红")
    tmux.wait(lambda screen: f"{stranger.addr} 改名为 小红" in "".join(screen))
    tmux.ends(*wrapped(f"[小红已离开]{prompt}", tmux.columns))
    tmux.type("secret")
    tmux.press("Enter")
    refused = "".join(shown("✗ [私聊] → 小红: secret（该用户不在线）", tmux.columns))
    tmux.wait(lambda screen: refused in "".join(screen))
    stranger.say("")
    assert stranger.until("I'm live") == []


def test_private_words_are_not_in_the_history(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """What is typed in private chat comes back by Up only there."""
    start(tmux, server)
    peer = connect()
    peer.rename("小红")
    tmux.type("public")
    tmux.press("Enter")
    tmux.ends("✓ 小明:public", PROMPT)
    for line in ("/menu", "2", "小红", "psst"):
        tmux.type(line)
        tmux.press("Enter")
    prompt = "[→小红]请输入聊天内容，exit退出："
    tmux.ends("✓ [私聊] → 小红: psst", prompt)
    tmux.press("Up")
    tmux.ends(prompt + "psst")
    tmux.press("Up", "C-u")
    for line in ("/menu", "1"):
        tmux.type(line)
        tmux.press("Enter")
    tmux.ends("0. 退出", "1", PROMPT)
    tmux.press("Up")
    tmux.ends(PROMPT + "public")


def test_tab_answers_the_last_private_word(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """On an empty line, to the present name of its author."""
    start(tmux, server)
    peer = connect()
    peer.rename("小红")
    peer.say("to 小明 psst", "rename 小丽")
    tmux.wait(lambda screen: "* 小红 改名为 小丽" in screen)
    tmux.press("Tab")
    tmux.ends(*typed("to 小丽", tmux.columns, "[未读私聊1]" + PROMPT))
    tmux.type("ok")
    tmux.press("Enter")
    tmux.ends("✓ [私聊] → 小丽: ok", PROMPT)


def test_what_was_said_before(tmux: Tmux, server: StrictServer) -> None:
    """It looks like what is said now."""
    start(tmux, server)
    for line in ("one", "/last", "/search one"):
        tmux.type(line)
        tmux.press("Enter")
    tmux.ends("✓ 小明:one", "  小明:one", "  小明:one", PROMPT)


def test_candidates_are_whole_words(tmux: Tmux, server: StrictServer) -> None:
    """In as many rows as they need, without what is for operators alone."""
    start(tmux, server)
    tmux.type("/")
    tmux.press("Tab")
    shown = tmux.wait(lambda screen: screen[-1] == PROMPT + "/" and len(screen) > 3)[1:-1]
    words = {word for row in shown for word in row.split()}
    assert words == {f"/{word}" for word in (set(WORDS) - {"json", "resume"} - set(FOR_OPERATORS)) | {"menu"}}


def test_people_are_told_apart(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """A colour for each name, dim announcements, a private word on a ground of its own, our own lines marked."""
    start(tmux, server, "-v")
    peer = connect()
    peer.rename("bob")
    peer.say("hello", "to 小明 psst")
    tmux.type("hi")
    tmux.press("Enter")
    rows = tmux.wait(lambda screen: any("✓" in row for row in screen), "-e")
    coloured = "\n".join(rows)
    assert re.search(r"\x1b\[2m\[127\.0\.0\.1:\d+\]", coloured)
    assert re.search(r"\x1b\[3\dm(\x1b\[\d+m)*bob\x1b\[[\d;]*m:hello", coloured)
    assert re.search(r"\x1b\[[\d;]*45m\[私聊\]", coloured)
    assert re.search(r"✓ .*小明", coloured)


def test_no_color(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """NO_COLOR takes all colours away."""
    start(tmux, server, NO_COLOR="1")
    peer = connect()
    peer.rename("bob")
    peer.say("hello")
    rows = tmux.wait(lambda screen: "  bob:hello" in screen, "-e")
    assert "\x1b" not in "".join(rows)


def test_help_and_the_way_back_to_the_menu(tmux: Tmux, server: StrictServer) -> None:
    """/help says all, /menu goes back, and 0 leaves."""
    start(tmux, server)
    tmux.type("/help")
    tmux.press("Enter")
    tmux.wait(lambda screen: "/quit             退出" in screen)
    tmux.type("/menu")
    tmux.press("Enter")
    tmux.wait(lambda screen: screen[-1] == "0. 退出")
    tmux.type("0")
    tmux.press("Enter")
    assert tmux.exit_status() == 0
