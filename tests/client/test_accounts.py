"""What the client's user sees of accounts and of order, in tmux, at 40 and at 80 columns. No password is to be seen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.fake_server import fake_server
from ..support.owning import owning
from ..support.peers import PATIENCE, Peer, StrictServer
from ..support.tmux import Tmux, tmux
from .test_screen import PROMPT, shown, start

__all__ = ["tmux"]  # the fixture

PASSWORD = "hunter22"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StrictServer]:
    """A server with accounts, of which `admin` is an operator's."""
    with owning(tmp_path / "accounts", "admin") as server:
        yield server


@pytest.fixture
def admin(server: StrictServer) -> Iterator[Peer]:
    """The operator."""
    peer = Peer(server.port)
    peer.until(peer.prefix + "已上线")
    peer.rename("admin")
    peer.ask("/register secret1")
    yield peer
    peer.close()


def enter(tmux: Tmux, *lines: str) -> None:
    """Type lines, and press Enter behind each."""
    for line in lines:
        tmux.type(line)
        tmux.press("Enter")


def ends(tmux: Tmux, line: str) -> None:
    """Wait for a line above the prompt."""
    tmux.ends(*shown(line, tmux.columns), PROMPT)


def test_a_password_is_asked_for_and_not_shown(tmux: Tmux, server: StrictServer, tmp_path: Path) -> None:
    """Twice, if it is a new one. It is in no history, and cannot be put back with the keys either."""
    start(tmux, server)
    enter(tmux, "public", "/register")
    tmux.ends("密码：")
    tmux.type("another")
    tmux.press("C-u")
    tmux.type(PASSWORD)
    tmux.ends("密码：********")
    tmux.press("Tab", "Enter")
    tmux.ends("密码：", "再输入一次：")
    enter(tmux, PASSWORD)
    ends(tmux, "* 注册成功，以后请用 /login 小明 密码 登录")
    enter(tmux, "/password")
    tmux.ends("旧密码：")
    enter(tmux, PASSWORD, "secret2", "secret2")
    ends(tmux, "* 密码已修改")
    tmux.press("C-y", "Up")
    tmux.ends(PROMPT + "public")
    tmux.press("Up", "Up")
    tmux.ends(PROMPT + "public")
    assert not {PASSWORD, "secret2", "another"} & set("".join(tmux.screen("-S", "-")).split())
    assert (tmp_path / "chatroom" / "history").read_text() == "public\n"


def test_passwords_that_are_no_good_are_asked_for_again(tmux: Tmux, server: StrictServer) -> None:
    """Until the two agree, and are what the server takes. So the next one is not said to everyone."""
    start(tmux, server)
    enter(tmux, "/register", "a b c d")
    tmux.ends("密码不能有空格", "密码：")
    enter(tmux, PASSWORD)
    tmux.ends("再输入一次：")
    enter(tmux, "hunter23")
    tmux.ends("两次输入的密码不一样", "密码：")
    enter(tmux, "short", "short")
    tmux.ends(*shown("✗ /register ******（密码须为 6 到 128 个字符）", tmux.columns), "密码：")
    enter(tmux, PASSWORD, PASSWORD)
    ends(tmux, "* 注册成功，以后请用 /login 小明 密码 登录")
    enter(tmux, "/password", PASSWORD, "secret2", "secret3")
    tmux.ends("两次输入的密码不一样", "新密码：")
    enter(tmux, "secret2", "secret2")
    ends(tmux, "* 密码已修改")


@pytest.mark.parametrize("key", ["Enter", "C-c", "Escape"])
def test_a_password_need_not_be_given(tmux: Tmux, server: StrictServer, key: str) -> None:
    """Nothing is sent then: the next line is the first that the server hears."""
    start(tmux, server)
    enter(tmux, "/register", PASSWORD)
    tmux.ends("密码：", "再输入一次：")
    if key != "Enter":
        tmux.type("hunter")
        tmux.press("Left")
        tmux.ends("再输入一次：******")
    tmux.press(key)
    tmux.ends("已取消", PROMPT)
    enter(tmux, "next")
    tmux.ends("已取消", "✓ 小明:next", PROMPT)


def test_a_wrong_password_is_asked_for_three_times(tmux: Tmux, server: StrictServer, admin: Peer) -> None:
    """As `login` does, and never shown."""
    start(tmux, server)
    enter(tmux, "/login admin")
    refused = shown("✗ /login admin ******（用户名或密码不正确）", tmux.columns)
    for number in range(3):
        tmux.ends(*["密码：", *refused] * number, "密码：")
        enter(tmux, PASSWORD)
    tmux.ends(*refused, "已取消", PROMPT)
    enter(tmux, "/login admin", PASSWORD)
    tmux.ends("密码：", *refused, "密码：")
    enter(tmux, "secret1")
    ends(tmux, "* 登录成功，用户名: admin")
    assert PASSWORD not in "".join(tmux.screen("-S", "-"))


