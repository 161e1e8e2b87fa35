"""Telnet's sequences are taken out, and the work for it does not depend on how many there are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.wire import telnet
from server.wire.telnet import TelnetFilter

from ...support.steps import steps

PIECES = [
    *(b"\xff", b"\xff\xff", b"\xff\xf1", b"\xff\xec", b"\xff\xf7", b"\xff\xfd\x06", b"\xff\xfb\xff", b"\xff\xfa"),
    *(
        b"\xff\xf0",
        b"\xf0",
        b"\xfa",
        b"\xff\xf4",
        b"\xff\xf5",
        b"\xff\xed",
        b"\xff\xf3",
        b"\xe4",
        b"\xb8",
        b"x",
        b"x" * 62,
    ),
]
CUT_INPUTS = st.lists(st.tuples(st.sampled_from(PIECES), st.booleans()), max_size=30)


def one_by_one(data: bytes) -> bytes:
    """Return the same as `TelnetFilter.feed`, told in the plainest way: one sequence after the other."""
    sequence = re.compile(
        rb"\xff(?:[\xfb-\xfe].|\xfa.{0,64}?\xff\xf0|[\xec-\xf9\xff]|[\xfb-\xfe]?\Z|\xfa.{0,65}\Z)", re.DOTALL
    )
    unfinished = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
    mistaken = {b"\xff\xf4": b"\x83", b"\xff\xf5": b"\x8f", b"\xff\xed": b"\x9a", b"\xff\xf3": b"\x9c"}
    text, done = b"", 0
    for match in sequence.finditer(data):
        text += data[done : match.start()]
        done = match.end()
        if unfinished.search(text):
            text += mistaken.get(match[0], b"")
        text += {b"\xff\xff": b"\xff", b"\xff\xec": b"\x04", b"\xff\xf7": b"\x7f"}.get(match[0], b"")
    return text + data[done:]


@given(CUT_INPUTS)
def test_sequences_are_taken_out_however_they_were_cut(pieces: list[tuple[bytes, bool]]) -> None:
    """The text is the same as if the sequences had been looked at one by one, and in one piece."""
    data = b"".join(piece for piece, _ in pieces)
    assert TelnetFilter().feed(data, b"") == one_by_one(data)
    cut, text, chunk = TelnetFilter(), b"", b""
    for piece, ends_packet in [*pieces, (b"", True)]:
        chunk += piece
        if ends_packet:
            text += cut.feed(chunk, text)
            chunk = b""
    # What has been cut and not yet completed may turn out to be text.
    assert text == one_by_one(data)


@pytest.mark.parametrize(
    "piece", [b"\xff\xf1", b"\xff\xff", b"\xff\xfd\x06", b"\xff\xff\xff\xf1", b"x\xff\xf4", b"\xe4\xff\xf4"]
)
def test_no_step_is_taken_for_each_sequence(piece: bytes) -> None:
    """A thousand sequences take as many steps as ten."""
    assert steps(TelnetFilter().feed, piece * 1000, b"") == steps(TelnetFilter().feed, piece * 10, b"")


@pytest.mark.parametrize("piece", [b"\xff\xfa", b"\xff\xfa\xff\xf0", b"\xff\xfax"])
def test_no_subnegotiation_is_sought_in_vain(piece: bytes) -> None:
    """Each FA that is not marked begins a subnegotiation that ends, or one that may still end."""
    data = telnet._mark_subnegotiations((piece * 1000 + b"\xff\xf0" + piece * 1000).decode("latin-1"))
    *ended, rest = data.split("\u01f0")
    assert all(text.find("\xfa") in (-1, *range(len(text) - 66, len(text))) for text in ended)
    assert rest.find("\xfa") in (-1, *range(len(rest) - 66, len(rest)))
    # Those that begin nothing still arrive as text.
    assert TelnetFilter().feed(b"\xff\xfa" * 1000, b"") == b"\xff\xfa" * (1000 - 33)


@pytest.mark.parametrize("sent", [b"\xff\xf1", b"\xff\xfa", b"\xff\xfa" + b"x" * 100, b"\xff\xfd\x06", b"\xff"])
def test_a_byte_a_packet_costs_no_more_later_on(sent: bytes) -> None:
    """However much has come before, each byte takes but a few steps, and little is kept."""
    peer, before = TelnetFilter(), b"x" * 4000
    for byte in sent * 100:
        assert steps(peer.feed, bytes([byte]), before) <= 30
        assert len(peer._cut) <= 67
