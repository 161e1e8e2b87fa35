"""The page in a real browser: one conversation, whatever way its speakers come."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from server.chat import names

from ..support.owning import every_command
from ..support.peers import Peer
from ..support.web import StrictWebServer
from .conftest import Open

Bring = Callable[[str], Peer]


@pytest.fixture
def bring(door: StrictWebServer, request: pytest.FixtureRequest) -> Bring:
    """Bring people in by telnet, under a name."""

    def bring(name: str) -> Peer:
        peer = Peer(door.chat.port)
        request.addfinalizer(peer.close)
        peer.until(f"{peer.prefix}已上线")
        peer.rename(name)
        return peer

    return bring


def texts(peer: Peer, last: str) -> list[str]:
    """Return what a telnet user reads up to a line, as `NAME:TEXT`."""
    lines: list[str] = []
    while not lines or not lines[-1].endswith(last):
        if (line := peer.line()) != "I'm live":
            lines.append(line.partition("]")[2] or line)
    return lines


def test_browsers_and_a_telnet_have_one_conversation(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """All read the same in the same order. Our own lines are marked as taken."""
    bob = bring("bob")
    ming, hong = open_tab(door.port, "小明"), open_tab(door.port, "小红", locale="en-US")
    ming.type("大家好，今天几点开会？")
    hong.see("几点开会")
    hong.type("三点，老地方")
    ming.see("老地方")
    bob.say("sorry, five minutes late")
    ming.see("five minutes")
    hong.see("five minutes")
    expected = ["小明>大家好，今天几点开会？", "小红>三点，老地方", "bob>sorry, five minutes late"]
    assert ming.said() == hong.said() == expected
    assert texts(bob, "late") == ["小明:已上线", "小红:已上线", *(line.replace(">", ":") for line in expected)]
    assert ming.page.locator(".own .mark").all_text_contents() == ["✓"]
    assert ming.people()[0] == "小明"
    assert sorted(ming.people()[1:]) == ["bob", "小红"]
    assert ming.page.title() == "聊天室"
    assert hong.page.title() == "Chat"


def test_who_comes_goes_and_has_another_name(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """It is told in the conversation, and the list is right."""
    ming = open_tab(door.port, "小明")
    bob = bring("bob")
    ming.see("改名为")
    bob.rename("robert")
    ming.until("[...document.querySelectorAll('#people .name')].at(-1)?.dataset.name === 'robert'")
    assert ming.people() == ["小明", "robert"]
    bob.close()
    ming.see("离开了")
    assert ming.people() == ["小明"]
    assert ming.news() == [
        "小明 来了",
        f"{bob.addr} 来了",
        f"{bob.addr} 改名为 bob",
        "bob 改名为 robert",
        "robert 离开了",
    ]
    assert ming.page.locator("#online").text_content() == "1 人在线"


def test_a_private_talk_follows_the_person(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """The menu of a name begins it, and nobody else hears it, whatever names its partner and others take."""
    ming, hong, bob = open_tab(door.port, "小明"), open_tab(door.port, "小红"), bring("bob")
    bob.say("在吗")
    ming.see("在吗")
    ming.page.locator("#rows .name", has_text="bob").last.click()
    ming.page.click("#menu >> text=私聊")
    ming.type("悄悄话")
    ming.see("悄悄话")
    assert texts(bob, "悄悄话")[-1] == "小明: 悄悄话"
    bob.rename("robert")
    hong.type("rename bob")
    ming.see("小红 改名为 bob")
    assert ming.page.locator("#to").text_content() == "对 robert 私聊✕"
    ming.type("/me 笑", "who", "还是你吗")
    ming.see("还是你吗")
    assert texts(bob, "还是你吗")[-2:] == ["小明: /me 笑", "小明: 还是你吗"]
    bob.say("to 小明 是我")
    ming.see("是我")
    bob.close()
    ming.see("离开了")
    ming.type("走了吗")
    ming.page.wait_for_selector(".refused")
    assert ming.page.locator(".refused .why").text_content() == "该用户不在线"
    ming.page.press("#line", "Escape")
    ming.type("大家好")
    ming.see("大家好")
    hong.see("大家好")
    assert hong.said() == ["bob>在吗", "小明>大家好"]
    private = ["私聊 →bob>悄悄话", "私聊 →robert>/me 笑", "私聊 →>还是你吗", "私聊 robert>是我"]
    assert [line.replace("→robert>还是", "→>还是") for line in ming.said()] == ["bob>在吗", *private, "小明>大家好"]


def test_what_cannot_be_done_is_marked_with_the_reason(door: StrictWebServer, open_tab: Open) -> None:
    """In the language of the browser. Nothing is lost: each line can still be read."""
    ming, tom = open_tab(door.port, "小明"), open_tab(door.port, "Tom", locale="en-GB")
    for tab in (ming, tom):
        tab.type("/nope", "to nobody 在吗", "rename who", "/json", "x" * 5000)
        tab.until("document.querySelectorAll('.refused').length === 5")
        assert tab.said() == []
        assert tab.page.locator(".refused .mark").all_text_contents() == ["✗"] * 5
    reasons = [
        "这个命令供程序使用",
        "未知命令，输入 /help 查看帮助",
        "该用户不在线",
        "用户名不合法：不能使用命令的名称",
        "消息过长，上限 4096 字节",
    ]
    assert sorted(ming.page.locator(".why").all_text_contents()) == sorted([*reasons, ""])
    reasons = [
        "this command is for programs",
        "unknown command, see /help",
        "not online",
        "this name is not allowed",
        "too long",
    ]
    assert sorted(tom.page.locator(".why").all_text_contents()) == sorted([*reasons, ""])


def test_questions_are_answered(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """As text, to the asker alone. What a phone or an input method makes of a command is understood."""
    bob = bring("bob")
    bob.ask("公园见")
    ming, hong = open_tab(door.port, "小明"), open_tab(door.port, "小红")
    ming.type("Who", "/search 公园", "/help", "/last 1", "Rename\u3000大明", "To bob\u3000在吗")
    ming.see("私聊")
    ming.settle()
    answers = ming.page.locator(".answer").all_text_contents()
    assert answers[0].startswith("在线：小明") or "小明" in answers[0]
    assert answers[1].endswith("bob:公园见")
    assert answers[2].startswith("who查看在线用户rename")
    assert answers[3].endswith("bob:公园见")
    assert "小明 改名为 大明" in ming.news()
    assert texts(bob, "在吗")[-1] == "大明: 在吗"
    assert hong.page.locator(".answer").count() == 0


def test_a_name_that_somebody_else_has(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """Another one is asked for. What is typed meanwhile is said under no other name."""
    bob = bring("bob")
    tab = open_tab(door.port)
    tab.page.fill("#name", "a b")
    tab.page.press("#name", "Enter")
    assert tab.page.locator("#enter .why").text_content() == "名字里不能有空格"
    tab.enter("Bob")
    tab.until("document.querySelector('#enter').open")
    assert tab.page.locator("#enter .why").text_content() == "该用户名已被使用"
    tab.page.evaluate("chat.say('hi')")
    for name, why in (("rename", "用户名不合法：不能使用命令的名称"), ("bob", "该用户名已被使用")):
        tab.fill_in(name=name)
        tab.until(f"document.querySelector('#enter .why').textContent === '{why}'")
        assert tab.page.is_visible("#enter")
    assert tab.page.locator(".refused").count() == 0
    tab.page.fill("#name", "alice")
    tab.page.press("#name", "Enter")
    tab.see("hi")
    assert tab.said() == ["alice>hi"]
    assert texts(bob, "hi")[-1] == "alice:hi"
    assert not tab.page.is_visible("#enter")


def test_another_name_that_cannot_be_had(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """The dialog says why, until there is one or it is closed. The name that one has stays meanwhile."""
    bring("bob")
    tab = open_tab(door.port, "小明")
    tab.page.click("#me")
    tab.fill_in(name="bob")
    tab.until("document.querySelector('#enter .why').textContent === '该用户名已被使用'")
    tab.page.evaluate("chat.say('one')")
    tab.see("one")
    tab.page.press("#name", "Escape")
    tab.type("two")
    tab.see("two")
    tab.page.click("#me")
    tab.fill_in(name="大明")
    tab.page.wait_for_selector("#enter", state="hidden")
    tab.type("three")
    tab.see("three")
    assert tab.said() == ["小明>one", "小明>two", "大明>three"]
    assert tab.page.locator(".refused").count() == 0


SLIPS = ["／help", "、who", "/WHO", "／Rename 大明", "、大家好", "/Motd"]


def test_other_slashes_and_capital_letters(door: StrictWebServer, open_tab: Open) -> None:
    """What a Chinese keyboard gives for the slash begins a command, if one follows."""
    tab = open_tab(door.port, "小明")
    tab.type(*SLIPS[:-1])
    tab.see("、大家好")
    tab.settle()
    answers = tab.page.locator(".answer").all_text_contents()
    assert [answer[:3] for answer in answers] == ["who", "在线：", "在线："]
    assert tab.said() == ["大明>、大家好"]
    kinds = tab.page.evaluate("lines => lines.map(kindOf)", [*SLIPS, "／login a b", "、me 笑", "／／x"])
    assert kinds == ["question", "question", "question", "rename", "talk", "action", "secret", "talk", "talk"]
    wide = [
        "/join\u3000茶\u3000馆",
        "／Search\u3000词",
        "to 小明\u3000第二\u3000句",
        "/to\u3000小明\u3000好",
        "说\u3000话",
        "/me 你\u3000好",
    ]
    meant = ["/join 茶\u3000馆", "/search 词", "to 小明 第二\u3000句", "/to 小明 好", "说\u3000话", "/me 你\u3000好"]
    assert tab.page.evaluate("lines => lines.map(line => loosen(line, name => name === '小明'))", wide) == meant


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_help_is_a_table(door: StrictWebServer, open_tab: Open, locale: str) -> None:
    """Of what is typed and what it does, in the language of the browser, and no wider than a phone."""
    for command in every_command().commands.values():
        if command.word not in door.chat.commands.commands:
            door.chat.commands.add(command)
    tab = open_tab(door.port, "小明", locale=locale, viewport={"width": 390, "height": 800})
    tab.type("/help")
    tab.page.wait_for_selector(".help")
    typed, done = (tab.page.locator(f".help {kind}").all_text_contents() for kind in ("dt", "dd"))
    assert len(typed) == len(done) == len(every_command().commands)  # two for all, and none for the two for programs
    assert all(done)
    rows = dict(zip(typed, done, strict=True))
    if locale == "en-US":
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in "".join([*typed, *done]))
        assert rows["/unmute NAME"] == "Unmute"
    else:
        assert rows["/unmute 用户名"] == "管理员：解除禁言"
    assert tab.page.evaluate("[$('log').scrollWidth - $('log').clientWidth, document.documentElement.scrollWidth]") == [
        0,
        390,
    ]
    edges = "[...document.querySelectorAll('.help dd')].map(each => each.getBoundingClientRect().left)"
    assert len(set(tab.page.evaluate(edges))) == 1


def test_what_the_server_tells_in_english(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """Fixed texts are known. What somebody has said stays as it is."""
    bob = bring("bob")
    tab = open_tab(door.port, "Ann", locale="en-US")
    bob.ask("/away 吃饭")
    tab.type("/whois bob", "to bob hi")
    tab.choose("Ann", "Away for a while")
    tab.type("back", "/away lunch", "/quiet", "/last x", "/search 没有的词", "/ignore bob")
    tab.type("欢迎回来", "bob 没有注册", "/last 1")
    tab.settle()
    answers = [line for answer in tab.page.locator(".answer").all_text_contents() for line in answer.split("\n")]
    whois = f"bob comes from {bob.addr}, online since .*, silent for [0-9]+ seconds"
    assert re.fullmatch(whois, answers.pop(0))
    assert answers[:3] == ["bob is away: 吃饭", "[automatic answer] bob: 吃饭", "You are away: Away for a while"]
    assert answers.pop().endswith("Ann:bob 没有注册")
    assert answers[3:] == [
        "Welcome back: you are not away",
        "You are away: lunch",
        "Welcome back: you are not away",
        "Who comes and goes is hidden",
        "Nothing found",
        "✓ /ignore bob",
    ]
    (why,) = tab.page.locator(".refused .why").all_text_contents()
    assert why == "not in the right form: [/last [NUMBER]]"
    assert tab.said()[-2:] == ["Ann>欢迎回来", "Ann>bob 没有注册"]


def test_each_refusal_is_told_in_english(door: StrictWebServer, open_tab: Open) -> None:
    """By its code, or by its text."""
    protocol = (Path(__file__).parents[2] / "PROTOCOL.md").read_text(encoding="utf-8")
    table = protocol.partition("The codes of `done`:")[2].partition("The words for")[0]
    rows = re.findall(r"(?m)^\| `([a-z_]+)` \| `([^`]*)`", table)
    tab = open_tab(door.port, locale="en-GB")
    left = tab.page.evaluate("rows => rows.filter(([code, text]) => !EN.codes[code] && inOurs(text) === text)", rows)
    assert len(rows) > 25
    assert left == [["no_session", "会话不存在或已过期"]]  # the divider of a new session tells it


def test_whoever_gives_no_name_comes_in_under_the_address(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """Also by closing the question for it, and by giving up a name that is taken."""
    bring("bob")
    for way in ("", "Escape", "bob"):
        tab = open_tab(door.port)
        if way == "Escape":
            tab.page.press("#name", "Escape")
            tab.page.wait_for_selector("#status.in")
        else:
            tab.enter(way)
        if way == "bob":
            tab.until("document.querySelector('#enter').open")
            tab.page.press("#name", "Escape")
        tab.type("hi")
        tab.see("hi")
        assert tab.said()[-1].startswith("127.0.0.1:")


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "</div></body><h1>x</h1>",
    "${window.hacked = 1} {{7*7}} javascript:alert(1)",
    "constructor",
    "__proto__",
    "toString",
    '"},{"type":"bye"}',
    "data: {}",
    "שלום עולם, مرحبا (abc)",
    "x" * 3000,
    "很" * 1000,
    "👨‍👩‍👧‍👦" * 50,
    "a\u0301" * 500,
]


@pytest.mark.parametrize("width", [320, 1000])
def test_nothing_that_is_typed_does_anything(door: StrictWebServer, open_tab: Open, bring: Bring, width: int) -> None:
    """It is shown as it is, and moves nothing out of its place."""
    tab = open_tab(door.port, "小明", viewport={"width": width, "height": 640})
    tab.page.on("dialog", lambda dialog: tab.errors.append(dialog.message))
    bob = bring("constructor")
    bob.rename("__proto__")
    bob.rename("ي" * 32)
    bob.rename("x" * 32)
    bob.say(*HOSTILE)
    tab.see(HOSTILE[-1])
    assert tab.said() == [f"{'x' * 32}>{text}" for text in HOSTILE]
    assert tab.page.evaluate("window.hacked") is None
    sizes = "['html', '#log', '#people', 'header', '#say'].map(what => document.querySelector(what)).map(box => box.scrollWidth - box.clientWidth)"
    assert tab.page.evaluate(sizes) == [0] * 5
    edges = "Math.max(...[...document.querySelectorAll('.row *:not(.unseen, .unseen *)')].map(box => box.getBoundingClientRect().right))"
    assert tab.page.evaluate(edges) <= width


def test_whoever_uses_the_keyboard_alone(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """Everything can be done: come in, talk, complete names, begin a private word from the list and end it, scroll."""
    bob = bring("bob")
    tab = open_tab(door.port)
    keyboard = tab.page.keyboard
    keyboard.type("小明")
    keyboard.press("Enter")
    tab.page.wait_for_selector("#people li:nth-child(2)")
    keyboard.type("hi bo")
    keyboard.press("Tab")
    keyboard.press("Enter")
    tab.see("hi bob")
    focused = "document.activeElement.dataset.name || document.activeElement.id"
    for _ in range(12):
        keyboard.press("Shift+Tab")
        if tab.page.evaluate(focused) == "bob":
            break
    assert tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.textContent") == "私聊"
    keyboard.press("Enter")
    keyboard.type("psst")
    keyboard.press("Enter")
    tab.see("psst")
    keyboard.press("Escape")
    keyboard.type("bye")
    keyboard.press("Enter")
    tab.see("bye")
    assert texts(bob, "bye")[-3:] == ["小明:hi bob", "小明: psst", "小明:bye"]
    assert tab.page.locator("#log").get_attribute("role") == "log"
    assert (
        tab.page.evaluate(
            "[...document.querySelectorAll('button, textarea, input')].filter(each => !each.hidden && !each.textContent.trim() && !each.ariaLabel)"
        )
        == []
    )


def test_tab_completes(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """Commands at the start of a line, names everywhere, one after the other. It leaves an empty line for the next field."""
    bring("Robert")
    bring("rob")
    bring("小红")
    tab = open_tab(door.port, "小明")
    tab.page.wait_for_selector("#people li:nth-child(4)")

    def completed(typed: str, presses: int = 1) -> str:
        tab.page.fill("#line", typed)
        for _ in range(presses):
            tab.page.press("#line", "Tab")
        return tab.page.input_value("#line")

    assert completed("wh") == "who"
    assert completed("/ren") == "/rename "
    assert completed("hi ROB") == "hi Robert"
    assert completed("hi ROB", 2) == "hi rob"
    assert completed("hi ROB", 3) == "hi Robert"
    assert completed("to 小红") == "to 小红 "
    assert completed("你好小红", 1) == "你好小红"
    assert completed("告诉小") in ("告诉小明", "告诉小红")
    assert tab.page.evaluate("document.activeElement.id") == "line"
    completed("nothing like it")
    assert tab.page.evaluate("document.activeElement.id") != "line"
    completed("")
    assert tab.page.evaluate("document.activeElement.id") != "line"


def test_enter_belongs_to_the_input_method_while_it_composes(door: StrictWebServer, open_tab: Open) -> None:
    """Enter takes what is composed, and sends nothing."""
    tab = open_tab(door.port, "小明")
    tab.page.focus("#line")
    devtools = tab.page.context.new_cdp_session(tab.page)
    devtools.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    composing = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    assert tab.page.evaluate(f"document.querySelector('#line').dispatchEvent({composing})") is True
    devtools.send("Input.insertText", {"text": "你好"})
    assert tab.page.input_value("#line") == "你好"
    tab.page.press("#line", "Enter")
    tab.see("你好")
    assert tab.said() == ["小明>你好"]
    devtools.detach()


def test_a_pasted_text_with_several_lines(door: StrictWebServer, open_tab: Open) -> None:
    """It is said how many there are, and Enter sends each as a line. So does Shift+Enter between lines."""
    tab = open_tab(door.port, "小明")
    tab.page.focus("#line")
    tab.page.keyboard.insert_text("one\r\n\n  two\n")
    assert tab.page.locator("#hint").text_content() == "2 行，按 Enter 发送"
    tab.page.keyboard.type("three")
    tab.page.keyboard.press("Shift+Enter")
    tab.page.keyboard.type("four")
    assert tab.page.locator("#hint").text_content() == "4 行，按 Enter 发送"
    tab.page.keyboard.press("Enter")
    tab.see("four")
    assert tab.said() == ["小明>one", "小明>  two", "小明>three", "小明>four"]
    long = ["很" * 1300 + str(number) for number in range(60)]
    tab.page.fill("#line", "\n".join(["x" * 20000, *long]))
    tab.page.keyboard.press("Enter")
    tab.see(long[-1])
    assert tab.said()[4:] == [f"小明>{line}" for line in long]
    assert tab.page.locator(".refused .why").text_content() == "消息过长"
    assert tab.page.input_value("#line") == ""
    assert tab.page.locator("#hint").text_content() == ""


def test_the_language_of_the_browser(door: StrictWebServer, open_tab: Open) -> None:
    """Chinese or English, also for whoever is told by a screen reader."""
    for locale, language, enter in (("zh-TW", "zh", "进入"), ("en-US", "en", "Enter"), ("fr-FR", "en", "Enter")):
        tab = open_tab(door.port, locale=locale)
        assert tab.page.evaluate("document.documentElement.lang") == language
        assert tab.page.locator("#enter .main").text_content() == enter


def test_light_and_dark(door: StrictWebServer, open_tab: Open, bring: Bring) -> None:
    """As the system is set."""
    bob = bring("bob")
    grounds, names = set(), set()
    for scheme in ("light", "dark"):
        tab = open_tab(door.port, scheme, color_scheme=scheme)
        bob.say(f"hello {scheme}")
        tab.see(f"hello {scheme}")
        grounds.add(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert tab.page.evaluate("getComputedStyle(document.querySelector('#rows .name')).color") != "rgb(0, 0, 0)"
        names |= set(
            tab.page.evaluate("['小明', '小红', '阿明', '阿红', '小丽'].map(name => nameOf(name).style.color)")
        )
    assert grounds == {"rgb(241, 243, 245)", "rgb(20, 23, 28)"}
    assert len(names) == 5


@pytest.mark.parametrize(("width", "height"), [(320, 480), (360, 640), (640, 360)])
def test_a_phone(door: StrictWebServer, open_tab: Open, bring: Bring, width: int, height: int) -> None:
    """Nothing is wider than the screen, and everything is there: the list behind a button."""
    bring("bob")
    tab = open_tab(
        door.port,
        "a-name-of-32-letters-in-one-word",
        viewport={"width": width, "height": height},
        is_mobile=True,
        has_touch=True,
    )
    tab.type("hello")
    tab.see("hello")
    assert tab.page.evaluate("[document.documentElement.scrollWidth, innerWidth, visualViewport.width]") == [width] * 3
    assert tab.page.evaluate("document.querySelector('#say').getBoundingClientRect().bottom") == height
    assert not tab.page.is_visible("#people")
    tab.type(*map(str, range(30)))  # of one author, whose name is not shown again
    tab.settle()
    assert tab.page.evaluate("document.body.scrollHeight") == height
    tab.page.tap("#show-people")
    tab.page.tap("#people .name >> text=bob")
    tab.page.tap("#menu >> text=私聊")
    tab.page.wait_for_selector("#to b")
    assert tab.page.locator("#to").text_content() == "对 bob 私聊✕"
    assert not tab.page.is_visible("#people")
    tab.type("psst")
    tab.see("psst")
    assert tab.said()[-1] == "私聊 →bob>psst"


LINES = """
who|/who|who |who x|/who x|WHO| who|whoever|rename bob|/rename bob|rename|rename |/rename|rename|rename a b|rename¦bob|/rename¦bob
to bob hi|/to bob hi|to|to bob|/to bob|to  bob hi|to¦bob¦hi|to¦|today is|tomorrow|/me waves|/me|me waves|/last|/last 5|/last 5 7|last
/search x|/search|search x|/help|/help x|help|/quit|/quit x|quit|/json|/json a|json|/resume a 1|//x|//|/|/nope|/ who|who¦|/who¦
/who all|/who  all|who all|/reply hi|/reply|reply hi|/whois bob|whois bob|/away|/away lunch|away|/ignore|/ignore bob|/unignore bob|ignore bob
/quiet|/quiet x|quiet|/join dev|/join|join dev|/leave|/leave x|leave|/rooms|/rooms x|rooms|/last¦5|/join¦dev
constructor|/constructor|/toString x|/__proto__|大家好|to 小红 在吗|rename 小明|/me 挥手
"""
NAMES = [
    "Bob",
    "BOB",
    "ｂｏｂ",
    "Straße",
    "STRASSE",
    "ÉCOLE",
    "école",
    "ﬁn",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "小明",
    "İstanbul",
    "Ǆ",
    "㎏",
]


def test_the_page_and_the_server_agree(door: StrictWebServer, open_tab: Open) -> None:
    """On what a line is, so that no question is ever taken for talk and said again; and on when two names are one."""
    kinds = {
        "Say": "talk",
        "Emote": "talk",
        "Alive": "heartbeat",
        "Whisper": "private",
        "Reply": "private",
        "Rename": "rename",
    }
    kinds |= dict.fromkeys(["Who", "Last", "LastBefore", "Search", "Help", "Whois", "ListRooms"], "question")
    kinds |= dict.fromkeys(["Away", "Ignore", "ListIgnored", "Unignore", "BeQuiet", "GoTo"], "action")
    kinds |= {"Quit": "quit", "Json": "values", "Resume": "values"}
    tab = open_tab(door.port)
    for line in ["", *LINES.replace("\n", "|").strip("|").split("|")]:
        text = line.replace("¦", "|")
        entry = type(door.chat.commands.parse(1, 0.0, text)).__name__
        kind = tab.page.evaluate("text => kindOf(text)", text)
        assert entry in kinds or entry == "Refuse", text
        assert kind == kinds.get(entry, kind), text
    commands = every_command().commands.values()
    known = tab.page.evaluate("[Object.keys(KINDS), PLAIN, ALONE]")
    assert [set(words) for words in known] == [
        {command.word for command in commands},
        {command.word for command in commands if command.plain},
        {command.word for command in commands if command.alone},
    ]
    secret = tab.page.evaluate("Object.keys(KINDS).filter(word => KINDS[word] === 'secret')")
    assert set(secret) == {"register", "login", "password", "unregister"}
    completed = tab.page.evaluate("[...COMMANDS, ...FOR_OPERATORS].map(each => /\\S+/.exec(each)[0])")
    unseen = {"/json", "/resume"}
    assert set(completed) == {"who", "rename", "to"} | {f"/{command.word}" for command in commands} - unseen
    for one, other in itertools.product(NAMES, NAMES):
        same = tab.page.evaluate("([one, other]) => fold(one) === fold(other)", [one, other])
        assert same == (names.fold(one) == names.fold(other)), (one, other)