def test_a_password_on_a_way_that_others_may_read(tmux: Tmux) -> None:
    """It is asked for once more, hidden, because the server wants to have it once more."""
    with fake_server() as server:
        tmux.start("--port", str(server.port), "--name", "小明")
        connection = server.welcome()
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        for code, text in (("not_private", "仍要继续请再输入一次"), ("", "登录成功")):
            enter(tmux, *(["/login admin"] if code else []), PASSWORD)
            assert connection.line() == f"/login admin {PASSWORD}"
            connection.tell("done", line=connection.taken, text=text, **({"code": code} if code else {}))
            tmux.ends("密码：" if code else PROMPT)
        tmux.ends("* 登录成功", PROMPT)


def test_a_password_that_is_typed_again_before_the_answer(tmux: Tmux) -> None:
    """It is not shown, and nobody hears it."""
    with fake_server() as server:
        tmux.start("--port", str(server.port), "--name", "小明")
        connection = server.welcome()
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        enter(tmux, "/login admin")
        tmux.ends("密码：")
        _, row = tmux.cursor()
        enter(tmux, PASSWORD)
        assert connection.line() == f"/login admin {PASSWORD}"
        enter(tmux, PASSWORD)
        tmux.wait(lambda screen: tmux.cursor()[1] == row + 2)
        connection.tell("done", line=connection.taken, text="登录成功")
        tmux.ends("* 登录成功", PROMPT)
        enter(tmux, "next")
        connection.take("next")
        assert PASSWORD not in "".join(tmux.screen())


def test_a_password_that_is_typed_while_the_server_is_away(tmux: Tmux) -> None:
    """It is sent when the server is back. What was typed meanwhile is the next try if it is wrong, and is not said."""
    note = "密码还没有送出，连上后自动发送；按一下回车可以先做别的"
    with fake_server() as server:
        tmux.start("--port", str(server.port))
        connection = server.welcome()
        enter(tmux, "1")
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        enter(tmux, "/login admin")
        tmux.ends("密码：")
        connection.bye("closing", "服务器关闭，连接中断")
        server.close()
        tmux.wait(lambda screen: screen[-1] == "[离线]密码：")
    enter(tmux, "mistyped")
    tmux.wait(lambda screen: note in "".join(screen).replace(" ", ""))
    enter(tmux, PASSWORD)
    with fake_server(server.port) as server:
        connection = server.welcome(connection.taken)
        assert connection.line() == "/login admin mistyped"
        connection.tell("done", line=connection.taken, code="wrong_password", text="用户名或密码不正确")
        assert connection.line() == f"/login admin {PASSWORD}"
        connection.tell("done", line=connection.taken, text="登录成功")
        tmux.ends("* 登录成功", PROMPT)
    assert PASSWORD not in "".join(tmux.screen("-S", "-"))


@pytest.mark.parametrize("key", ["Enter", "C-c"])
def test_nobody_has_to_wait_for_a_server_that_is_away(tmux: Tmux, key: str) -> None:
    """The password is sent all the same when the server is back."""
    with fake_server() as server:
        tmux.start("--port", str(server.port))
        connection = server.welcome()
        enter(tmux, "1")
        tmux.wait(lambda screen: screen[-1] == PROMPT)
        connection.bye("closing", "服务器关闭，连接中断")
        server.close()
        tmux.wait(lambda screen: screen[-1] == "[离线]" + PROMPT)
    enter(tmux, "/login admin")
    tmux.wait(lambda screen: screen[-1].endswith("密码："))
    enter(tmux, PASSWORD)
    tmux.wait(lambda screen: "自动发送" in "".join(screen).replace(" ", ""))
    tmux.press(key)
    tmux.wait(lambda screen: screen[-1].startswith("[离线]") and screen[-1][-1] in ":>")
    with fake_server(server.port) as server:
        connection = server.welcome(connection.taken)
        assert connection.line() == f"/login admin {PASSWORD}"


def test_the_menus_way_to_a_name_that_belongs_to_somebody(tmux: Tmux, server: StrictServer, admin: Peer) -> None:
    """The password is asked for. Commands can be typed at the menu, and are shown without their passwords."""
    tmux.start("--port", str(server.port))
    tmux.wait(lambda screen: screen[-1] == "0. 退出")
    enter(tmux, "3", "admin")
    tmux.wait(lambda screen: screen[-1] == "密码：")
    enter(tmux, "secret1")
    tmux.wait(lambda screen: "* 登录成功，用户名: admin" in screen and screen[-1] == "0. 退出")
    enter(tmux, f"/login admin {PASSWORD}")
    refused = "".join(shown("✗ /login admin ******（用户名或密码不正确）", tmux.columns))
    tmux.wait(lambda screen: refused in "".join(screen) and screen[-1] == "0. 退出")
    enter(tmux, "/unregister")
    tmux.wait(lambda screen: screen[-1] == "密码：")
    enter(tmux, "secret1")
    tmux.wait(lambda screen: "* 注销成功" in screen and screen[-1] == "0. 退出")
    assert not any(each in "".join(tmux.screen("-S", "-")) for each in (PASSWORD, "secret1"))


