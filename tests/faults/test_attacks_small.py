"""Small ways to hurt the server: a stop that waits for a slow speaker, a timeout beyond all clocks, two equal addresses."""

from __future__ import annotations

import contextlib
import subprocess

import pytest

from ..support.attacks import Plan
from ..support.bystanders import Record, server_process
from ..support.peers import PATIENCE, Peer
from ..support.rounds import report, rounds, stop
from ..support.strangers import Stranger, attack, stranger

HOST, GUEST = "fe80::213:1", "fe80::213:2"  # on every link of the test


def test_a_stop_does_not_wait_for_a_speaker_who_is_slowed_down(record_property: Record) -> None:
    """Its next line would be dealt with after a quarter of an hour. The server ends now, with status 0."""
    lines = Plan(payload=b"a\n" * 500, held=True)
    flags = ("--ip", "0.0.0.0", "--rate", "0.001")
    with stranger() as host, server_process(*flags) as server, attack(server.port, lines, host) as speaker:
        with rounds(server.port) as talk:
            speaker.go()
            talk.wait_until(lambda: talk.said[host.address] > 0)
            talk.more(20)
        report(record_property, talk.ages, exit_s=round(stop(server), 2))


@pytest.mark.parametrize("seconds", ["1e10", "1e300", "0.001"])
def test_any_idle_timeout_can_be_served(record_property: Record, seconds: str) -> None:
    """The watchdog lives, so the server ends with status 0."""
    with server_process("--idle-timeout", seconds) as server:
        if float(seconds) > 1:
            with rounds(server.port) as talk:
                talk.more(20)
        assert stop(server) >= 0


def test_guests_on_two_links_can_have_the_same_address() -> None:
    """An IPv6 address of a link is only unique on that link. Both guests are there, and both are listed."""
    guest = Plan(source=f"{GUEST}%eth0", source_port=40213)
    with stranger() as one, stranger() as two, server_process("--ip", "::", "--idle-timeout", "0") as server:
        for host in (one, two):
            add_link_address(host)
        with (
            contextlib.closing(Peer(server.port)) as watcher,
            attack(server.port, guest, one, f"{HOST}%eth0"),
            attack(server.port, guest, two, f"{HOST}%eth0"),
        ):
            for _ in range(2):
                while not (GUEST in (line := watcher.line()) and line.endswith("已上线")):
                    pass
            listed = [line for line in watcher.ask("who") if GUEST in line and line.endswith("在线")]
        assert len(set(listed)) == 2


def add_link_address(host: Stranger) -> None:
    """Give both ends of a stranger's link the addresses that the other link's ends have, too."""
    for command in (
        ["ip", "-6", "addr", "add", f"{HOST}/64", "dev", host.link, "nodad"],
        host.command("ip", "-6", "addr", "add", f"{GUEST}/64", "dev", "eth0", "nodad"),
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
