"""What the client and the server must agree on: words, names and characters. Both sides are asked the same."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import rules
from client.rules import Kind, kind_of, loosen
from server.chat import names, texts
from server.chat.entries import Alive, Say
from server.chat.entries import Leave as ServerLeave
from server.chat.refusals import Refuse
from server.chat.room import Entry
from server.commands import discover
from server.commands.basic import Rename, Whisper, Who
from server.commands.ignore import BeQuiet, Ignore, ListIgnored, Unignore
from server.commands.me import Emote
from server.commands.people import Away, Reply
from server.commands.rooms import GoTo
from server.commands.sessions import Json, Resume
from server.wire.decoding import decode

SERVER = discover()
PIECES = st.sampled_from(
    [
        "who",
        "rename",
        "to",
        "me",
        "quit",
        "help",
        "last",
        "json",
        "reply",
        "whois",
        "ignore",
        "unignore",
        "quiet",
        "away",
        "leave",
        "rooms",
        "all",
        "/",
        "//",
        " ",
        "  ",
        "|",
        "bob",
        "小明",
        "x y",
        "WHO",
        "3",
    ]
)
ENTRIES: dict[type[Entry], set[Kind]] = {
    Alive: {Kind.HEARTBEAT},
    Say: {Kind.TALK},
    Emote: {Kind.TALK},
    Who: {Kind.QUESTION},
    Whisper: {Kind.PRIVATE},
    Rename: {Kind.RENAME},
    Json: {Kind.VALUES},
    Resume: {Kind.VALUES},
    Reply: {Kind.PRIVATE},
    **{kind: {Kind.COMMAND} for kind in (Away, Ignore, ListIgnored, Unignore, BeQuiet, GoTo)},
}


def test_the_words_are_the_servers() -> None:
    """All commands, those that are known without the slash, and those that stand alone."""
    assert set(rules.WORDS) == set(SERVER.commands)
    assert set(rules.PLAIN) == {word for word, command in SERVER.commands.items() if command.plain}
    assert set(rules.ALONE) == {word for word, command in SERVER.commands.items() if command.alone}


def test_the_texts_are_the_servers() -> None:
    """By which a server is known that has not answered in values."""
    assert rules.RECEIPT == texts.RECEIPT
    assert rules.UNKNOWN_COMMAND == texts.UNKNOWN_COMMAND
    assert set(rules.REFUSALS) == {texts.FULL, texts.TOO_MANY_FROM_THERE, texts.TOO_BUSY, texts.TLS_ONLY}


@given(st.lists(PIECES, max_size=6).map("".join))
def test_a_line_is_what_the_server_takes_it_for(line: str) -> None:
    """Whatever it is made of."""
    kind, entry = kind_of(line), SERVER.parse(1, 0.0, line)
    if isinstance(entry, Refuse):
        assert kind is not Kind.TALK
    elif type(entry) in ENTRIES:
        assert kind in ENTRIES[type(entry)]
    elif isinstance(entry, ServerLeave):
        assert kind is Kind.QUIT
    else:
        assert kind is Kind.QUESTION


@given(st.text(max_size=40))
def test_a_name_that_the_server_allows_is_a_name(text: str) -> None:
    """And both agree when two names are the same."""
    assert rules.fold(text) == names.fold(text)
    try:
        names.check(text)
    except names.BadName:
        return
    assert rules.may_be_name(text)


def test_the_same_characters_are_taken_out() -> None:
    """All of Unicode is tried."""
    for code in range(sys.maxunicode + 1):
        if not 0xD800 <= code < 0xE000 and chr(code) != "\n":
            assert rules.clean(chr(code)) == decode(chr(code).encode())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("to　小红　你好", "to 小红 你好"),
        ("to 小红　你好 ", "to 小红 你好 "),
        ("To 小红 hi", "to 小红 hi"),
        (" to 小红 hi", "to 小红 hi"),
        ("ＴＯ　小红　hi", "to 小红 hi"),
        ("to  bob hi", "to bob hi"),
        ("/To 小红 hi", "/to 小红 hi"),
        ("to 小红 hi", "to 小红 hi"),
        ("To be or not", "To be or not"),
        ("Who　", "who"),
        ("who is there", "who is there"),
        ("rename　小明", "rename 小明"),
        ("Rename it please", "Rename it please"),
        ("today　is　fine", "today　is　fine"),
        ("　", "　"),
        ("", ""),
    ],
)
def test_a_command_is_known_however_it_was_typed(typed: str, meant: str) -> None:
    """With the spaces of Chinese input methods, and with a capital letter if it begins like a word to somebody."""
    assert loosen(typed, lambda name: name == "小红") == meant
