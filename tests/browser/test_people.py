"""The menu of a person, words that name one, and what operators do and say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..support.peers import Peer
from ..support.tabs import Tab
from ..support.web import StrictWebServer
from .conftest import Open, named_peer
from .test_connection import HIDE


@pytest.fixture
def bob(house: StrictWebServer) -> Iterator[Peer]:
    """Somebody who comes by telnet."""
    with named_peer(house.chat.port, "bob") as bob:
        yield bob


@pytest.fixture
def boss(house: StrictWebServer, open_tab: Open) -> Tab:
    """An operator."""
    tab = open_tab(house.port, "boss")
    tab.type("/register sesame12")
    tab.see("已注册并登录")
    tab.until("chat.isOperator")
    return tab


def test_the_menu_of_a_person(house: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """Private words, who they are, to ignore them and to hear them again. Whoever is no operator has no more."""
    tab = open_tab(house.port, "小明")
    tab.page.wait_for_selector("#people li:nth-child(2)")
    tab.page.click("#people .name[data-name=bob]")
    assert tab.page.locator("#menu button").all_text_contents() == ["私聊", "查看", "屏蔽"]
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    tab.see(f"bob 来自 {bob.addr}")
    tab.choose("bob", "屏蔽")
    tab.see("已屏蔽 bob")
    tab.until("document.querySelector('#people').textContent.includes('bob (已屏蔽)')")
    bob.ask("nobody hears me")
    tab.choose("bob", "取消屏蔽")
    tab.see("不再屏蔽 bob")
    bob.say("hello again")
    tab.see("hello again")
    assert tab.said() == ["bob>hello again"]
    tab.page.click("#people .name[data-name=bob]")
    tab.page.keyboard.press("Escape")
    assert not tab.page.is_visible("#menu")
    assert tab.page.evaluate("document.activeElement.dataset.name") == "bob"


def test_ones_own_menu(house: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """To be away, to be quiet, and one's name."""
    tab = open_tab(house.port, "小明")
    tab.choose("小明", "暂时离开")
    tab.until("document.querySelector('#people').textContent.includes('小明 (我，不在：暂时离开)')")
    bob.ask("to 小明 在吗")
    tab.see("在吗")
    tab.type("回来了")
    tab.see("欢迎回来")
    tab.until("!document.querySelector('#people').textContent.includes('不在')")
    tab.choose("小明", "不显示来去")
    tab.see("不再显示上线和下线")
    bob.ask("/join dev")
    tab.choose("小明", "显示来去")
    tab.see("重新显示上线和下线")
    assert not any("bob 去了" in news for news in tab.news())
    tab.until("!document.querySelector('#people .name[data-name=bob]')")
    tab.choose("小明", "名字和账号")
    assert tab.page.is_visible("#enter")


