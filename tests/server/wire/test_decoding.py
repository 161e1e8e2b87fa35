"""From bytes to text, by value."""

from __future__ import annotations

import time
import timeit
import unicodedata

import pytest

from server.wire.decoding import decode

LINE_ENDS = [0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029]
CONTROLS = [*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), 0x61C, 0x200E, 0x200F]
CONTROLS += [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@pytest.mark.parametrize("code", CONTROLS)
def test_a_control_character_is_taken_out(code: int) -> None:
    """These are C0 without tab, DEL, C1 and bidi controls, but for what ends a line."""
    assert decode(f"a{chr(code)}b".encode()) == "ab"


@pytest.mark.parametrize("code", LINE_ENDS)
def test_a_line_end_inside_a_line_is_a_space(code: int) -> None:
    """Else it would glue words together: `login` would be another word. Around the line there is nothing of it."""
    end = chr(code)
    assert decode(f"{end}login{end}bob{end}{end}x{end}".encode()) == "login bob x"
    assert decode(f"\a{end}\x1b\rhi\r{end}\x1b".encode()) == "hi"
    assert decode((end * 99).encode()) == ""


@pytest.mark.parametrize("text", ["a\tb", "小明", "e\u0301", "👩\u200d💻", "a\u00a0b", "\u3000", "\ufeff"])
def test_other_text_is_kept(text: str) -> None:
    """Tabs, marks, joiners and wide spaces are text."""
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"\xff", "\ufffd"),
        (b"a\x80b", "a\ufffdb"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xe0\x80\xaf", "\ufffd" * 3),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xed\xb0\x80", "\ufffd" * 3),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        ("世".encode()[:2] + b"x", "\ufffdx"),
        ("🙂".encode()[:3], "\ufffd"),
        (b"\x9b\xff\x1b[2J", "\ufffd\ufffd[2J"),
    ],
)
def test_invalid_utf8_becomes_u_fffd(line: bytes, text: str) -> None:
    """Bytes may be lone, overlong, surrogates, out of range or cut off. The text around them is kept."""
    assert decode(line) == text


# Every character of the category Zs, and those that are drawn as blank though they have another category.
BLANKS = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Zs"]
BLANKS += "\t\u2800\u115f\u1160\u3164\uffa0\U00016fe4\U0001d159\U00013441\U00013442"


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_many_blanks_are_cut(blank: str) -> None:
    """At most 32 of them stay, of each kind, and what stands around them is kept."""
    assert decode(f"a{blank * 33}世".encode()) == f"a{blank * 32}世"
    assert decode((blank * 1000).encode()) == blank * 32
    for text in (f"a{blank * 32}世", f"{blank * 32}x{blank * 32}é{blank * 32}"):
        assert decode(text.encode()) == text


@pytest.mark.parametrize(
    "between",
    [
        "",
        *"\u200b\u200d\u2060\ufeff\ufe0f\u034f\u00ad\u0301\u20dd\u17b4\u2065\ufff0\U000e0001\U000e0fff\x07\u202e",
    ],
    ids=ascii,
)
def test_blanks_of_several_kinds_are_one_run(between: str) -> None:
    """What takes no column does not end a run."""
    text = decode(between.join(["a", *BLANKS * 10, "b"]).encode())
    assert text[0] + text[-1] == "ab"
    assert sum(character in BLANKS for character in text) == 32
    assert len(text) <= 3 + 2 * 32


@pytest.mark.parametrize(
    "text", ["-" * 99, "。" * 99, "❤\ufe0f" * 99, "- " * 99, "· " * 99, "👩\u200d💻 " * 99, "é\a" * 9]
)
def test_what_is_seen_ends_a_run(text: str) -> None:
    """Rows of signs and symbols are kept, with the blanks between them."""
    assert decode(text.encode()) == text.replace("\a", "")


@pytest.mark.parametrize(
    "piece", ["é", "-", "· ", " " * 32 + "é", "\u3164", " \u200b", "\t", "\r", "é\u2028", "\u0301", " -", "\u200b"]
)
def test_a_line_twice_as_long_takes_twice_the_time(piece: str) -> None:
    """No text makes the search for blanks more than linear. One that tries each place anew would take 64 times longer."""

    def seconds(size: int) -> float:
        line = ("é" + piece * size)[:size].encode()
        return min(timeit.repeat(lambda: decode(line), timer=time.thread_time, number=3, repeat=5))

    assert seconds(32_000) < 40 * seconds(2_000)
