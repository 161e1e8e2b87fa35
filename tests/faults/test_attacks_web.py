"""Attacks on the web door. The bystanders, who talk by telnet, lose nothing by any of them."""

from __future__ import annotations

import pytest

from ..support.attacks import Plan
from ..support.bystanders import Record, bystanders, report, server_process
from ..support.strangers import attack, stranger

MORE = 64 * 1024  # KiB that an attack may need
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
EVENTS = b"GET /events?name=n# HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
POST = b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nAuthorization: Bearer " + b"0" * 32

STRANGERS = {
    "pages": Plan(payload=PAGE, connections=64),
    "pages that are not read": Plan(payload=PAGE, connections=64, reads=False, window=4096),
    "streams that are opened and left": Plan(first=EVENTS, payload=b"x", life=1, connections=64, reset=True),
    "streams that are not read": Plan(first=EVENTS, connections=64, reads=False, window=4096),
    "posts for sessions that nobody has": Plan(payload=POST + b"\r\nContent-Length: 2\r\n\r\nx\n", connections=64),
    "heads a byte at a time": Plan(first=b"GET / HTTP/1.1\r\nHost: ", payload=b"x", chunk=1, connections=64),
    "bodies that do not come": Plan(first=POST + b"\r\nContent-Length: 60000\r\n\r\n", connections=64),
    "requests that make no sense": Plan(payload=b"\r\n \x00: GET\r\n\r\n", connections=64),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_stranger_at_the_web_door_cannot_make_others_wait(record_property: Record, kind: str) -> None:
    """While they try for two seconds, the bystanders talk. Then the server stops as always."""
    with stranger() as host, server_process("--ip", "0.0.0.0", "--web", "0", "--idle-timeout", "0") as server:
        assert server.process.stderr
        while "the page" not in (line := server.process.stderr.readline()):
            assert line
        port = int(line.rstrip("/\n").rpartition(":")[2])
        before = server.status("VmRSS")
        with bystanders(server.port) as ages, attack(port, STRANGERS[kind], host) as attacker:
            server.wait_until(lambda: len(ages) > 500)
            figures = attacker.finish()
        more = server.status("VmHWM") - before
        assert figures["connected"] > 0
        assert more < MORE
        report(record_property, ages, more_kib=more, connected=figures["connected"])
