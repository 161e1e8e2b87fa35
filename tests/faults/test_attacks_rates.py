"""Attacks on the rate limits: strangers who reconnect, who hold many connections, who paste.

What a test fails by are counts: how many lines and announcements of one address the bystanders have read, next to what
the address is allowed in the time that has passed. A slow machine only allows more.
"""

from __future__ import annotations

import time

import pytest

from ..support.attacks import Plan
from ..support.bystanders import Record, ServerProcess, server_process
from ..support.peers import Peer
from ..support.rounds import report, rounds
from ..support.strangers import Stranger, attack, stranger

OPEN = ("--ip", "0.0.0.0", "--idle-timeout", "0")
# The limits of one address are to be of this order: a class behind one router, not a crowd.
LINES, LINES_RATE = 300, 60.0  # lines at once, and then a second
JOINS, JOINS_RATE = 200, 15.0  # connections at once, and then a second
SECONDS = 3.0  # how long an attack is watched


ATTACKS = {
    "one line a connection": Plan(payload=b"a\n", life=2, chunk=2, connections=16),
    "a burst a connection": Plan(payload=b"a\n" * 20, life=40, connections=4),
    "long lines": Plan(payload=b"x" * 3999 + b"\n", life=80_000, connections=4, pace=8e6),
    "no line at all": Plan(payload=b"a", life=1, chunk=1, connections=16),
    "many connections that stay": Plan(payload=b"a\n" * 2048, connections=64),
}


def check_counts(record: Record, server: ServerProcess, plan: Plan, host: Stranger, version: int) -> None:
    """Check that an attack says no more, and is announced no more often, than the limits of one address allow."""
    address, target = (host.address, host.server) if version == 4 else (host.address6, host.server6)
    with rounds(server.port) as talk:
        talk.more(50)
        begun = time.monotonic()
        with attack(server.port, plan, host, target) as attacker:
            talk.more(10_000, SECONDS)
            elapsed = time.monotonic() - begun
            said, came = talk.said[address], talk.came[address]
            attacker.finish()
        talk.more(50)
    report(record, talk.ages, lines=said, announced=came, seconds=round(elapsed, 1))
    assert said <= LINES + LINES_RATE * elapsed
    assert came <= JOINS + JOINS_RATE * elapsed
    assert said or came


@pytest.mark.parametrize("kind", ATTACKS)
def test_reconnecting_gives_nothing_new(record_property: Record, kind: str) -> None:
    """However a stranger comes back, its address has the limits of one address."""
    with stranger() as host, server_process(*OPEN) as server:
        check_counts(record_property, server, ATTACKS[kind], host, 4)


def test_an_ipv6_address_has_limits_too(record_property: Record) -> None:
    """A stranger with IPv6 may do no more than one with IPv4."""
    with stranger() as host, server_process("--ip", "::", "--idle-timeout", "0") as server:
        check_counts(record_property, server, ATTACKS["a burst a connection"], host, 6)


def test_a_paste_arrives_whole(record_property: Record) -> None:
    """A stranger pastes 30 lines. All of them arrive, and nobody is disconnected."""
    paste = Plan(payload=b"a line of the paste, as long as lines are\n" * 30, enough=30 * 42)
    with stranger() as host, server_process(*OPEN) as server, rounds(server.port) as talk:
        with attack(server.port, paste, host) as attacker:
            talk.wait_until(lambda: talk.said[host.address] >= 30)
            assert attacker.finish()["closed"] == 0
        report(record_property, talk.ages, rounds=len(talk.ages))


def test_forty_people_behind_one_address_can_talk(record_property: Record) -> None:
    """All 40 come at once and say three lines each. All of them arrive, and nobody is disconnected."""
    lines = Plan(payload=b"hello\n", chunk=6, connections=40, enough=120 * 6, pace=40 * 6)
    with stranger() as host, server_process(*OPEN) as server, rounds(server.port) as talk:
        with attack(server.port, lines, host) as attacker:
            talk.wait_until(lambda: talk.said[host.address] >= 120)
            assert talk.came[host.address] == 40
            assert attacker.finish()["closed"] == 0
        report(record_property, talk.ages, rounds=len(talk.ages))


def test_a_script_on_this_machine_is_not_slowed_down(record_property: Record) -> None:
    """It posts 1000 lines and gets as many receipts."""
    with server_process("--idle-timeout", "0") as server, rounds(server.port) as talk:
        script = Peer(server.port)
        script.say(*(f"line {number}" for number in range(1000)))
        receipts = 0
        while receipts < 1000:
            receipts += script.line() == "I'm live"
        talk.wait_until(lambda: talk.said["127.0.0.1"] >= 1000)
        script.close()
        report(record_property, talk.ages, rounds=len(talk.ages))
