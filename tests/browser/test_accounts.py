"""Accounts in the page: a password is typed into its dialog or into a line, and is seen and kept nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from server.wire.arrival import Arrival

from ..support.peers import Peer
from ..support.tabs import Tab
from ..support.web import StrictWebServer
from .conftest import Open, named_peer

if TYPE_CHECKING:
    from playwright.sync_api import Route

PASSWORD = "sesame12"
WHY = "#enter .why"


@pytest.fixture
def owner(house: StrictWebServer) -> Iterator[Peer]:
    """The owner of the name bob, who comes by telnet."""
    with named_peer(house.chat.port, "bob") as peer:
        peer.ask(f"/register {PASSWORD}")
        yield peer


def knows(tab: Tab, password: str) -> bool:
    """Return whether a page shows a password, or has kept it."""
    tab.page.evaluate("saveNow()")
    known: str = tab.page.evaluate(
        "[document.body.innerText, JSON.stringify(sessionStorage), JSON.stringify(localStorage), "
        "JSON.stringify([chat.out, chat.secret, view.items]), $('password').value, $('fresh').value].join()"
    )
    return password in known


def test_an_account_from_its_beginning_to_its_end(house: StrictWebServer, open_tab: Open) -> None:
    """Register, another password, log out, log in, give up: by the dialog of one's name."""
    tab = open_tab(house.port, "小明")
    kinds = "['password', 'fresh'].map(id => [$(id).type, $(id).autocomplete].join())"
    assert tab.page.evaluate(kinds) == ["password,current-password", "password,new-password"]
    tab.page.click("#me")
    tab.page.click(".links >> text=注册")
    tab.fill_in(fresh="short")
    tab.until(f"document.querySelector('{WHY}').textContent === '密码须为 6 到 128 个字符'")
    tab.page.fill("#fresh", "sesame")
    tab.page.click("text=显示密码")
    assert tab.page.evaluate("[$('fresh').type, $('reveal').ariaPressed]") == ["text", "true"]
    tab.page.click("text=显示密码")
    assert tab.page.evaluate("$('fresh').type") == "password"
    tab.page.click("text=显示密码")
    tab.fill_in(fresh="with a space")
    assert tab.page.locator(WHY).text_content() == "密码里不能有空格"
    tab.fill_in(fresh=PASSWORD)
    tab.see("已注册并登录")
    assert tab.page.evaluate("$('fresh').type") == "password"
    tab.page.click("#me")
    assert not tab.page.is_visible("#reveal")
    assert tab.page.locator(".links button").all_text_contents() == ["修改密码", "退出登录", "注销账号"]
    tab.page.click(".links >> text=修改密码")
    tab.fill_in(password=PASSWORD, fresh="sesame34")
    tab.see("密码已修改")
    tab.page.click("#me")
    tab.page.click(".links >> text=退出登录")
    tab.until("chat.caughtUp && chat.name === chat.addr")
    tab.page.click("#me")
    tab.fill_in(name="小明")
    tab.page.wait_for_selector("#password:visible")
    assert tab.page.locator("#enter-title").text_content() == "登录"
    tab.fill_in(password=PASSWORD)
    tab.until(f"document.querySelector('{WHY}').textContent === '用户名或密码不正确'")
    tab.fill_in(password="sesame34")
    tab.see("已登录")
    assert tab.page.evaluate("chat.name") == "小明"
    tab.page.click("#me")
    tab.page.click(".links >> text=注销账号")
    tab.fill_in(password="sesame34")
    tab.see("账号已注销")
    assert not knows(tab, PASSWORD)
    assert not knows(tab, "sesame34")
    assert tab.said() == []


def test_a_registered_name_asks_for_its_password(house: StrictWebServer, open_tab: Open, owner: Peer) -> None:
    """Whoever comes in under it is asked to log in. What is typed meanwhile is said under that name alone."""
    tab = open_tab(house.port, "bob", locale="en-US")
    tab.page.wait_for_selector("#password:visible")
    assert tab.page.locator(WHY).text_content() == "this name is registered: log in"
    assert tab.page.input_value("#name") == "bob"
    tab.page.evaluate("chat.say('it is me')")
    tab.fill_in(password=PASSWORD)
    tab.see("it is me")
    assert tab.said() == ["bob>it is me"]
    assert "You are logged in" in tab.news()


def test_a_name_that_its_owner_takes_back(house: StrictWebServer, open_tab: Open, owner: Peer) -> None:
    """It is told once, with the reason."""
    tab = open_tab(house.port, "小明")
    tab.type(f"/login bob {PASSWORD}")
    tab.see("已登录")
    before = tab.news()
    with contextlib.closing(Peer(house.chat.port)) as again:
        again.ask(f"/login bob {PASSWORD}")
        tab.see("bob 的主人已登录")
        tab.type("hi")
        tab.see("hi")
    told = [news for news in tab.news()[len(before) :] if tab.page.evaluate("chat.addr") in news]
    assert told == [f"bob 的主人已登录，你的用户名改为 {tab.page.evaluate('chat.addr')}"]


