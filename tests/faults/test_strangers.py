"""The strangers' hosts that the attacks come from. They are tested, because an attack that does not arrive proves nothing."""

from __future__ import annotations

import subprocess

import pytest

from ..support.attacks import Plan
from ..support.bystanders import server_process
from ..support.rounds import rounds
from ..support.strangers import attack, stranger


@pytest.mark.parametrize("rate", ["", "10mbit"])
def test_a_stranger_comes_from_an_address_of_its_own(rate: str) -> None:
    """The server sees that address, with IPv4 and with IPv6."""
    plan = Plan(payload=b"hello\n", chunk=6, enough=18)
    with (
        stranger(rate) as host,
        server_process("--ip", "::", "--idle-timeout", "0") as server,
        rounds(server.port) as talk,
        attack(server.port, plan, host),
        attack(server.port, plan, host, host.server6),
    ):
        talk.wait_until(lambda: talk.said[host.address] == talk.said[host.address6] == 3)
        assert talk.came[host.address] == talk.came[host.address6] == 1


def test_nothing_is_left_of_a_stranger() -> None:
    """Its namespace and its link are removed, also when the test fails."""
    with pytest.raises(ZeroDivisionError), stranger() as host:
        assert host.namespace in listed("netns")
        assert host.link in listed("link")
        raise ZeroDivisionError
    assert host.namespace not in listed("netns")
    assert host.link not in listed("link")


def listed(kind: str) -> str:
    """Return what `ip` lists."""
    return subprocess.run(["ip", kind, "list"], check=True, capture_output=True, text=True).stdout
