"""Attacks on the processor: strangers who send what is dear to read and cheap to write.

What is measured is the processor time of the strangers' handlers, next to the time that has passed. It must stay a small
share, or everybody else waits for them.
"""

from __future__ import annotations

import time

import pytest

from ..support.attacks import Plan, insistent
from ..support.bystanders import Record, ServerProcess, server_process
from ..support.rounds import Rounds, cpu_time, cpu_times, percentile, report, rounds
from ..support.strangers import Stranger, attack, stranger

OPEN = ("--ip", "0.0.0.0", "--idle-timeout", "0")
CROWD = Plan(connections=300, seconds=120)  # quiet users, who only read
MOST_BUSY = 0.3  # processors that the handlers of one address may keep busy
ROUNDS, SECONDS = 300, 3.0  # how long an attack is watched: so many rounds, or so many seconds if they are slow

COMBINING = "".join(chr(0x300 + number % 0x50) for number in range(2020)).encode()


ATTACKS = {
    "telnet no-ops": insistent(payload=b"\xff\xf1" * 2048, pace=3e6),
    "telnet no-ops as fast as they are taken": insistent(payload=b"\xff\xf1" * 2048, chunk=65536),
    "single bytes behind an end of file": insistent(
        payload=b"a", pace=35e3, chunk=1, life=1000, first=b"a\x04" + b"a" * 3000
    ),
    "cuts inside sequences": insistent(payload=b"\xff\xfa" + b"x" * 60, pace=100e3, chunk=3),
    "names of combining marks": insistent(
        payload=b"to " + COMBINING + b" x\n", pace=3e6, life=20 * (len(COMBINING) + 6)
    ),
    "lines of one byte": insistent(payload=b"a\n" * 2048, pace=3e6, life=4096),
}


def watch(server: ServerProcess, talk: Rounds, kind: str, host: Stranger) -> float:
    """Attack for a while. Return how many processors the handlers of the attacker kept busy."""
    others = set(cpu_times(server))

    def spent() -> float:
        times = cpu_times(server)
        return cpu_time(server) - sum(times[task] for task in others & times.keys())

    with attack(server.port, ATTACKS[kind], host) as attacker:
        before, begun = spent(), time.monotonic()
        talk.more(ROUNDS, SECONDS)
        busy = (spent() - before) / (time.monotonic() - begun)
        assert attacker.finish()["sent"]
    return busy


@pytest.mark.parametrize("kind", ATTACKS)
def test_one_address_cannot_keep_the_server_busy(record_property: Record, kind: str) -> None:
    """With 300 users present, the bystanders lose nothing, and the server still stops."""
    with stranger() as host, server_process(*OPEN) as server, attack(server.port, CROWD), rounds(server.port) as talk:
        talk.more(100)
        quiet = list(talk.ages)
        busy = watch(server, talk, kind, host)
        talk.more(50)
        quiet_p99 = percentile(quiet, 0.99)
        report(record_property, talk.ages[len(quiet) :], processors=round(busy, 3), quiet_p99_ms=quiet_p99)
        assert busy < MOST_BUSY


def test_loopback_can_be_given_the_limits_of_every_other_address(record_property: Record) -> None:
    """With `--limit-loopback`, an address of this machine cannot keep the server busy either."""
    with server_process("--idle-timeout", "0", "--limit-loopback") as server:
        before, begun = cpu_time(server), time.monotonic()
        with attack(server.port, ATTACKS["telnet no-ops"]) as attacker:
            time.sleep(SECONDS / 2)
            busy = (cpu_time(server) - before) / (time.monotonic() - begun)
            assert attacker.finish()["sent"]
        report(record_property, [], processors=round(busy, 3))
        assert busy < MOST_BUSY
