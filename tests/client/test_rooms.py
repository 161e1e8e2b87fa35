"""What the client's user sees of rooms, and of lines that call them by their name, in tmux at 40 and at 80 columns."""

from __future__ import annotations

import re

from ..support.peers import Connect, StrictServer
from ..support.tmux import Tmux, tmux
from .test_screen import PROMPT, start, wrapped

__all__ = ["tmux"]  # the fixture

ROOM_PROMPT = "[#茶馆]" + PROMPT
UNREAD = "[未读私聊1]"


def enter(tmux: Tmux, *lines: str) -> None:
    """Type lines, and press Enter behind each."""
    for line in lines:
        tmux.type(line)
        tmux.press("Enter")


def test_a_room_of_ones_own(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """It stands before the prompt. Private words come there, too, and what the lobby says does not."""
    start(tmux, server)
    peer = connect()
    peer.rename("bob")
    enter(tmux, "/join　茶馆")
    tmux.ends("* 小明:进入 茶馆", ROOM_PROMPT)
    peer.say("not for 小明", "to 小明 psst")
    tmux.ends("* 小明:进入 茶馆", "  [私聊] bob: psst", UNREAD + (ROOM_PROMPT if tmux.columns > 40 else "[#茶馆]>"))
    tmux.press("Tab")
    tmux.type("yes")
    tmux.press("Enter")
    tmux.ends("✓ [私聊] → bob: yes", ROOM_PROMPT)
    peer.say("/join 茶馆")
    tmux.ends("* bob:进入 茶馆", ROOM_PROMPT)
    peer.say("/leave")
    tmux.ends("* bob:离开 茶馆", ROOM_PROMPT)
    enter(tmux, "who")
    tmux.ends("* bob:离开 茶馆", "* 小明:在线", ROOM_PROMPT)
    enter(tmux, "/who all")
    tmux.wait(lambda screen: {"* 小明:在线 茶馆", "* bob:在线"} == set(screen[-3:-1]))
    enter(tmux, "/rooms")
    tmux.ends("* 大厅：1 人", "* 茶馆：1 人", ROOM_PROMPT)
    enter(tmux, "/leave")
    tmux.ends("* 小明:进入 大厅", PROMPT)


def test_completion_of_rooms_and_of_people_elsewhere(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """The server is asked which rooms there are. Whoever has gone into one can still be named."""
    start(tmux, server)
    peer = connect()
    peer.rename("bobby")
    peer.ask("/join teahouse")
    tmux.ends("* bobby:离开 大厅", PROMPT)
    tmux.type("/join t")
    tmux.press("Tab")
    tmux.ends(*wrapped(PROMPT + "/join teahouse", tmux.columns))
    tmux.press("C-u")
    tmux.type("/whois b")
    tmux.press("Tab", "Enter")
    tmux.wait(lambda screen: "* bobby 在房间 teahouse" in screen)
    tmux.type("hi b")
    tmux.press("Tab")
    tmux.ends(PROMPT + "hi b")


def test_private_chat_with_somebody_in_another_room(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """The server is asked for whoever is not known. The partner may go anywhere."""
    peer = connect()
    peer.rename("bob")
    peer.ask("/join 茶馆")
    tmux.start("--port", str(server.port))
    tmux.wait(lambda screen: screen[-1] == "0. 退出")
    enter(tmux, "2", "eve")
    tmux.wait(lambda screen: "该用户不在线" in screen)
    enter(tmux, "bob")
    prompt = "[→bob]请输入聊天内容，exit退出："
    tmux.wait(lambda screen: screen[-1] == prompt)
    enter(tmux, "one")
    tmux.ends("✓ [私聊] → bob: one", prompt)
    peer.ask("/leave")
    tmux.ends("* bob:进入 大厅", prompt)
    peer.ask("rename rob")
    tmux.ends("* bob 改名为 rob", prompt.replace("bob", "rob"))
    enter(tmux, "/join 别处")
    tmux.wait(lambda screen: "".join(screen).replace("    ", "").endswith("[#别处][→rob]请输入聊天内容，exit退出："))
    enter(tmux, "two")
    tmux.wait(lambda screen: "✓ [私聊] → rob: two" in screen)


def test_private_words_that_come_elsewhere(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """They are counted before the prompt, at the menu, too, until one talks to their author, or presses Enter alone."""
    bob = connect()
    bob.rename("bob")
    eve = connect()
    eve.rename("eve")
    start(tmux, server)
    enter(tmux, "/menu")
    tmux.wait(lambda screen: screen[-1] == "0. 退出")
    bob.say("to 小明 one")
    tmux.ends("  [私聊] bob: one", UNREAD)
    enter(tmux, "2", "bob")
    prompt = "请输入聊天内容，exit退出："
    tmux.wait(lambda screen: screen[-1] == f"[→bob]{prompt}")
    bob.say("to 小明 two")
    tmux.ends("  [私聊] bob: two", f"[→bob]{prompt}")
    eve.say("to 小明 three")
    tmux.ends("  [私聊] eve: three", f"{UNREAD}[→bob]" + (prompt if tmux.columns > 40 else ">"))
    tmux.press("Enter")
    tmux.ends("  [私聊] eve: three", f"[→bob]{prompt}")


def test_a_line_that_names_the_user(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """It has a mark of its own, and the name in it is painted."""
    start(tmux, server)
    peer = connect()
    peer.rename("bob")
    peer.say("请小明回答", "/me 拍拍小明", "end")
    tmux.ends("@ bob:请小明回答", "@ bob * 拍拍小明", "  bob:end", PROMPT)
    rows = "\n".join(tmux.screen("-e"))
    assert len(re.findall(r"请\x1b\[1;7m小明(?:\x1b\[\d+m)+回答", rows)) == 1


def test_a_line_that_names_the_user_without_colours(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """The mark is there all the same."""
    start(tmux, server, NO_COLOR="1")
    peer = connect()
    peer.rename("bob")
    peer.say("请小明回答")
    tmux.ends("@ bob:请小明回答", PROMPT)
    assert "\x1b" not in "".join(tmux.screen("-e"))


def test_whoever_is_quiet_loses_sight_of_nobody(tmux: Tmux, server: StrictServer, connect: Connect) -> None:
    """What is for one person never goes to another who has that name now, although nobody saw the two change places."""
    tmux.start("--port", str(server.port))
    tmux.wait(lambda screen: "0. 退出" in screen)
    bob = connect()
    bob.rename("bob")
    tmux.wait(lambda screen: "改名为 bob" in "".join(screen))
    enter(tmux, "/quiet")
    tmux.wait(lambda screen: "* 不再显示上线和下线" in screen)
    enter(tmux, "2", "bob")
    prompt = "[→bob]请输入聊天内容，exit退出："
    tmux.wait(lambda screen: screen[-1] == prompt)
    bob.close()
    other = connect()
    other.rename("bob")
    tmux.wait(lambda screen: "改名为 bob" in "".join(screen[-3:]))
    enter(tmux, "只给你")
    tmux.wait(lambda screen: "bob 已经离开；" in "".join(screen))
    assert other.ask("") == []
    assert not [row for row in tmux.screen() if "下线" in row and "不再显示" not in row]
