"""Attacks on passwords: many who guess at once, from this machine and from another one."""

from __future__ import annotations

from pathlib import Path

from ..support.attacks import Plan
from ..support.bystanders import Record, server_process
from ..support.peers import Peer
from ..support.rounds import report, rounds, stop
from ..support.strangers import attack, stranger

SECRET = "tr0ub4dor"


def test_a_storm_of_logins_takes_nothing_from_the_others(record_property: Record, tmp_path: Path) -> None:
    """64 connections of this machine, which is trusted, try names one after the other. Few hashes are made at a time.

    The bystanders lose nothing, and the server ends with status 0.
    """
    storm = Plan(first=b"rename storm#\n", payload=b"/login storm# wrong-password\n" * 4, connections=64)
    with server_process("--accounts", str(tmp_path / "accounts.db")) as server:
        before = server.status("VmRSS")
        with attack(server.port, storm), rounds(server.port) as talk:
            talk.more(200)
            memory = server.status("VmRSS") - before
        report(record_property, talk.ages, memory_mib=memory // 1024, exit_s=round(stop(server), 2))
    assert memory < 100 * 1024


def test_a_stranger_cannot_guess_and_the_owner_is_not_locked_out(record_property: Record, tmp_path: Path) -> None:
    """The stranger has some tries, then none. The owner logs in from this machine, as before."""
    guess = Plan(payload=b"/login bob wrong-password\n", connections=16)
    flags = ("--accounts", str(tmp_path / "accounts.db"), "--ip", "0.0.0.0", "--idle-timeout", "0")
    with stranger() as host, server_process(*flags) as server:
        owner = Peer(server.port)
        owner.until(owner.prefix + "已上线")
        owner.rename("bob")
        owner.ask(f"/register {SECRET}")
        assert owner.ask(f"/login bob {SECRET}")[-1] == "登录成功，用户名: bob"
        with attack(server.port, guess, host), rounds(server.port) as talk:
            talk.more(100)
            answers: list[str] = []
            while not answers or "登录成功" not in answers[-1]:
                answers = owner.ask(f"/login bob {SECRET}")
        owner.close()
        report(record_property, talk.ages, exit_s=round(stop(server), 2))
    assert 1 <= server.log.count("a wrong password for bob, from 10.213.") <= 10
