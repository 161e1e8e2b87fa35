"""Which names are allowed, and when two are the same."""

from __future__ import annotations

import pytest

from server.chat.names import BAD_CHARACTER, LIKE_ADDRESS, LIKE_COMMAND, TOO_LONG, BadName, check, fold

WORDS = {"who", "rename", "to", "help", "quit"}  # the words of some commands


@pytest.mark.parametrize(
    "name", ["a", "小明", "José", "a-b_c.d", "x" * 32, "世" * 32, "नमस्ते", "٣", "10", "1.2.3", "a.b.c.d", "toto"]
)
def test_a_good_name_stays_as_it_is(name: str) -> None:
    """A good name has up to 32 letters, marks, digits, `_`, `-` and `.`."""
    assert check(name, WORDS) == name


def test_a_name_is_shown_in_nfc() -> None:
    """Its length is counted in that form too."""
    assert check("Jose\u0301") == "José"
    assert check("e\u0301" * 32) == "é" * 32


def test_the_reasons_are_exact() -> None:
    """The reasons are what the user reads, byte for byte."""
    assert (TOO_LONG, BAD_CHARACTER) == ("长度须为 1 到 32 个字符", "只能使用字母、数字和 _ - .")
    assert (LIKE_ADDRESS, LIKE_COMMAND) == ("不能使用地址的形式", "不能使用命令的名称")


BAD = {
    "": TOO_LONG,
    "x" * 33: TOO_LONG,
    "a b": BAD_CHARACTER,
    "a|b": BAD_CHARACTER,
    "a/b": BAD_CHARACTER,
    "[a]": BAD_CHARACTER,
    "a:b": BAD_CHARACTER,
    "a\x07": BAD_CHARACTER,
    "a\u200b": BAD_CHARACTER,
    "a\u202eb": BAD_CHARACTER,
    "\u3164": BAD_CHARACTER,
    "a\ufe0f": BAD_CHARACTER,
    "a\U000e0100": BAD_CHARACTER,
    "\u0301a": BAD_CHARACTER,
    "a\ufffd": BAD_CHARACTER,
    "½": BAD_CHARACTER,
    "😀": BAD_CHARACTER,
    "1.2.3.4": LIKE_ADDRESS,
    "127.0.0.1:80": LIKE_ADDRESS,
    "１.２.３.４": LIKE_ADDRESS,
    "[::1]:80": LIKE_ADDRESS,
    "::1": LIKE_ADDRESS,
    "who": LIKE_COMMAND,
    "Rename": LIKE_COMMAND,
    "ＴＯ": LIKE_COMMAND,
    "help": LIKE_COMMAND,
    "quit": LIKE_COMMAND,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_has_its_reason(name: str) -> None:
    """A bad name raises BadName, whose text is the reason."""
    with pytest.raises(BadName) as caught:
        check(name, WORDS)
    assert str(caught.value) == BAD[name]


@pytest.mark.parametrize(
    ("one", "other"),
    [("bob", "BOB"), ("bob", "ｂｏｂ"), ("ß", "SS"), ("ﬁn", "FIN"), ("é", "E\u0301"), ("ϓ", "Υ\u0301")],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    """Case, width and compatibility do not tell names apart."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bob", "bob1"), ("e", "é"), ("小明", "小名"), ("a.b", "ab"), ("a-b", "a_b")]
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    """Marks and signs tell names apart."""
    assert fold(one) != fold(other)


def test_folding_twice_changes_nothing() -> None:
    """This holds for any character. Otherwise one name could have two keys."""
    for code in (*range(0xD800), *range(0xE000, 0x20000)):
        assert fold(fold(chr(code))) == fold(chr(code))
