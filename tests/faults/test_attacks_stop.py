"""A stop in the middle of an attack. Whoever was slowed down must not be let loose by it."""

from __future__ import annotations

from ..support.attacks import Plan
from ..support.bystanders import Record, server_process
from ..support.rounds import report, rounds, stop
from ..support.strangers import attack, stranger

CROWD = Plan(connections=300, seconds=120)  # quiet users, who only read
NO_OPS = Plan(payload=b"\xff\xf1" * 2048, connections=64, pace=3e6)


def test_a_stop_in_the_middle_of_an_attack(record_property: Record) -> None:
    """The server says goodbye to everybody and ends with status 0, while strangers still send."""
    flags = ("--ip", "0.0.0.0", "--idle-timeout", "0")
    with stranger() as host, server_process(*flags) as server, attack(server.port, CROWD) as crowd:
        with attack(server.port, NO_OPS, host):
            with rounds(server.port) as talk:
                talk.more(100, 3.0)
            report(record_property, talk.ages, exit_s=round(stop(server), 2))
        assert crowd.wait()["closed"] == CROWD.connections