def test_to_log_in_at_the_door(house: StrictWebServer, open_tab: Open, owner: Peer) -> None:
    """Words that were kept come with it, each with its time, and once."""
    owner.close()
    with contextlib.closing(Peer(house.chat.port)) as ann:
        ann.until(f"{ann.prefix}已上线")
        ann.rename("ann")
        ann.ask("to bob 等你回来")
    tab = open_tab(house.port)
    tab.page.click(".links >> text=登录")
    tab.fill_in(name="bob", password=PASSWORD)
    tab.see("等你回来")
    tab.see("已登录")
    assert "你有 1 条留言" in "".join(tab.page.locator(".answer, .news").all_text_contents())
    assert tab.said() == ["私聊 ann>等你回来"]
    tab.settle()
    tab.page.reload()
    tab.page.wait_for_selector("#status.in")
    tab.settle()
    assert tab.said() == ["私聊 ann>等你回来"]
    tab.page.click("#me")
    assert tab.page.locator("#enter p").text_content() == "已登录为 bob。新的名字："


def test_a_password_in_a_line_is_not_shown(house: StrictWebServer, open_tab: Open, owner: Peer) -> None:
    """Neither when it is right, nor when it is mistyped in whatever way."""
    tab = open_tab(house.port, "小明")
    for line in (
        f"/login bob wrong{PASSWORD}",
        f"login bob {PASSWORD}",
        f"/logn bob {PASSWORD}",
        f"ｌｏｇｉｎ bob {PASSWORD}",
    ):
        tab.type(line)
    tab.until("document.querySelectorAll('.refused').length === 3")
    tab.see("用户名或密码不正确")
    tab.type(f"/login bob {PASSWORD}")
    tab.see("已登录")
    tab.settle()
    assert tab.page.evaluate("chat.name") == "bob"
    assert not knows(tab, PASSWORD)


def test_a_login_that_was_cut_off_asks_again(house: StrictWebServer, open_tab: Open, owner: Peer) -> None:
    """When the connection comes back, the password is not sent another time."""
    tab = open_tab(house.port, "小明")
    tab.settle()
    tab.page.click("#me")
    tab.page.click(".links >> text=登录")
    bodies: list[str] = []

    def cut(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        route.abort()

    tab.page.route("**/say", cut)
    with tab.page.expect_request("**/say"):
        tab.fill_in(name="bob", password=PASSWORD)
    tab.page.evaluate("chat.abort.abort()")
    tab.until(f"document.querySelector('{WHY}').textContent.startsWith('连接中断')")
    sent = len(bodies)
    assert bodies[0] == f"/login bob {PASSWORD}\n"
    assert not knows(tab, PASSWORD)
    tab.page.unroute("**/say")
    tab.settle()
    assert not any(PASSWORD in body for body in bodies[sent:])
    assert tab.page.evaluate("chat.name") == "小明"
    tab.fill_in(password=PASSWORD)
    tab.see("已登录")
    assert tab.page.evaluate("chat.name") == "bob"


def test_a_way_that_others_can_read(
    house: StrictWebServer, open_tab: Open, owner: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's warning is shown as one, and the same button goes on."""
    monkeypatch.setattr(Arrival, "is_private", property(lambda arrival: False))
    tab = open_tab(house.port, "小明", locale="en-US")
    tab.page.click("#me")
    tab.page.click(".links >> text=Log in")
    tab.fill_in(name="bob", password=PASSWORD)
    tab.page.wait_for_selector("#enter .why.warning")
    assert tab.page.locator(WHY).text_content() == "The connection is not encrypted: others may read the password."
    assert tab.page.locator("#enter .main").text_content() == "I know the risk, go on"
    assert tab.page.evaluate("chat.name") == "小明"
    tab.page.click("#enter .main")
    tab.see("You are logged in")
    assert tab.page.evaluate("chat.name") == "bob"
    assert not knows(tab, PASSWORD)


def test_a_server_without_accounts_says_so(door: StrictWebServer, open_tab: Open) -> None:
    """And the dialog offers none any more."""
    tab = open_tab(door.port, "小明")
    tab.page.click("#me")
    tab.page.click(".links >> text=登录")
    tab.fill_in(password=PASSWORD)
    tab.until(f"document.querySelector('{WHY}').textContent === '这个服务器没有账号'")
    tab.page.keyboard.press("Escape")
    tab.page.click("#me")
    assert tab.page.locator(".links button").count() == 0
    assert not knows(tab, PASSWORD)