def test_somebody_who_is_away_is_shown_so(house: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """As soon as they answer a private word, until they talk."""
    tab = open_tab(house.port, "小明")
    bob.ask("/away lunch")
    tab.type("to bob 在吗")
    tab.see("[自动回复] bob: lunch")
    tab.until("document.querySelector('#people').textContent.includes('bob (不在：lunch)')")
    bob.say("back")
    tab.see("back")
    tab.until("!document.querySelector('#people').textContent.includes('lunch')")


NAMES_ANN = ["Ann, hi", "hi ANN", "@ann", "问ann吧", "ａｎｎ?", "ann's"]
DOES_NOT = ["Anna", "annual", "joann", "ann_x", "hi"]


def test_a_word_that_names_me_is_marked(house: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """In its row, and in the title of a page that is not seen. A name inside another word is none."""
    tab = open_tab(house.port)
    tab.page.evaluate(HIDE)
    tab.enter("Ann")
    bob.say(*NAMES_ANN, *DOES_NOT)
    tab.see("annual")
    tab.until("view.items.filter(item => item.kind === 'said').length === 11")
    marked = tab.page.locator(".names .text").all_text_contents()
    assert marked == NAMES_ANN
    assert tab.page.title() == "(11 · @6) 聊天室"
    tab.page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert tab.page.title() == "聊天室"
    hong = open_tab(house.port, "小明")
    bob.say("我问小明吧")
    hong.see("我问小明吧")
    assert hong.page.locator(".names .text").all_text_contents() == ["我问小明吧"]


PARTS = """() => {
  const people = new People();
  const users = (from, to) => Array.from({length: to - from}, (_, n) => ({name: `n${from + n}`, addr: `a${from + n}`}));
  people.listed(users(0, 3));
  people.listed(users(3, 6), true);
  people.allListed();
  const [first, last] = [people.find("n0"), people.find("n5")];
  people.listed(users(1, 3));
  people.listed(users(3, 6), true);
  const gone = last.gone;
  people.allListed();
  const isSame = last === people.find("n5");
  const elsewhere = people.meet("far", "a9");
  people.listed([{name: "Far", addr: "a10"}]);
  people.allListed();
  return [gone, isSame, last.gone, first.gone, elsewhere.gone, people.elsewhere.size];
}"""


def test_a_list_of_people_comes_in_parts(house: StrictWebServer, open_tab: Open) -> None:
    """Whoever is on none of them has gone. Whoever is on a later one is the same person as before.

    A name that somebody here has is nobody's elsewhere.
    """
    assert open_tab(house.port).page.evaluate(PARTS) == [False, True, True, True, True, 0]


def test_what_operators_tell_everyone(house: StrictWebServer, open_tab: Open, boss: Tab) -> None:
    """In every room, and newcomers."""
    tab = open_tab(house.port, "小明")
    tab.join("dev")
    boss.type("/motd 欢迎新朋友", "/announce 今晚十点维护")
    tab.see("今晚十点维护")
    assert tab.page.locator(".is-announced .banner").count() == 1
    assert tab.page.locator(".is-announced b").text_content() == "公告"
    ann = open_tab(house.port, "Ann", locale="en-US")
    ann.see("欢迎新朋友")
    assert ann.page.locator(".is-motd b").text_content() == "Welcome"
    ann.type("/motd")
    ann.until("document.querySelectorAll('.is-motd').length === 2")


def test_operators_keep_order(house: StrictWebServer, open_tab: Open, boss: Tab, bob: Peer) -> None:
    """Behind a confirmation. Whoever is removed is told why, and comes back with the next line only."""
    tab = open_tab(house.port, "小明")
    boss.page.wait_for_selector("#people li:nth-child(3)")
    boss.choose("bob", "禁言")
    assert boss.page.locator("#menu p").text_content() == "禁言 10 分钟：bob？"
    assert boss.page.evaluate("document.activeElement.textContent") == "取消"
    boss.page.keyboard.press("Enter")
    assert not boss.page.is_visible("#menu")
    assert f"{bob.prefix}still free" in bob.ask("still free")
    boss.choose("bob", "禁言")
    boss.page.click("#menu .bad")
    boss.see("已禁言 bob")
    assert "你已被管理员禁言" in bob.ask("hello")
    boss.type("/kick 小明 太吵了")
    tab.see("你已被管理员移出：太吵了")
    assert tab.news()[-1] == "你已被管理员移出：太吵了"
    assert tab.page.locator("#status").text_content() == "已离线，输入下一行再试"
    tries = "dispatchEvent(new Event('online')); $('line').dispatchEvent(new Event('input')); $('line').focus()"
    assert tab.page.evaluate(f"const before = chat.timer; {tries}; [chat.stays, chat.timer === before]") == [True, True]
    tab.page.press("#line", "Enter")
    assert tab.page.evaluate("[chat.stays, chat.opening]") == [True, False]
    tab.type("我回来了")
    tab.see("我回来了")
    boss.choose("bob", "禁用这个名字")
    boss.page.click("#menu .bad")
    boss.see("已封禁 bob")
    assert tab.page.locator("#menu button").count() == 0


def test_operators_do_it_by_the_menu(house: StrictWebServer, open_tab: Open, boss: Tab, bob: Peer) -> None:
    """To let somebody talk again, and to ban an address, which is here the server's own."""
    boss.page.wait_for_selector("#people li:nth-child(2)")
    for what in ("禁言 10 分钟", "解除禁言", "封禁地址 60 分钟"):
        boss.choose("bob", what)
        assert boss.page.locator("#menu p").text_content() == f"{what}：bob？"
        boss.page.click("#menu .bad")
        boss.settle()
    boss.see("已解除禁言 bob")
    assert f"{bob.prefix}free again" in bob.ask("free again")
    assert boss.page.locator(".refused .text").all_text_contents() == ["/ban-address bob"]
    assert boss.page.locator(".refused .why").text_content() == "不能封禁服务器本机"


def test_whoever_loses_a_name_to_a_ban_is_asked_for_another(house: StrictWebServer, open_tab: Open, boss: Tab) -> None:
    """When the next line brings them back. The line waits, and is said under that name alone."""
    tab = open_tab(house.port, "小明")
    tab.type("one")
    boss.see("one")
    boss.choose("小明", "禁用这个名字")
    boss.page.click("#menu .bad")
    tab.see("你已被管理员移出")
    assert not any("下一行" in news for news in tab.news())
    tab.type("two")
    tab.page.wait_for_selector("#enter[open]")
    assert tab.page.locator("#enter .why").text_content() == "该用户名已被管理员禁用"
    assert tab.page.locator("#pending .text").all_text_contents() == ["two"]
    tab.fill_in(name="大明")
    tab.see("two")
    assert tab.said() == ["小明>one", "大明>two"]


def test_somebody_who_is_removed_reads_it_in_english(house: StrictWebServer, open_tab: Open, boss: Tab) -> None:
    """With the operator's own words, if there are any."""
    tab = open_tab(house.port, "ann", locale="en-US")
    boss.type("/mute ann 5", "/kick ann 太吵了")
    tab.see("An operator has removed you: 太吵了")
    assert "An operator has muted you" in tab.page.locator(".news, .answer").all_text_contents()
    tab.type("hi")
    tab.page.wait_for_selector(".refused")
    assert tab.page.locator(".refused .why").text_content() == "you are muted"
