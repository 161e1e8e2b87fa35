"""Attacks with TLS: strangers who let the server work for handshakes that they do not finish, or never end one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ..support.attacks import Plan, insistent
from ..support.bystanders import Record, server_process
from ..support.rounds import cpu_time, cpu_times, percentile, report, rounds
from ..support.strangers import attack, stranger
from ..support.tls import PATIENT, Certificate, Client

OPEN = ("--ip", "0.0.0.0", "--idle-timeout", "0")
MOST_BUSY = 0.3  # processors that the handlers of one address may keep busy
ROUNDS, SECONDS = 300, 3.0  # how long an attack is watched: so many rounds, or so many seconds if they are slow


def attacks(hello: bytes) -> dict[str, Plan]:
    """Return what a stranger does with the first message of a TLS client."""
    garbage = b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03" + bytes(20_000)
    return {
        # The server answers with its certificate and a signature. With one byte more the stranger goes, and comes again.
        "unfinished": insistent(payload=hello + b"x", chunk=len(hello), life=len(hello) + 1, pace=2000 * len(hello)),
        "endless": insistent(payload=hello, chunk=len(hello) - 1, enough=64 * (len(hello) - 1)),
        "bytes": insistent(payload=hello, chunk=1, life=len(hello)),
        "garbage": insistent(payload=garbage, life=len(garbage)),
        "refused": insistent(payload=b"\x16\x03\x01\x00\x01x", chunk=6, life=6),
    }


@pytest.mark.parametrize("kind", attacks(b"x"))
def test_handshakes_of_one_address_cost_little(record_property: Record, tmp_path: Path, kind: str) -> None:
    """The bystanders lose nothing, and somebody else comes in with TLS meanwhile."""
    certificate = Certificate(tmp_path, kind="rsa:2048")
    client = Client(certificate.trust())
    client.feed(b"")
    plan = attacks(client.outgoing.read())[kind]
    flags = (*OPEN, *certificate.flags())
    with stranger() as host, server_process(*flags, before=PATIENT) as server, rounds(server.port) as talk:
        talk.more(100)
        quiet = list(talk.ages)
        others = set(cpu_times(server))

        def spent() -> float:
            times = cpu_times(server)
            return cpu_time(server) - sum(times[task] for task in others & times.keys())

        with attack(server.port, plan, host) as attacker:
            before, begun = spent(), time.monotonic()
            talk.more(ROUNDS, SECONDS)
            busy = (spent() - before) / (time.monotonic() - begun)
            figures = attacker.finish()
        talk.more(50)
        report(
            record_property,
            talk.ages[len(quiet) :],
            processors=round(busy, 3),
            quiet_p99_ms=percentile(quiet, 0.99),
            connected=figures["connected"],
        )
        assert talk.came[host.address] == 0
        assert busy < MOST_BUSY
