"""Two connections of one session that want a word to be kept, and neither undoes what the other has done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.chat.events import Done
from server.chat.owners import Word
from server.commands.turns import Turns

from ...support.owning import OwningChat
from ...support.peers import PATIENCE

KEPT = "该用户不在线，消息会在其登录时送达"


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[OwningChat]:
    """A room with bob, who is registered and offline."""
    chat = OwningChat(tmp_path / "accounts.db")
    chat.join(2, "b:2", "Bob")
    chat.say(2, "/register secret")
    chat.leave(2)
    yield chat
    chat.end()


def wait_for_two(turns: Turns, second: threading.Thread) -> None:
    """Wait until one has a turn and another waits for it. Without turns, the second gets to its end instead."""
    while second.is_alive() and [users for _, users in turns._taken.values()] != [2]:
        pass


@pytest.mark.parametrize("call", ["keep", "forget"])
def test_a_connection_that_is_late_undoes_nothing(chat: OwningChat, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs in front of the file, while its session goes to another one, where the line comes again."""
    hello = chat.open(3, "c:3", "/json carol")
    hangs, may_go_on, original = (
        threading.Event(),
        threading.Event(),
        getattr(chat.store, call),
    )

    def hang(*args: object) -> object:
        if threading.current_thread() is first:
            hangs.set()
            assert may_go_on.wait(PATIENCE)
        return original(*args)

    def resume(*_: object) -> None:
        chat.open(4, "c:4", f"/resume {hello.session} {hello.at}")

    first = threading.Thread(target=chat.entry, args=[3, "to bob once"])
    second = threading.Thread(target=chat.say, args=[4, "to bob once"])
    monkeypatch.setattr(chat.store, call, hang)
    if call == "forget":  # then the session has gone before the word of the first comes into the log
        chat.way(3).before = lambda _: setattr(chat.way(3), "before", lambda _: setattr(chat.way(3), "before", resume))
    first.start()
    assert hangs.wait(PATIENCE)
    if call == "keep":
        resume()
    second.start()
    wait_for_two(chat.accounts._turns, second)
    may_go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert chat.values(4)[-1] == Done(KEPT, number=1)
    assert [word.text for word in chat.store.hand_out("bob", chat.now)] == ["once"]
    assert not chat.accounts._turns._taken


def test_a_word_that_was_handed_out_is_not_kept_again(chat: OwningChat) -> None:
    """Its sender has lost the connection before the word was said to wait, and sends the line again."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.join(5, "e:5")

    def lose(_: object) -> None:
        chat.say(5, "/login bob secret")
        chat.leave(5)
        chat.leave(3)

    chat.way(3).before = lambda _: setattr(chat.way(3), "before", lambda _: setattr(chat.way(3), "before", lose))
    chat.entry(3, "to bob once")
    assert [line for line in chat.read(5) if line.endswith("carol: once")]
    chat.open(4, "c:4", f"/resume {hello.session} {hello.at}")
    chat.say(4, "to bob once")
    assert chat.values(4)[-1] == Done(KEPT, number=1)
    assert chat.store.hand_out("bob", chat.now) == []


def test_what_was_handed_out_is_not_forgotten(chat: OwningChat) -> None:
    """Its row tells that its line has been delivered."""
    word = chat.store.keep("bob", "carol", "hi", chat.now, ("session", 1))
    assert word
    assert chat.store.hand_out("bob", chat.now) == [word]
    chat.store.delivered([word])
    chat.store.forget(word)
    assert chat.store.keep("bob", "carol", "hi", chat.now, ("session", 1)) == Word(word.number, "carol", "", chat.now)


def test_others_have_turns_of_their_own() -> None:
    """Nobody waits for another key, and nothing is left of a turn that is over."""
    turns = Turns()
    with turns.turn("one"), turns.turn("two"), turns.turn(3):
        assert set(turns._taken) == {"one", "two", 3}
    assert not turns._taken
