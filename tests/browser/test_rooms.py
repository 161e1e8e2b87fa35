"""The page in rooms: where one is, who is there, what is said there, and what comes from elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.web.web_server import WebServer

from ..support.kept import keeping_server
from ..support.peers import Peer, Program, StrictServer, running
from ..support.web import StrictWebServer, web
from .conftest import Open, named_peer

DIVIDERS = "[...document.querySelectorAll('.place')].map(each => each.textContent)"


@pytest.fixture
def bob(door: StrictWebServer) -> Iterator[Peer]:
    """Somebody who comes by telnet."""
    with named_peer(door.chat.port, "bob") as bob:
        yield bob


def test_a_room_is_entered_and_left(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """By its name or by a click. Its own last lines begin the conversation, and people and talk are those of the room."""
    ming, hong = open_tab(door.port, "小明"), open_tab(door.port, "小红", locale="en-US")
    assert [tab.page.locator("#room").text_content() for tab in (ming, hong)] == ["大厅", "Lobby"]
    bob.ask("/join Dev")
    bob.ask("this was said before")
    ming.see("bob 去了别的房间")
    hong.see("has gone to another room")
    ming.type("大厅的话")
    ming.see("大厅的话")
    ming.join("dev")
    ming.see("this was said before")
    ming.until("document.querySelectorAll('#people li').length === 2")
    assert ming.people() == ["小明", "bob"]
    assert ming.page.locator("#room").text_content() == "dev"
    assert ming.page.evaluate(DIVIDERS) == ["dev"]
    ming.type("dev 的话")
    ming.see("dev 的话")
    hong.page.click("#room")
    hong.page.locator("#rooms .choice", has_text="dev").wait_for()
    assert hong.page.locator("#rooms .choice").all_text_contents() == ["Lobby1", "dev2"]
    hong.page.locator("#rooms .choice", has_text="dev").click()
    hong.see("dev 的话")
    ming.see("小红 进来了")
    assert hong.said() == ["小明>大厅的话", "bob>this was said before", "小明>dev 的话"]
    hong.page.click("#room")
    hong.page.locator("#rooms .choice", has_text="Lobby").click()
    ming.see("小红 去了别的房间")
    hong.until(f"{DIVIDERS}.join() === 'dev,Lobby'")
    hong.settle()
    assert hong.people() == ["小红"]
    ming.type("nobody elsewhere hears this")
    ming.see("nobody elsewhere")
    hong.type("大厅还有人吗")
    hong.see("大厅还有人吗")
    assert "nobody elsewhere" not in "".join(hong.said())
    ming.type("/rooms", "/who all")
    ming.see("房间：大厅 (1)、dev (2)")
    ming.see("bob (dev)")
    ming.type("/leave", "/leave")
    ming.page.wait_for_selector(".refused")
    assert ming.page.locator(".refused .why").text_content() == "已经在大厅"


def test_what_was_said_before_is_that_of_the_room(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """It comes below the divider, however far one scrolls back, and the rows of the room before stay above."""
    tab = open_tab(door.port, "小明")
    tab.type("in the lobby")
    tab.see("in the lobby")
    bob.ask("/join dev")
    lines = [f"n{number}" for number in range(150)]
    bob.say(*lines)
    bob.until(f"{bob.prefix}n149")
    tab.join("dev")
    tab.see("n149")
    assert [line.partition(">")[2] for line in tab.said()] == ["in the lobby", *lines[50:]]
    tab.page.evaluate("document.querySelector('#log').scrollTop = 0")
    tab.see("n0")
    assert [line.partition(">")[2] for line in tab.said()] == ["in the lobby", *lines]
    assert (
        tab.page.evaluate("[...document.querySelectorAll('.row')].map(row => row.className).indexOf('row is-room')") > 0
    )
    tab.settle()
    tab.page.evaluate("document.querySelector('#log').scrollTop = 0")
    tab.type("still here")
    tab.see("still here")
    assert tab.said()[-1] == "小明>still here"


def test_private_words_from_another_room_are_marked(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """Until they have been seen. The answer goes to the person, whatever name they have taken where we are not."""
    tab, hong = open_tab(door.port, "小明"), open_tab(door.port, "小红")
    tab.join("dev")
    tab.page.evaluate("document.hasFocus = () => false")
    bob.say("to 小明 one", "to 小明 two")
    tab.see("two")
    tab.until("document.querySelector('#people .badge')?.textContent === '2'")
    assert tab.page.locator("#people li").all_text_contents() == ["小明 (我)", "bob (在别处)2"]
    assert tab.page.locator("#online").text_content() == "1 人在线"
    tab.page.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
    tab.until("!document.querySelector('#people .badge')")
    assert tab.page.locator("#people li").all_text_contents() == ["小明 (我)", "bob (在别处)"]
    tab.choose("bob", "私聊")
    tab.type("first answer")
    bob.until("小明: first answer")
    bob.rename("robert")
    hong.type("rename bob")
    hong.see("改名为 bob")
    tab.type("second answer")
    bob.until("小明: second answer")
    tab.see("second answer")
    assert "second answer" not in "".join(hong.said())
    bob.close()
    hong.see("离开了")
    tab.type("third answer")
    tab.page.wait_for_selector(".refused")
    assert tab.page.locator(".refused .why").text_content() == "该用户不在线"
    assert "third answer" not in "".join(hong.said())


def test_a_reload_in_a_room_goes_on(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """In that room, with the rows of both."""
    tab = open_tab(door.port, "小明")
    tab.type("in the lobby")
    tab.see("in the lobby")
    bob.ask("/join dev")
    tab.join("dev")
    bob.ask("in the room")
    tab.see("in the room")
    tab.settle()
    address = next(line for line in bob.ask("who") if line.endswith("]小明:在线"))
    tab.page.goto("about:blank")
    bob.until(address.replace("在线", "下线"))
    bob.say("meanwhile")
    tab.page.go_back()
    tab.see("meanwhile")
    tab.settle()
    assert tab.page.locator("#room").text_content() == "dev"
    assert [line.partition(">")[2] for line in tab.said()] == ["in the lobby", "in the room", "meanwhile"]
    assert sorted(tab.people()) == ["bob", "小明"]


def test_a_server_that_has_forgotten_everything_is_told_the_room(open_tab: Open) -> None:
    """What waits is said in the room for which it was typed, and nowhere else."""
    with web() as door:
        tab = open_tab(door.port, "小明")
        tab.join("dev")
        port = door.port
    tab.until("!chat.online")
    tab.type("for the room")

    def again(server: StrictServer) -> None:
        server.doors.append(WebServer(server, port))

    with running(again) as server:
        with contextlib.closing(Program(server.port, "/json lobby")) as program:
            program.until_type("joined")
            tab.see("for the room")
            tab.settle()
            assert tab.page.evaluate("chat.room") == "dev"
            program.say("end", "/join dev", "/last")
            assert program.until_type("said")["text"] == "end"
            assert program.until_type("notice")["past"]["text"] == "for the room"
        tab.page.context.close()


def test_a_server_that_is_killed_in_a_room(open_tab: Open, tmp_path: Path) -> None:
    """With a history, the page is in its room afterwards."""
    file = tmp_path / "chat.db"
    with keeping_server(file, "--web", "0", "--idle-timeout", "0") as server:
        assert server.process.stderr
        port = int(server.process.stderr.readline().rstrip("/\n").rpartition(":")[2])
        tab = open_tab(port, "小明")
        tab.join("dev")
        tab.type("one")
        tab.see("one")
        tab.settle()
        server.process.kill()
        server.process.wait()
        tab.until("!chat.online")
        tab.type("two")
    with keeping_server(file, "--web", str(port), "--idle-timeout", "0", port=server.port) as server:
        tab.see("two")
        tab.settle()
        assert tab.page.evaluate("chat.room") == "dev"
        with contextlib.closing(Program(server.port, "/json", "/join dev", "/last")) as program:
            assert [program.until_type("notice")["past"]["text"] for _ in range(2)] == ["one", "two"]
        server.process.terminate()
        server.process.wait()


def test_tab_completes_rooms(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """Behind `/join`, the rooms that there are."""
    bob.ask("/join dev")
    tab = open_tab(door.port, "小明")
    tab.page.focus("#line")
    tab.page.keyboard.type("/joi")
    tab.page.keyboard.press("Tab")
    assert tab.page.input_value("#line") == "/join "
    tab.until("chat.rooms.length === 2")
    tab.page.evaluate("tab.candidates = []")  # as for whoever has typed it
    tab.page.keyboard.press("Tab")
    assert tab.page.input_value("#line") == "/join dev"
    assert tab.page.locator("#hint").text_content() == ""  # the lobby, where one is, is not among them
    tab.page.fill("#line", "/join d")
    tab.page.keyboard.press("Tab")
    assert tab.page.input_value("#line") == "/join dev"
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".place")


def test_private_words_are_unread_until_they_are_seen(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """Whoever looks at the end of the conversation sees them come. Whoever has scrolled back sees them there."""
    tab = open_tab(door.port, "小明")
    bob.say("to 小明 seen")
    tab.see("seen")
    assert tab.page.locator("#people .badge").count() == 0
    tab.type(*(f"n{number}" for number in range(60)))
    tab.see("n59")
    tab.settle()
    tab.page.evaluate("$('log').scrollTop = 600")
    tab.until("!view.following")
    bob.say("to 小明 unseen")
    tab.see("unseen")
    tab.until("document.querySelector('#people .badge')?.textContent === '1'")
    tab.page.click("#jump")
    tab.until("!document.querySelector('#people .badge')")


def test_rooms_by_keyboard_on_a_phone(door: StrictWebServer, open_tab: Open, bob: Peer) -> None:
    """The list opens from its button, Esc closes it and ends nothing else, and nothing is wider than the screen."""
    bob.ask(f"/join {'r' * 32}")
    tab = open_tab(door.port, "n" * 32, viewport={"width": 320, "height": 480}, is_mobile=True, has_touch=True)
    tab.page.tap("#room")
    tab.page.locator("#rooms .choice", has_text="r" * 32).wait_for()
    tab.page.keyboard.press("ArrowDown")
    assert tab.page.evaluate("document.activeElement.matches('#rooms .choice')")
    tab.page.keyboard.press("Escape")
    assert not tab.page.is_visible("#rooms")
    tab.page.tap("#room")
    tab.page.locator("#rooms .choice", has_text="r" * 32).tap()
    tab.page.wait_for_selector(".place")
    tab.settle()
    assert tab.page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [320, 320]
    edges = "Math.max(...[...document.querySelectorAll('header *, .row *')].filter(box => box.offsetWidth > 1).map(box => box.getBoundingClientRect().right))"
    assert tab.page.evaluate(edges) <= 320