def test_a_password_that_is_typed_in_the_line(tmux: Tmux, server: StrictServer, tmp_path: Path) -> None:
    """It is in no history, and in no note, also if the command is mistyped or has full-width spaces."""
    start(tmux, server)
    for line, note in (
        (f"/login 小明 {PASSWORD}", "✗ /login 小明 ******（用户名或密码不正确）"),
        (f"/login　小红　{PASSWORD}", "✗ /login 小红 ******（用户名或密码不正确）"),
        (f"register {PASSWORD}", "✗ register ******（这一行可能含有密码，没有发送，输入 /help 查看帮助）"),
        (f"/lgoin 小明 {PASSWORD}", "✗ /lgoin ******（未知命令，输入 /help 查看帮助）"),
    ):
        enter(tmux, line)
        ends(tmux, note)
    tmux.press("Up")
    tmux.ends(PROMPT)
    assert PASSWORD not in "".join(tmux.screen("-S", "-"))
    assert not (tmp_path / "chatroom" / "history").exists()


def test_a_password_in_private_chat_goes_to_the_server(tmux: Tmux, server: StrictServer, admin: Peer) -> None:
    """And not to the partner."""
    start(tmux, server)
    tmux.wait(lambda screen: "小明:已上线" in "".join(screen))
    enter(tmux, "exit", "2", "admin")
    prompt = "[→admin]请输入聊天内容，exit退出："
    tmux.wait(lambda screen: screen[-1] == prompt)
    enter(tmux, "/register", PASSWORD, PASSWORD)
    tmux.wait(lambda screen: "注册成功" in "".join(screen))
    enter(tmux, f"/login 小明 {PASSWORD}")
    tmux.wait(lambda screen: "登录成功" in "".join(screen))
    enter(tmux, "psst")
    tmux.ends("✓ [私聊] → admin: psst", prompt)
    assert [line for line in admin.until("小明: psst") if "上线" not in line] == []


def test_a_name_that_belongs_to_somebody(tmux: Tmux, server: StrictServer) -> None:
    """What was typed waits until its owner has logged in. Words that were kept come with their time, and ring."""
    owner = Peer(server.port)
    owner.until(owner.prefix + "已上线")
    owner.rename("小明")
    owner.ask(f"/register {PASSWORD}")
    owner.close()
    peer = Peer(server.port)
    peer.until(peer.prefix + "已上线")
    peer.rename("bob")
    assert peer.ask("to 小明 psst") == ["该用户不在线，消息会在其登录时送达"]
    tmux.start("--port", str(server.port), "--name", "小明")
    tmux.wait(lambda screen: "换一个" in "".join(screen).replace(" ", "") and screen[-1] == PROMPT)
    enter(tmux, "typed")
    enter(tmux, "/login 小明")
    tmux.wait(lambda screen: screen[-1].endswith("密码："))
    enter(tmux, PASSWORD)
    tmux.wait(lambda screen: "✓ 小明:typed" in screen)
    rows = tmux.screen()
    assert rows.index("* 你有 1 条留言") + 1 == rows.index("  [私聊] bob: psst")
    peer.close()


def test_what_operators_do(tmux: Tmux, server: StrictServer, admin: Peer) -> None:
    """Announcements and a new motd look right. Whoever is removed stays away until the next line."""
    start(tmux, server)
    admin.ask("/announce 今晚十点服务器要重新启动，请大家把要说的话先说完，谢谢")
    ends(tmux, "* [公告] 今晚十点服务器要重新启动，请大家把要说的话先说完，谢谢")
    admin.ask("/motd 欢迎\n")
    enter(tmux, "/motd")
    ends(tmux, "* 欢迎")
    admin.ask("/mute 小明")
    enter(tmux, "hello")
    ends(tmux, "✗ hello（你已被管理员禁言）")
    admin.ask("/unmute 小明")
    admin.ask("/kick 小明 刷屏")
    kicked = "* 你已被管理员移出：刷屏；输入下一行时自动重新连接"
    tmux.ends(*shown(kicked, tmux.columns), f"[离线]{PROMPT}")
    enter(tmux, "back")
    tmux.wait(lambda screen: screen[-2:] == ["✓ 小明:back", PROMPT])
    assert "离开期间" not in "".join(tmux.screen())


@pytest.mark.parametrize("flags", [["--listen"], ["--keep-alive"]])
def test_a_script_that_is_removed_ends(server: StrictServer, admin: Peer, flags: list[str]) -> None:
    """It does not come back, however patient it is. The exit status is 1."""
    command = [sys.executable, "-m", "client", "--port", str(server.port), "--name", "bot", *flags]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            while not admin.line().endswith("]bot:已上线"):
                pass
            assert admin.ask("/kick bot")[-1] == "已移出 bot"
            assert process.wait(PATIENCE) == 1
            assert process.stderr
            assert process.stderr.read().endswith("你已被管理员移出\n")
        finally:
            process.kill()
