"""From bytes to lines. Each input comes whole, cut in two at every byte, and byte by byte."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.wire.lines import ENDLESS, MAX_LINE, LineEvent, LineReader

from ...support.steps import steps

Event = bytes | LineEvent

X = b"x"
CASES: dict[str, tuple[bytes, list[Event]]] = {
    "lf": (b"one\ntwo\n\nthree", [b"one", b"two", b""]),
    "crlf": (b"one\r\ntwo\n", [b"one", b"two"]),
    "cr nul": (b"one\r\0two\r\0", [b"one", b"two"]),
    "a lone cr is part of the line": (b"a\rb\r\r\n", [b"a\rb\r"]),
    "other separators are part of the line": ("a\x0bb\x85c\u2028d\n".encode(), ["a\x0bb\x85c\u2028d".encode()]),
    "a character cut": ("世界\n".encode(), ["世界".encode()]),
    "as long as allowed": (X * MAX_LINE + b"\r\n", [X * MAX_LINE]),
    "too long": (X * (MAX_LINE + 1) + b"\nnext\n", [LineEvent.TOO_LONG, b"", b"next"]),
    "much too long": (X * (MAX_LINE + 5000) + b"\r\nnext\n", [LineEvent.TOO_LONG, b"", b"next"]),
    "too long without an end": (X * (MAX_LINE + 1), [LineEvent.TOO_LONG]),
    "ctrl-d in a line too long": (X * (MAX_LINE + 1) + b"\x04\n", [LineEvent.TOO_LONG, b""]),
    "negotiation": (b"a\xff\xfb\x01b\xff\xfd\x03c\xff\xfc\x18\xff\xfe\x0a\n", [b"abc"]),
    "subnegotiation": (b"a\xff\xfa\x18\x00\nxterm\xff\xf0b\n", [b"ab"]),
    "subnegotiation never ended": (b"\xff\xfa" + X * 100 + b"\n", [b"\xff\xfa" + X * 100]),
    "a byte ff": (b"a\xff\xffb\n", [b"a\xffb"]),
    "ff before no command": (b"a\xffb\xff\n", [b"a\xffb\xff"]),
    "ctrl-c": (b"a\xff\xf4\xff\xfd\x06b\n", [b"ab"]),
    "ctrl-c behind a character": ("世".encode() + b"\xff\xf4\xff\xfd\x06b\n", ["世b".encode()]),
    "83 taken for ctrl-c": (b"\xe4\xb8\xff\xf4\xff\xfd\x06b\n", ["七b".encode()]),
    "8f taken for ctrl-o": (b"\xe5\xb0\xff\xf5\xff\xfd\x06\n", ["小".encode()]),
    "9a and 9c taken for control keys": (b"\xe4\xff\xed\xff\xfd\x06\xff\xf3\xff\xfd\x06\n", [b"\xe4\x9a\x9c"]),
    "ctrl-d": (b"one\n\x04", [b"one", LineEvent.END_OF_FILE]),
    "ctrl-d within a line is no end": (b"a\x04\n", [b"a\x04"]),
    "ctrl-d behind what was erased": (b"a\x7f\x04", [LineEvent.END_OF_FILE]),
    "ctrl-d past the limit": (b"x\x7f" * MAX_LINE + b"\x04\n", [LineEvent.TOO_LONG, b""]),
    "telnet's end of file": (b"\xff\xec", [LineEvent.END_OF_FILE]),
    "backspace": (b"ab\x08c\x7f\x7fd\n", [b"d"]),
    "backspace at the start": (b"\x08\x7fa\n", [b"a"]),
    "backspace over a character": ("a世\x08b🙂\x7fc\n".encode(), [b"abc"]),
    "telnet's erase": (b"ab\xff\xf7c\n", [b"ac"]),
}


PIECES = [
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\x04",
        b"\x08",
        b"\x7f\x7f",
        b"a",
        b"bc",
        "é".encode(),
        "世".encode(),
        b"\xe4",
        b"\xb8",
    ),
    *(
        b"\xff",
        b"\xff\xf1",
        b"\xff\xf7",
        b"\xff\xec",
        b"\xff\xf5",
        b"\xff\xfd\x06",
        b"\xff\xfa",
        b"\xff\xf0",
        b"x" * 30,
    ),
]


def events(*chunks: bytes, limit: int = MAX_LINE) -> tuple[list[Event], bool]:
    """Return what a reader makes of the chunks, up to an end of file, and whether the peer wants CR LF."""
    reader = LineReader(limit)
    found: list[Event] = []
    for chunk in chunks:
        for event in reader.feed(chunk):
            found.append(event)
            if event is LineEvent.END_OF_FILE:
                return found, reader.crlf
    return found, reader.crlf


@pytest.mark.parametrize("case", CASES)
def test_a_line_is_a_line_however_it_was_cut(case: str) -> None:
    """The lines and events are the same, whole, cut in two anywhere, and byte by byte."""
    data, expected = CASES[case]
    whole = events(data)
    assert whole == (expected, b"\r\n" in data)
    cuts = range(len(data)) if len(data) < 200 else [*range(20), *range(MAX_LINE - 5, len(data), 997), len(data) - 2]
    for cut in cuts:
        assert events(data[:cut], data[cut:]) == whole
    assert events(*(bytes([byte]) for byte in data)) == whole


@given(
    st.lists(st.sampled_from(PIECES), max_size=40), st.sets(st.integers(1, 100)), st.sampled_from([1, 5, 20, MAX_LINE])
)
def test_lines_do_not_depend_on_cuts(pieces: list[bytes], cuts: set[int], limit: int) -> None:
    """This holds for any bytes, any cuts and any limit."""
    data = b"".join(pieces)
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    chunks = [data[start:end] for start, end in itertools.pairwise(places)]
    found, crlf = events(data, limit=limit)
    assert events(*chunks, limit=limit)[0] == found
    assert events(*(bytes([byte]) for byte in data), limit=limit)[0] == found
    if LineEvent.END_OF_FILE not in found:
        assert events(*chunks, limit=limit)[1] == crlf


@pytest.mark.parametrize("first", [b"x", b"a\x04", b"ab\x08", b"a\r", b"\xe4\xff\xfa"])
@pytest.mark.parametrize("sent", [b"x", b"\x04", b"\x08", b"\r", b"x\x04\x08", b"\xff\xf1", b"\xff\xf7", b"\xff\xfa"])
def test_a_byte_a_packet_costs_no_more_on_a_long_line(first: bytes, sent: bytes) -> None:
    """What has come before is not looked at again, whatever it was."""
    reader = LineReader()
    data = (first + sent * 1000)[:1000]
    assert sum(steps(reader.feed, bytes([byte])) for byte in data) <= 40 * len(data)


PLAIN = [
    b"x",
    b"\n",
    b"a\n",
    b"\r",
    b"a\r\n",
    b"a\r\0",
    "世\n".encode(),
    b"\xff\xf1",
    b"\xff\xf7",
    b"x\xff\xff",
    b"\x08",
]


@pytest.mark.parametrize("piece", PLAIN)
def test_no_step_is_taken_for_each_line_or_byte(piece: bytes) -> None:
    """As long as there is nothing to edit in a whole line, a thousand pieces take as many steps as ten."""
    assert steps(LineReader().feed, piece * 1000) <= steps(LineReader().feed, piece * 10) + 5


@pytest.mark.parametrize(
    "piece", [b"\x08", b"a\x08", b"aa\x08\x7f", b"\x04", b"a\x04\x08\n", b"\x08\n", "世\x7f".encode()]
)
@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("size", [1, 100, 1000])
def test_editing_takes_a_few_steps_for_each_byte(piece: bytes, end: bytes, size: int) -> None:
    """Each byte is looked at once for the end of file and once when its line ends."""
    reader = LineReader()
    data = b"a" + (piece * 1000)[:999] + end
    taken = sum(steps(reader.feed, data[start : start + size]) for start in range(0, len(data), size))
    assert taken <= 10 * len(data) + 40 * (len(data) // size + 1)


@pytest.mark.parametrize("size", [1, 1000, MAX_LINE + ENDLESS + 1])
def test_a_line_that_does_not_end_is_given_up(size: int) -> None:
    """It is given up 64 KiB past the limit, not a byte before, and little of it is ever kept."""
    reader = LineReader()
    full, rest = divmod(MAX_LINE + ENDLESS, size)
    before = [event for chunk in [X * size] * full + [X * rest] for event in reader.feed(chunk)]
    assert before == [LineEvent.TOO_LONG]
    assert len(reader._partial) <= MAX_LINE
    assert list(reader.feed(X)) == [LineEvent.ENDLESS]


def test_crlf_is_known_from_the_first_such_line_on() -> None:
    """It is not known before, and it stays so."""
    reader = LineReader()
    known = [(reader.feed(line), reader.crlf) for line in (b"a\n", b"b\r\n", b"c\n")]
    assert known == [([b"a"], False), ([b"b"], True), ([b"c"], True)]


def test_a_timing_mark_is_answered_once() -> None:
    """This holds however many come together. The text around them is kept."""
    reader = LineReader()
    assert list(reader.feed(b"x" + b"\xff\xfd\x06" * 100_000 + b"y\n")) == [b"xy"]
    assert reader.take_replies() == b"\xff\xfc\x06"
    assert reader.take_replies() == b""


def test_nothing_else_is_answered() -> None:
    """Answers to a negotiation that is echoed would make a loop."""
    reader = LineReader()
    assert list(reader.feed(b"\xff\xfb\x01\xff\xfd\x01\xff\xfc\x06\xff\xf6")) == []
    assert reader.take_replies() == b""
