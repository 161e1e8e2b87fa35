"""What the client and the server must agree on: words, names and characters. Both sides are asked the same."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client import rules
from client.menu import HELP
from client.rules import HIDDEN, Kind, kind_of, loosen, may_hold_password, mentions, without_password
from server.chat import names, texts
from server.chat.announcing import ShowMotd
from server.chat.entries import Alive, Say
from server.chat.entries import Leave as ServerLeave
from server.chat.refusals import Refuse, Trouble
from server.chat.room import Entry
from server.commands import slips
from server.commands.basic import Rename, Whisper, Who
from server.commands.help import Help
from server.commands.history import Last, LastBefore, Search
from server.commands.ignore import ListIgnored
from server.commands.me import Emote
from server.commands.people import Reply, Whois
from server.commands.registry import NoWay
from server.commands.rooms import ListRooms
from server.commands.sessions import Json, Resume
from server.wire.decoding import decode

from ..support.owning import every_command

SERVER = every_command()
SERVER.checks.clear()  # what they refuse as a mistyped command is talk elsewhere
PIECES = st.sampled_from(
    [
        *("who", "rename", "to", "quit", "help", "last", "json", "all", "ban", "kick", "announce", "away", "bans"),
        *("reply", "whois", "ignore", "unignore", "quiet", "join", "leave", "rooms", "motd", "me", "mute", "unban"),
        *("/", "//", "／", "、", " ", "  ", "|", "bob", "小明", "x y", "WHO", "Last", "Login", "QUIT", "To", "3"),
    ]
)
QUESTIONS = (Who, Last, LastBefore, Search, Help, Whois, ListIgnored, ListRooms, ShowMotd)
ENTRIES: dict[type, Kind] = {
    Alive: Kind.HEARTBEAT,
    Say: Kind.TALK,
    Emote: Kind.TALK,
    Whisper: Kind.PRIVATE,
    Reply: Kind.PRIVATE,
    Rename: Kind.RENAME,
    Json: Kind.VALUES,
    Resume: Kind.VALUES,
    **dict.fromkeys(QUESTIONS, Kind.QUESTION),
}
MISTYPED = st.one_of(
    st.builds(
        lambda word, place, letters, length: word[:place] + letters + word[place + length :],
        st.sampled_from(sorted(rules.PASSWORDS)),
        st.integers(0, 10),
        st.text("abeglnorstx", max_size=2),
        st.integers(0, 2),
    ),
    st.text("loginpaswrd", min_size=4, max_size=8),
)


class Refusing(NoWay):
    """The way of lines into a room that answers nothing."""

    def ask(self, entry: Entry) -> None:
        raise Trouble("no", "not_operator")


def test_the_words_are_the_servers() -> None:
    """All commands, those that are known without the slash, and those that stand alone."""
    assert set(rules.WORDS) == set(SERVER.commands)
    assert set(rules.PLAIN) == {word for word, command in SERVER.commands.items() if command.plain}
    assert set(rules.ALONE) == {word for word, command in SERVER.commands.items() if command.alone}
    assert {word for word, command in SERVER.commands.items() if command.help.startswith("管理员")} == set(
        rules.FOR_OPERATORS
    )
    assert {word: command.after for word, command in SERVER.commands.items() if command.after} == rules.AFTER


def test_the_help_names_all_words() -> None:
    """But for its own, and for what only programs say."""
    words = {word for word, kind in rules.WORDS.items() if kind is not Kind.VALUES} - {"help"}
    assert words <= set(re.findall(r"[a-z-]+", HELP))


def test_the_passwords_are_the_servers() -> None:
    """Which commands have them, and how many words. They are sent once."""
    asked = {word: [each for each in prompts if each != rules.AGAIN] for word, (_, prompts) in rules.PASSWORDS.items()}
    assert {word: rules.PASSWORDS[word][0] + len(asked[word]) for word in asked} == slips._WORDS
    assert {word for word, kind in rules.WORDS.items() if kind is Kind.SECRET} == set(asked)
    assert {kind_of(f"/{word} a b") for word in asked} == {Kind.SECRET}


def test_the_texts_are_the_servers() -> None:
    """By which a server is known that has not answered in values."""
    assert rules.RECEIPT == texts.RECEIPT
    assert rules.UNKNOWN_COMMAND == texts.UNKNOWN_COMMAND
    assert rules.REFUSALS == {
        texts.FULL: "full",
        texts.TOO_MANY_FROM_THERE: "too_many",
        texts.TOO_BUSY: "busy",
        texts.TLS_ONLY: "tls_only",
        texts.BANNED: "banned",
    }


@given(st.lists(PIECES, max_size=6).map("".join))
@example("/WHO")
@example("、last")
@example("／To|bob|x")
def test_a_line_is_what_the_server_takes_it_for(line: str) -> None:
    """Whatever it is made of."""
    kind, entry = kind_of(line), SERVER.parse(1, 0.0, line, Refusing())
    if isinstance(entry, Refuse):
        assert kind is not Kind.TALK
    elif isinstance(entry, ServerLeave):
        assert kind is Kind.QUIT
    else:
        assert kind is ENTRIES.get(type(entry), Kind.ORDER)


@given(st.sampled_from(["", "/", " /", "／", "-"]), MISTYPED, st.sampled_from([" x", " a b", "|x", "　ab cd", ": x"]))
def test_a_mistyped_password_is_known(sign: str, word: str, rest: str) -> None:
    """At least where the server knows it. It is not shown."""
    line = f"{sign}{word}{rest}"
    if slips.is_slip(line):
        assert may_hold_password(line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/login bob hunter2", f"/login bob {HIDDEN}"),
        ("/login bob", "/login bob"),
        ("/password old new", f"/password {HIDDEN}"),
        ("register hunter2", f"register {HIDDEN}"),
        ("／Login bob hunter2", f"/login bob {HIDDEN}"),
        ("/lgoin bob hunter2", f"/lgoin {HIDDEN}"),
        (" /login bob hunter2", f" /login {HIDDEN}"),
        ("/login|bob|hunter2", f"/login {HIDDEN}"),
        ("register:hunter2", f"register {HIDDEN}"),
        ("register", "register"),
        ("please log in", "please log in"),
        ("今天 login 了吗", "今天 login 了吗"),
        ("hi", "hi"),
    ],
)
def test_how_a_line_with_a_password_is_shown(line: str, shown: str) -> None:
    """Without it, also where the command is mistyped."""
    assert without_password(line) == shown


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
        if 0xD800 <= code < 0xE000:  # half of a pair, which JSON can hold
            assert rules.clean(chr(code)) == ""
        elif chr(code) != "\n":
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
        ("/To　小红 hi", "/to 小红 hi"),
        ("to 小红 hi", "to 小红 hi"),
        ("To be or not", "To be or not"),
        ("Who　", "who"),
        ("who is there", "who is there"),
        ("rename　小明", "rename 小明"),
        ("Rename it please", "Rename it please"),
        ("today　is　fine", "today　is　fine"),
        ("/join　茶馆", "/join 茶馆"),
        ("/Login　bob　secret", "/login bob secret"),
        ("join　茶馆", "join　茶馆"),
        ("　", "　"),
        ("", ""),
    ],
)
def test_a_command_is_known_however_it_was_typed(typed: str, meant: str) -> None:
    """With the spaces of Chinese input methods, and with a capital letter if it begins like a word to somebody."""
    assert loosen(typed, lambda name: name == "小红") == meant


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("hi bob", "bob", ["bob"]),
        ("Bob, BOB: ｂｏｂ!", "bob", ["Bob", "BOB", "ｂｏｂ"]),
        ("bobby is not bob_, kabob, bob-x, x.bob, bob2", "bob", []),
        ("bob. (bob) @bob bob's", "bob", ["bob"] * 4),
        ("你好bob，吃了吗", "Bob", ["bob"]),
        ("问一下小明吧", "小明", ["小明"]),
        ("小明ｂ来了", "小明B", ["小明ｂ"]),
        ("a.b", "aXb", []),
        ("STRASSE", "Straße", ["STRASSE"]),
        ("hi bob", "", []),
    ],
)
def test_a_name_is_found_in_a_text(text: str, name: str, found: list[str]) -> None:
    """As a whole word; a Chinese one also in the middle of a sentence."""
    assert [text[start:end] for start, end in mentions(text, name)] == found
