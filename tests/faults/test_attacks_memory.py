"""Attacks on memory, from loopback, which no rate limit slows down.

What a test fails by is the most that was ever resident, whether the server survives it, and whether the memory is given
back. The limit of the process only protects the machine on which a test fails.
"""

from __future__ import annotations

from ..support.attacks import Plan
from ..support.bystanders import Record, ServerProcess, server_process
from ..support.peers import PATIENCE
from ..support.rounds import Rounds, report, rounds
from ..support.strangers import attack

MIB = 1024 * 1024
MEMORY = 128 * 1024  # KiB that may wait for all users together, which is the server's default
SLACK = 1.1  # how much more than it should be the most that was resident may be
GIVEN_BACK = 48 * 1024  # KiB more than before that may stay when everybody has gone: what is remembered keeps some

LONG_NAME = "名" * 28  # with a number behind it, as long as a name may be


def limit(users: int) -> str:
    """Return statements that give the server half a GiB, beside the stacks of its threads."""
    size = 512 * MIB + (users + 100) * 2 * 256 * 1024  # each user may need a handler and a writer
    return f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({size}, {size}))"


def come_in(server: ServerProcess, talk: Rounds, users: int) -> int:
    """Wait until so many users are in. Return the memory that the server then needs, in KiB."""
    talk.wait_until(lambda: talk.came["127.0.0.1"] >= users)
    talk.more(20)
    return server.status("VmRSS")


def check_memory(server: ServerProcess, talk: Rounds, record: Record, start: int, base: int) -> None:
    """Check that no more than the limit was ever resident, and that it is given back when everybody has gone."""
    most = server.status("VmHWM")
    server.wait_until(lambda: server.status("Threads") < 20)
    record("start_kib", start)
    record("base_kib", base)
    record("most_kib", most)
    assert most < (base + MEMORY) * SLACK
    report(record, talk.ages)
    talk.wait_until(lambda: server.status("VmRSS") < start + GIVEN_BACK, 4 * PATIENCE)
    record("after_kib", server.status("VmRSS"))


def test_answers_that_nobody_reads(record_property: Record) -> None:
    """There are 1000 users. Of them 24 ask `who` a thousand times each, in one read, and read nothing."""
    askers = Plan(payload=b"who\n" * 1024, connections=24, enough=24 * 4096, reads=False)
    crowd = Plan(connections=1000)
    with server_process("--idle-timeout", "0", before=limit(1024)) as server, rounds(server.port, 0.02) as talk:
        start = server.status("VmRSS")
        with attack(server.port, crowd) as present:
            base = come_in(server, talk, 1000)
            with attack(server.port, askers) as attacker:
                talk.more(200, 10)
                assert attacker.finish()["sent"] == 24 * 4096
            talk.more(20)
            assert present.finish()["closed"] == 0
        check_memory(server, talk, record_property, start, base)


def test_everybody_says_a_lot_and_leaves(record_property: Record) -> None:
    """In one read each, 60 users with long names say 2040 lines and quit. Another 40 users read all of it."""
    line = f"rename {LONG_NAME}#\n".encode()
    payload = b"a\n" * 2040 + b"/quit\n"
    loud = Plan(line, held=True, payload=payload, connections=60, life=len(payload), lives=60)
    with server_process("--idle-timeout", "0", before=limit(100)) as server, rounds(server.port, 0.02) as talk:
        start = server.status("VmRSS")
        with attack(server.port, Plan(connections=40)) as readers, attack(server.port, loud) as attacker:
            base = come_in(server, talk, 100)
            attacker.go()
            talk.wait_until(lambda: talk.left["127.0.0.1"] >= 60)
            talk.more(20)
            record_property("lines_read", readers.finish()["lines"])
        check_memory(server, talk, record_property, start, base)


def test_long_lines_that_nobody_reads(record_property: Record) -> None:
    """There are 200 users with small windows who read nothing, and one who says 800 lines of 4000 bytes."""
    deaf = Plan(connections=200, reads=False, window=4096)
    loud = Plan(payload=b"x" * 4000 + b"\n", chunk=4001, enough=800 * 4001)
    with server_process("--idle-timeout", "0", before=limit(200)) as server, rounds(server.port, 0.02) as talk:
        start = server.status("VmRSS")
        with attack(server.port, deaf):
            base = come_in(server, talk, 200)
            with attack(server.port, loud):
                talk.wait_until(lambda: talk.said["127.0.0.1"] >= 800)
                talk.more(20)
        check_memory(server, talk, record_property, start, base)
