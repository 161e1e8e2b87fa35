"""From bytes to text, by value."""

from __future__ import annotations

import pytest

from server.wire.decoding import decode

CONTROLS = [*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029]
CONTROLS += [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@pytest.mark.parametrize("code", CONTROLS)
def test_a_control_character_is_taken_out(code: int) -> None:
    """These are C0 without tab, DEL, C1, bidi controls and line separators."""
    assert decode(f"a{chr(code)}b".encode()) == "ab"


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
