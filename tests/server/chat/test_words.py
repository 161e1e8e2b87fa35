"""The tokens of a line, and what a search finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat import words
from server.chat.words import Query, find, normalize, spaced, tokens

# Characters of every kind that is treated in its own way.
SOME = "aB1_ !,.é'éßİ中文公园，。！ａ１のアーガｶﾞ々〇한가ไทยක👍🏽👨‍👩\ufe0f\u200b\u00ad\u3000①²ﷺ¨𠀀\U0001fae8"
TEXTS = st.text(st.sampled_from(SOME), max_size=12) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Hello, World!", ["hello", "world"]),
        ("C++ x_y don't", ["c", "x", "y", "don", "t"]),
        ("[127.0.0.1:40312]bob:hi", ["127", "0", "0", "1", "40312", "bob", "hi"]),
        ("今天去公园。", ["今", "天", "去", "公", "园"]),
        ("用Python3写", ["用", "python3", "写"]),
        ("ＡＢＣ　１２３！", ["abc", "123"]),
        ("ｶﾞ ガ が ー々〇", ["ガ", "ガ", "が", "ー", "々", "〇"]),
        ("한국어", ["한", "국", "어"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("Straße CAFÉ", ["strasse", "café"]),
        ("cafe\u0301", ["café"]),
        ("می\u200cخواهم co\u00adop", ["میخواهم", "coop"]),
        ("👍🏽 ❤️ 👨‍👩", ["👍", "🏽", "❤", "👨", "👩"]),
        ("1+1=2 ≠ 3€", ["1", "1", "2", "≠", "3", "€"]),
        ("\U0001fae8x", ["\U0001fae8", "x"]),  # unknown to Python 3.10
        ("а́б", ["а́б"]),
        ("a\x00b\tc", ["a", "b", "c"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Characters of scripts without spaces and symbols stand alone, and punctuation is in no token."""
    assert tokens(text) == expected
    assert spaced(text) == " ".join(expected)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("今天去公园玩", "公园", True),
        ("今天去公园玩", "园", True),
        ("今天去公园玩", "园公", False),
        ("今天去公园玩", "玩 公园", True),
        ("今天去公园玩", "玩　公园", True),
        ("今天去公园玩", "玩 公司", False),
        ("去公，园", "公园", True),
        ("hello world", "hello", True),
        ("hello world", "hell", False),
        ("hello world", "WORLD Hello", True),
        ("hello world", "hello-world", True),
        ("hello big world", "hello-world", False),
        ("wow!!!", "!!!", True),
        ("wow！！！", "!!!", True),
        ("wow!!", "!!!", False),
        ("wow!!", "wow !!!", False),
        ("good 👍🏽", "👍", True),
        ("hello", "", False),
        ("hello", " \t", False),
        ("hello", "\u200b", False),
        ("hello", "\u200b hello", True),
        ("", "a", False),
    ],
)
def test_a_line_that_holds_all_the_words_is_found(text: str, query: str, found: bool) -> None:
    """A word of several tokens is a phrase; one without a token is found as it is."""
    assert find(text, query) is found


def holds(text: str, query: str) -> bool:
    """The rule in other words, and slower."""
    line = tokens(text)
    wanted = [word for word in query.split() if normalize(word)]
    for word in wanted:
        phrase = tokens(word)
        places = range(len(line) - len(phrase) + 1)
        if phrase and not any(line[place : place + len(phrase)] == phrase for place in places):
            return False
        if not phrase and normalize(word) not in normalize(text):
            return False
    return bool(wanted)


@given(TEXTS, TEXTS, st.data())
def test_find_is_what_the_rule_says(text: str, query: str, data: st.DataObject) -> None:
    """Also where the query is a part of the text."""
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    for words_ in (query, text[start:end]):
        assert find(text, words_) is holds(text, words_)


@given(TEXTS)
def test_no_token_has_a_blank_or_ascii_punctuation(text: str) -> None:
    """So that tokens can stand between spaces, and an index takes each for one word."""
    for token in tokens(text):
        assert token.split() == [token]
        assert all(character.isalnum() for character in token if character.isascii())


def test_ascii_is_no_special_case() -> None:
    """The fast way says the same as the slow one."""
    for code in range(128):
        assert tokens(f"{chr(code)}a") == tokens(f"{chr(code)}a中")[:-1]


def test_a_query_is_read_once() -> None:
    """Each word once, however often it is said."""
    assert Query.of("a 公园 A !! 公园 ！！") == Query(("a", "公 园"), ("!!",))


def test_the_table_of_characters_is_bounded() -> None:
    """Somebody who says all of Unicode takes no memory, and the answers stay the same."""
    for start in range(0, 0x30000, 1000):
        tokens("".join(map(chr, range(start, start + 1000))).encode("utf-8", "ignore").decode())
        assert len(words._TABLE) <= words._MOST_KNOWN
    assert tokens("公园 é") == ["公", "园", "é"]
