"""What the client's user sees: in tmux, at 40 and at 80 columns, while lines come and the window changes."""

from __future__ import annotations

import re

import pytest

from ..support.fake_server import fake_server
from ..support.peers import Connect, Peer, StrictServer, running
from ..support.tmux import Tmux, tmux

__all__ = ["tmux"]  # the fixture

PROMPT = "请输入聊天内容，exit退出:"


def columns(text: str) -> int:
    """How wide TEXT is, of Chinese, its punctuation, ASCII and our marks."""
    return sum(1 if char.isascii() or char in "✓→" else 2 for char in text)


def wrapped(text: str, width: int) -> list[str]:
    """TEXT in rows of WIDTH, as a terminal wraps it."""
    rows = [""]
    for char in text:
        if columns(rows[-1] + char) > width:
            rows.append("")
        rows[-1] += char
    return rows


def start(tmux: Tmux, server: StrictServer, *flags: str, **environment: str) -> None:
    """Bring the client in as 小明, in public chat."""
    tmux.start("--port", str(server.port), "--name", "小明", *flags, **environment)
    tmux.wait(lambda screen: "* 修改用户名为: 小明" in screen and PROMPT in screen)


@pytest.mark.parametrize(
    "text", ["half", "一半多", "a一b半", "一" * 30, "x" * 200, "很长的一句话，在哪里都放不下，所以要折成好几行，" * 4]
)
def test_nothing_disturbs_typing(tmux: Tmux, server: StrictServer, connect: Connect, text: str) -> None:
    """A line that comes appears above; prompt and half-typed text stay, and so does the cursor."""
    start(tmux, server)
    peer = connect()
    peer.rename("bob")
    tmux.type(text)
    rows = wrapped(PROMPT + text, tmux.columns)
    tmux.ends(*rows)
    for number in range(3):
        tmux.press("Left")
        peer.say(f"line {number}，来了")
        tmux.ends(f"  bob:line {number}，来了", *rows)
    before = PROMPT + text[:-3]
    lines = wrapped(before + text[-3], tmux.columns)
    column = columns(lines[-1]) - columns(text[-3])
    row = len(tmux.screen()) - len(rows) + len(lines) - 1
    assert tmux.cursor() == (column, row)
    tmux.type("!")
    tmux.press("End", "Enter")
    tmux.ends(*wrapped(f"✓ 小明:{text[:-3]}!{text[-3:]}", tmux.columns), PROMPT)


def test_the_cursor_goes_on_behind_a_full_row(tmux: Tmux, server: StrictServer) -> None:
    """Not at its end, where terminals leave it, and one more character does not disturb it."""
    start(tmux, server)
    text = "x" * (tmux.columns - columns(PROMPT))
    tmux.type(text)
    tmux.ends(PROMPT + text)
    row = len(tmux.screen())
    tmux.wait(lambda screen: tmux.cursor() == (0, row))
    tmux.type("小")
    tmux.ends(PROMPT + text, "小")
    tmux.press("BSpace", "BSpace")
    tmux.ends(PROMPT + text[1:])


@pytest.mark.parametrize("text", ["half", "一半" * 12, "x" * 50])
def test_the_window_is_resized(tmux: Tmux, server: StrictServer, connect: Connect, text: str) -> None:
    """Narrower and wider: the prompt and the text are there once, as a window of that width shows them."""
    start(tmux, server)
    peer = connect()
    tmux.type(text)
    tmux.ends(*wrapped(PROMPT + text, tmux.columns))
    for width in (30, 47, 29, 100):
        tmux.resize(width)
        tmux.ends(*wrapped(PROMPT + text, width))
        peer.say("a line")
        tmux.wait(lambda screen: ":a line" in "".join(screen))
        tmux.ends(*wrapped(PROMPT + text, width))
        assert "".join(tmux.screen("-S", "-")).count(PROMPT) == 1


def test_text_that_is_higher_than_the_window(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """As much as fits is shown, around the cursor; nothing of it is lost."""
    start(tmux, server)
    peer = connect()
    text = "".join(f"{number:04d}" for number in range(300))
    tmux.type(text)
    tmux.wait(lambda screen: screen[-1].endswith("0299"))
    peer.say("above")
    tmux.press("Home")
    tmux.wait(lambda screen: screen[0].startswith(PROMPT))
    tmux.press("Enter")
    tmux.wait(lambda screen: f"✓ 小明:{text}" in "".join(screen), "-S", "-")
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
    tmux.type("to 小")
    tmux.press("Tab")
    tmux.wait(lambda screen: "小强" in screen[-2] and "小红" in screen[-2] and screen[-1] == PROMPT + "to 小")
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
    tmux.type("2")
    tmux.press("Enter")
    tmux.type("小")
    tmux.press("Tab", "Enter")
    prompt = "请输入聊天内容，exit退出："
    tmux.ends(*wrapped("请输入聊天对象[用户名]，who查看当前在线用户，exit退出：小红", tmux.columns), prompt)
    tmux.type("你好")
    tmux.press("Enter")
    tmux.ends("✓ [私聊] → 小红: 你好", prompt)
    peer.say("to 127.0.0.1 nobody")
    tmux.type("exit")
    tmux.press("Enter")
    tmux.type("exit")
    tmux.press("Enter")
    tmux.wait(lambda screen: screen[-1] == "0. 退出")


def test_a_conversation_outlives_its_connection(tmux: Tmux) -> None:
    """Kicked with a half-typed line, which stays and is then said, once, under the same name."""
    with running(idle_timeout=1.0) as server:
        start(tmux, server)
        tmux.type("half")
        kicked = "* 长时间未使用，连接中断；输入下一行时自动重新连接"
        tmux.ends(*wrapped(kicked, tmux.columns), *wrapped(f"[离线]{PROMPT}half", tmux.columns))
        peer = Peer(server.port)
        peer.until(peer.prefix + "已上线")
        tmux.type(" typed")
        tmux.press("Enter")
        assert peer.line().endswith("已上线")
        assert peer.line().endswith("]小明:half typed")
        peer.close()
        tmux.wait(lambda screen: "✓ 小明:half typed" in screen)


def test_the_server_is_away(tmux: Tmux) -> None:
    """It is said when it will be tried again, and how many lines wait; they are said when the server is back."""
    with fake_server() as server:
        tmux.start("--port", str(server.port))
        connection = server.accept()
        tmux.type("1")
        tmux.press("Enter")
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        connection.say("服务器关闭，连接中断")
        server.close()
        tmux.wait(lambda screen: screen[-1] == "[离线]" + PROMPT)
    for text in ("one", "two"):
        tmux.type(text)
        tmux.press("Enter")
    tmux.wait(lambda screen: screen[-1].startswith("[离线][待发2]"))
    assert "秒后重试" in "".join(tmux.screen())
    with fake_server(server.port) as server:
        connection = server.accept()
        connection.take("one")
        connection.take("two")
        tmux.wait(lambda screen: any(row.endswith(":two") for row in screen) and screen[-1] == PROMPT)


def test_people_are_told_apart(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """A colour for each name, dim announcements, a private word on a ground of its own, our own lines marked."""
    start(tmux, server, "-v")
    peer = connect()
    peer.rename("bob")
    peer.say("hello", "to 小明 psst")
    tmux.type("hi")
    tmux.press("Enter")
    rows = tmux.wait(lambda screen: any(":hi" in row for row in screen), "-e")
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
