"""The page and its connections: whatever ends, nothing is lost and nothing is said twice."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.web.web_server import WebServer

from ..support.kept import keeping_server
from ..support.peers import Peer, Program, StrictServer, running
from ..support.tabs import Tab
from ..support.web import StrictWebServer, web
from .conftest import Open

if TYPE_CHECKING:
    from playwright.sync_api import Route

HIDE = "Object.defineProperty(document, 'hidden', {get: () => window.isHidden ?? false}); window.isHidden = true"


@pytest.fixture
def listener(door: StrictWebServer) -> Iterator[Program]:
    """A program that hears all that is said."""
    with contextlib.closing(Program(door.chat.port, "/json listener")) as program:
        program.until_type("joined")
        yield program


def heard(program: Program, last: str) -> list[str]:
    """Return what is said to everyone, up to a text."""
    texts: list[str] = []
    while not texts or texts[-1] != last:
        texts.append(program.until_type("said")["text"])
    return texts


def test_a_reload_goes_on(door: StrictWebServer, open_tab: Open) -> None:
    """With the same session, what was said before and meanwhile, and the private words. Another tab is another user."""
    bob = Peer(door.chat.port)
    bob.until(f"{bob.prefix}已上线")
    bob.rename("bob")
    tab = open_tab(door.port, "小明")
    tab.type("one", "to bob 悄悄话")
    tab.see("悄悄话")
    tab.settle()
    before, token = tab.said(), tab.page.evaluate("chat.token")
    (address,) = [line for line in bob.ask("who") if line.endswith("]小明:在线")]
    tab.page.goto("about:blank")
    bob.until(address.replace("在线", "下线"))
    bob.say("to 小明 在吗", "meanwhile")
    bob.until(f"{bob.prefix}meanwhile")
    tab.page.go_back()
    tab.see("meanwhile")
    assert tab.said() == [*before, "私聊 bob>在吗", "bob>meanwhile"]
    assert tab.page.evaluate("chat.token") == token
    assert tab.news()[-2:] == ["以下是离开期间的消息", "以上是离开期间的消息"]
    tab.type("two")
    tab.see("two")
    with tab.page.expect_popup() as popup:
        tab.page.evaluate("void window.open('/')")
    other = Tab(popup.value, f"http://127.0.0.1:{door.port}/")
    other.page.wait_for_selector("#enter[open]")
    other.enter("小红")
    assert other.page.evaluate("chat.token") != token
    tab.type("three")
    other.see("three")
    bob.close()


def test_a_reload_keeps_the_partner_and_what_is_half_typed(door: StrictWebServer, open_tab: Open) -> None:
    """So what was meant for one is not said to everyone. What may hold a password is not kept."""
    bob = Peer(door.chat.port)
    bob.until(f"{bob.prefix}已上线")
    bob.rename("bob")
    tab = open_tab(door.port, "小明")
    tab.choose("bob", "私聊")
    tab.page.fill("#line", "悄悄")
    tab.page.reload()
    tab.page.wait_for_selector("#status.in")
    assert tab.page.inner_text("#to b") == "bob"
    assert tab.page.input_value("#line") == "悄悄"
    tab.page.press("#line", "Enter")
    bob.until("小明: 悄悄")
    tab.page.fill("#line", "/login 小明 secret")
    tab.page.reload()
    tab.page.wait_for_selector("#status.in")
    assert tab.page.input_value("#line") == ""
    bob.say("rename robert", "/quit")
    tab.page.wait_for_function("chat.to.gone")
    bob.close()


def test_a_tab_that_is_closed_and_opened_again(door: StrictWebServer, open_tab: Open) -> None:
    """Whoever comes in under the same name has it at once, and what was said meanwhile. A second tab does not get it."""
    tab = open_tab(door.port, "小明")
    tab.type("one")
    tab.see("one")
    tab.settle()
    url, context, token = tab.page.url, tab.page.context, tab.page.evaluate("chat.token")
    second = Tab(context.new_page(), url)
    second.enter("小明")
    second.page.wait_for_selector("#enter[open]")
    assert second.page.evaluate("[chat.token !== '" + token + "', $('enter').querySelector('.why').textContent]") == [
        True,
        "该用户名已被使用",
    ]
    second.page.close()
    tab.page.evaluate("saveNow()")
    tab.page.close()
    again = Tab(context.new_page(), url)
    assert again.page.input_value("#name") == "小明"
    again.enter("小明")
    again.settle()
    again.see("one")
    assert again.page.evaluate("[chat.token, chat.name]") == [token, "小明"]
    assert not again.page.is_visible("#enter")
    again.type("two")
    again.see("two")
    assert again.said() == ["小明>one", "小明>two"]
    assert again.errors == second.errors == []


def test_a_banned_address_does_not_come_back_by_itself(door: StrictWebServer, open_tab: Open) -> None:
    """It is said why, also in English, and what waits is given back."""
    banned = door.chat.guard.limiter.banned
    for locale, why in (("zh-CN", "此地址已被管理员封禁"), ("en-US", "this address is banned")):
        tab = open_tab(door.port, "小明", locale=locale)
        tab.settle()
        banned.add("127.0.0.1", 0)
        tab.page.evaluate("chat.abort.abort(); chat.say('one')")
        tab.page.wait_for_selector(".refused")
        assert tab.news()[-1] == tab.page.locator(".refused .why").text_content() == why
        assert tab.page.evaluate("chat.stays")
        banned.remove("127.0.0.1")
        tab.page.evaluate("dispatchEvent(new Event('online'))")
        assert tab.page.evaluate("[chat.opening, chat.online]") == [False, False]
        tab.type("two")
        tab.see("two")
        assert [line.partition(">")[2] for line in tab.said()][-1] == "two"
        tab.page.context.close()


def test_offline_for_a_while(door: StrictWebServer, open_tab: Open, listener: Program) -> None:
    """What is typed waits, and is said once. What others said meanwhile is marked."""
    tab = open_tab(door.port, "小明")
    tab.type("one")
    tab.see("one")
    tab.page.context.set_offline(True)
    tab.until("!chat.online")
    assert tab.page.locator("#status").text_content() != "已连接"
    tab.type("two", "three")
    listener.say("meanwhile")
    assert heard(listener, "meanwhile") == ["one", "meanwhile"]
    assert tab.page.locator("#pending .text").all_text_contents() == ["two", "three"]
    tab.page.context.set_offline(False)
    tab.see("three")
    tab.settle()
    assert heard(listener, "three") == ["two", "three"]
    assert tab.said() == ["小明>one", "listener>meanwhile", "小明>two", "小明>three"]
    assert tab.news()[-2:] == ["以下是离开期间的消息", "以上是离开期间的消息"]


def test_posts_whose_answers_are_lost(door: StrictWebServer, open_tab: Open, listener: Program) -> None:
    """Before they arrive, or afterwards, nobody knows which: each line is said once, and in order."""
    tab = open_tab(door.port, "小明")
    tab.settle()
    chance = random.Random(7)

    def lose(route: Route) -> None:
        way = chance.choice(["never", "answer", "good"])
        if way == "never":
            route.abort()
            return
        answer = route.fetch()
        route.fulfill(response=answer) if way == "good" else route.abort()

    tab.page.route("**/say", lose)
    lines = [f"m{number}" for number in range(12)]
    for line in lines:
        tab.type(line)
    tab.see(lines[-1])
    tab.settle()
    assert heard(listener, lines[-1]) == lines
    assert tab.said() == [f"小明>{line}" for line in lines]


def test_streams_that_end_all_the_time(door: StrictWebServer, open_tab: Open, listener: Program) -> None:
    """While posts are lost, too: nothing is lost, and nothing is said or heard twice."""
    tab = open_tab(door.port, "小明")
    tab.settle()
    chance = random.Random(11)

    def lose(route: Route) -> None:
        if chance.random() < 0.5:
            route.fetch()
        route.abort() if chance.random() < 0.5 else route.continue_()

    tab.page.route("**/say", lose)
    lines = [f"m{number}" for number in range(20)]
    for number, line in enumerate(lines):
        tab.type(line)
        listener.say(f"n{number}")
        if number % 4 == 3:
            tab.page.evaluate("chat.abort.abort()")
    tab.see(lines[-1])
    tab.settle()
    listener.say("end")
    tab.see("end")
    said = heard(listener, "end")
    assert [text for text in said if text[0] == "m"] == lines
    assert [line.partition(">")[2] for line in tab.said()] == said


def test_a_server_that_is_killed_and_started_again(open_tab: Open, tmp_path: Path) -> None:
    """With a history nothing is lost. The page comes back by itself, with its session."""
    file = tmp_path / "chat.db"
    with keeping_server(file, "--web", "0", "--idle-timeout", "0") as server:
        assert server.process.stderr
        port = int(server.process.stderr.readline().rstrip("/\n").rpartition(":")[2])
        tab = open_tab(port, "小明")
        tab.type("one", "two")
        tab.see("two")
        tab.settle()
        token = tab.page.evaluate("chat.token")
        server.process.kill()
        server.process.wait()
        tab.until("!chat.online")
        tab.type("three")
    with keeping_server(file, "--web", str(port), "--idle-timeout", "0", port=server.port) as server:
        tab.see("three")
        tab.settle()
        with contextlib.closing(Program(server.port, "/json", "/last")) as program:
            last = [program.until_type("notice")["past"]["text"] for _ in range(3)]
        assert last == ["one", "two", "three"]
        assert tab.page.evaluate("chat.token") == token
        server.process.terminate()
        server.process.wait()


def test_a_server_that_has_forgotten_everything(open_tab: Open, tmp_path: Path) -> None:
    """It is said honestly. The page takes its name again, and what is typed goes on."""
    with web() as door:
        tab = open_tab(door.port, "小明")
        tab.type("one")
        tab.see("one")
        tab.settle()
        port = door.port
    tab.until("!chat.online")
    tab.type("two")

    def again(server: StrictServer) -> None:
        server.doors.append(WebServer(server, port))

    with running(again):
        tab.see("two")
        tab.settle()
        assert tab.page.evaluate("chat.name") == "小明"
        assert "服务器不记得这次会话，重新开始" in tab.news()
        assert [line.partition(">")[2] for line in tab.said()] == ["one", "two"]
        tab.page.context.close()


def test_heartbeats_keep_whoever_looks(open_tab: Open) -> None:
    """While the page can be seen, nobody is kicked, however long they only read."""
    with web(idle_timeout=1.0) as door:
        tab = open_tab(door.port, "小明")
        tab.until("chat.out.last > 8")  # three of them are the page's own questions and its history
        assert tab.page.evaluate("chat.epoch") == 1
        assert door.chat.journal.departures.total() == 0
        tab.page.context.close()


def test_whoever_is_away_is_kicked_and_comes_back_with_the_next_line(open_tab: Open) -> None:
    """It is said so. Nothing reconnects on its own, for silence is what the limit is for."""
    with web(idle_timeout=0.5) as door:
        tab = open_tab(door.port)
        tab.page.evaluate(HIDE)
        tab.enter("小明")
        tab.page.evaluate("chat.keyAt = -1000")
        tab.see("长时间未使用")
        assert tab.page.locator("#status").text_content() == "已离线，输入下一行就会回来"
        tab.page.evaluate("window.isHidden = false")
        tab.type("hi")
        tab.see("hi")
        assert tab.said() == ["小明>hi"]
        tab.page.context.close()


def test_whoever_quits_comes_back_with_the_next_line(door: StrictWebServer, open_tab: Open, listener: Program) -> None:
    """With another session, under the same name."""
    tab = open_tab(door.port, "小明")
    token = tab.page.evaluate("chat.token")
    tab.type("/quit")
    tab.see("你已离开")
    assert listener.until_type("left")["why"] == "quit"
    tab.type("hi")
    tab.see("hi")
    assert listener.until_type("said")["name"] == "小明"
    assert tab.page.evaluate("chat.token") != token


def test_a_session_that_goes_on_elsewhere_is_not_fought_for(door: StrictWebServer, open_tab: Open) -> None:
    """It comes back with the next line."""
    tab = open_tab(door.port, "小明")
    tab.settle()
    token, at = tab.page.evaluate("[chat.token, chat.at]")
    with contextlib.closing(Program(door.chat.port, f"/resume {token} {at}")) as program:
        assert program.until_type("hello")["name"] == "小明"
        tab.see("这次会话已在别处继续")
        assert tab.page.evaluate("chat.stays")
    tab.type("hi")
    tab.see("hi")
    assert tab.page.evaluate("chat.token") == token


def test_what_the_server_has_no_more_is_a_gap(open_tab: Open) -> None:
    """It is said honestly, and then goes on."""
    with web(remember=4) as door, contextlib.closing(Program(door.chat.port, "/json listener")) as listener:
        tab = open_tab(door.port, "小明")
        tab.settle()
        tab.page.context.set_offline(True)
        tab.until("!chat.online")
        for text in (*(f"n{number}" for number in range(30)), "end"):
            listener.say(text)
            assert heard(listener, text) == [text]
        tab.page.context.set_offline(False)
        tab.see("end")
        assert "这里缺了一些消息：服务器已经没有了" in tab.news()
        said = [line.partition(">")[2] for line in tab.said()]
        assert said == [*(f"n{number}" for number in range(31 - len(said), 30)), "end"]
        assert len(said) < 31
        tab.page.context.close()
