"""Attacks on readers: whoever speaks loud must not throw out those whose line is slower.

A reader that takes at least 100 KiB a second is not slow, however much is said. It is the speaker who has to wait.
"""

from __future__ import annotations

import pytest

from ..support.attacks import Plan
from ..support.bystanders import Record, server_process
from ..support.rounds import Rounds, report, rounds
from ..support.strangers import Attack, attack, stranger

KIB = 1024
LINE = b"x" * 999 + b"!\n"
HERE = "127.0.0.1"


def check_reader(talk: Rounds, reader: Attack, lines: int) -> None:
    """Check that the reader stays until all lines are said, and that it gets each of them once."""
    while talk.said[HERE] < lines:
        assert talk.left[HERE] == 0, f"the reader was disconnected after {talk.said[HERE]} lines"
        assert talk.more(1)
    figures = reader.wait()
    assert figures["closed"] == 0
    assert figures["marks"] == lines


@pytest.mark.parametrize("speakers", [1, 20])
def test_loud_users_do_not_throw_out_a_slower_reader(record_property: Record, speakers: int) -> None:
    """Nor does the reader miss a line. Ten seconds of its reading are said as fast as they are taken."""
    lines = 5000  # the buffers of the system hide half of them
    slower = Plan(window=16 * KIB, read_pace=500 * KIB, marks=lines, seconds=100)
    loud = Plan(payload=LINE, connections=speakers, chunk=len(LINE), enough=lines * len(LINE), seconds=100)
    with server_process("--idle-timeout", "0") as server, rounds(server.port, 0.05) as talk:
        with attack(server.port, slower) as reader, attack(server.port, loud):
            check_reader(talk, reader, lines)
        report(record_property, talk.ages, rounds=len(talk.ages))


def test_a_reader_on_a_slow_line_outlasts_strangers_who_reconnect(record_property: Record) -> None:
    """Its line carries 10 Mbit/s. The strangers say lines of 4000 bytes, and come back for each burst."""
    loud = Plan(payload=b"x" * 3999 + b"\n", life=80_000, connections=4, reset=True)
    flags = ("--ip", "0.0.0.0", "--idle-timeout", "0")
    with stranger("10mbit") as slow, stranger() as far, server_process(*flags) as server:
        with rounds(server.port, 0.05) as talk, attack(server.port, Plan(), slow) as reader:
            with attack(server.port, loud, far):
                talk.more(100, 8)
            assert talk.left[slow.address] == 0, f"the reader was disconnected after {talk.said[far.address]} lines"
            assert talk.said[far.address] > 0
            assert reader.finish()["closed"] == 0
        report(record_property, talk.ages, lines=talk.said[far.address])
