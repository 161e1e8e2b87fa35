"""Attacks on sessions, on what is remembered, and on searching. The bystanders lose nothing by any of them."""

from __future__ import annotations

import pytest

from ..support.attacks import Plan
from ..support.bystanders import Record, ServerProcess, server_process
from ..support.rounds import Rounds, report, rounds, stop
from ..support.strangers import attack, stranger

MIB = 1024  # KiB
REMEMBERED = b"x" * 200 + b"!\n"
LINES = 12_000  # more than are remembered
MORE = 64 * MIB  # that an attack may need: all of it together, beside what is remembered
EVERYTHING = b"/resume " + b"0" * 32 + b" 1\n"  # of a session that nobody has, from before everything

STRANGERS = {
    "sessions that are opened and left": Plan(payload=b"/json\n", chunk=6, life=6, connections=16, reset=True),
    "sessions with names": Plan(first=b"/json n#\n", payload=b"\n", life=1, connections=64, reset=True),
    "resuming everything": Plan(payload=EVERYTHING, chunk=len(EVERYTHING), life=len(EVERYTHING), connections=16),
    "resuming everything and reading nothing": Plan(first=EVERYTHING, connections=64, reads=False, window=4096),
    "searching": Plan(payload=b"/search x y z\n", connections=64),
    "asking for the last lines and reading nothing": Plan(payload=b"/last 200\n", connections=64, reads=False),
    "changing to values again and again": Plan(payload=b"/json\n/json x#\n", connections=64),
}


def fill(talk: Rounds, server: ServerProcess) -> None:
    """Let somebody say more than is remembered."""
    loud = Plan(payload=REMEMBERED, chunk=20 * len(REMEMBERED), enough=LINES * len(REMEMBERED), marks=LINES)
    with attack(server.port, loud):
        talk.wait_until(lambda: talk.said["127.0.0.1"] >= LINES)


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_cannot_make_others_wait_or_fill_the_memory(record_property: Record, kind: str) -> None:
    """While they try, 100 rounds of the bystanders come and go, or eight seconds, and then the server stops as always."""
    with stranger() as host, server_process("--ip", "0.0.0.0", "--idle-timeout", "0") as server:
        with rounds(server.port) as talk:
            fill(talk, server)
            before = server.status("VmRSS")
            with attack(server.port, STRANGERS[kind], host) as attacker:
                assert talk.more(100, 8) > 0
                most = server.status("VmHWM")
                figures = attacker.finish()
        assert figures["connected"] > 0
        assert most < before + MORE
        report(record_property, talk.ages, more_kib=most - before, read=figures["read"], exit_s=round(stop(server), 2))


def test_from_this_machine_they_are_bounded_too(record_property: Record) -> None:
    """Loopback is trusted, so sessions are opened without a pause. Only so many wait for their programs."""
    leave = Plan(payload=b"/json\n", chunk=6, life=6, connections=64, reset=True, lives=30_000)
    with server_process("--idle-timeout", "0") as server, rounds(server.port, 0.05) as talk:
        before = server.status("VmRSS")
        with attack(server.port, leave) as attacker:
            talk.more(100, 10)
            made = attacker.finish()["connected"]
        most = server.status("VmHWM")
        assert most < before + MORE
        report(record_property, talk.ages, more_kib=most - before, sessions=made)
