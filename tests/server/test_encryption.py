"""TLS on the chat's port: users with it and without it are in one room, and everything else is as for plain ones."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.door import Guard
from server.limits.connections import ConnectionLimiter
from server.limits.rates import RateLimits
from server.server import ChatServer
from server.wire import entrance, first_look
from server.wire.transport import Transport

from ..support.peers import PATIENCE, Peer, StrictServer, running
from ..support.tls import Certificate, SecretPeer

Come = Callable[[ChatServer], SecretPeer]
Plain = Callable[[ChatServer], Peer]
Peers = Callable[[ChatServer], Peer]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits long enough to see the first byte of TLS, even on a busy machine."""
    monkeypatch.setattr(entrance, "FIRST_BYTE", 2.0)


@contextlib.contextmanager
def secure(certificate: Certificate, **settings: Any) -> Iterator[StrictServer]:
    """Run a server that takes TLS, too."""
    with running(tls=str(certificate.cert), tls_key=str(certificate.key), **settings) as server:
        yield server


@pytest.fixture
def come(certificate: Certificate) -> Iterator[Come]:
    """Bring users with TLS in. Each has seen itself announced. All are closed at the end."""
    with contextlib.ExitStack() as stack:

        def come(server: ChatServer) -> SecretPeer:
            peer = SecretPeer(server.port, certificate.trust())
            stack.callback(peer.close)
            peer.until(peer.prefix + "已上线")
            return peer

        yield come


@pytest.fixture
def plain() -> Iterator[Plain]:
    """Bring users without TLS in, who say something at once, so that the server need not wait. All are closed at the end."""
    with contextlib.ExitStack() as stack:

        def plain(server: ChatServer) -> Peer:
            peer = Peer(server.port)
            stack.callback(peer.close)
            peer.ask("")
            return peer

        yield plain


def test_all_hear_the_same_in_the_same_order(certificate: Certificate, come: Come, plain: Plain) -> None:
    """With TLS, and without."""
    with secure(certificate) as server:
        users = [come(server), plain(server), come(server), plain(server)]
        for number, user in enumerate(users):
            user.ask("")  # it has seen the others come
            user.rename(f"user{number}")
        threads = [
            threading.Thread(target=user.say, args=[f"{number} {turn}" for turn in range(200)])
            for number, user in enumerate(users)
        ]
        for thread in threads:
            thread.start()
        heard: list[list[str]] = [[] for _ in users]
        for user, lines in zip(users, heard, strict=True):
            while len(lines) < 800:
                line = user.line()
                if line.startswith("["):
                    lines.append(line)
        for thread in threads:
            thread.join()
        assert heard[0] == heard[1] == heard[2] == heard[3]
        for number in range(len(users)):
            assert [line.split(":")[-1] for line in heard[0] if f"]user{number}:" in line] == [
                f"{number} {turn}" for turn in range(200)
            ]


def test_large_batches_and_long_answers(certificate: Certificate, come: Come) -> None:
    """Also to a user who reads late: all of it comes, once and in order."""
    with secure(certificate) as server:
        reader, speaker = come(server), come(server)
        lines = [f"{number} {'长' * 1000}" for number in range(300)]
        speaker.say(*lines)
        assert speaker.until("I'm live")[-1] == f"{speaker.prefix}{lines[0]}"
        for _ in lines[1:]:
            speaker.until("I'm live")
        assert reader.line() == f"{speaker.prefix}已上线"
        assert reader.lines(len(lines)) == [f"{speaker.prefix}{line}" for line in lines]
        assert len(reader.ask("/last 200")) == 200


def test_the_stop_says_goodbye(certificate: Certificate, come: Come) -> None:
    """With the text, and with TLS's own goodbye, to everyone."""
    with secure(certificate) as server:
        users = [come(server) for _ in range(5)]
    for user in users:
        assert user.rest().decode().endswith("服务器关闭，连接中断\n")


def test_idle_users_are_told(certificate: Certificate, come: Come) -> None:
    """As without TLS."""
    with secure(certificate, idle_timeout=0.2) as server:
        user = SecretPeer(server.port, certificate.trust())
        assert user.rest().decode().endswith("长时间未使用，连接中断\n")
        user.close()


def test_a_browser_over_tls_is_closed_too(
    certificate: Certificate, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it speaks HTTP over TLS, as browsers do to such a port."""
    monkeypatch.setattr(first_look, "FIRST_LOOK", 2.0)
    with secure(certificate) as server:
        user = plain(server)
        browser = SecretPeer(server.port, certificate.trust())
        browser.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nwho\n")
        with contextlib.suppress(OSError):  # it is closed without a goodbye
            assert browser.rest() == b""
        browser.close()
        assert user.ask("who") == [user.prefix + "在线"]


def test_a_program_comes_in_in_its_own_way(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first line is seen before anybody hears of it."""
    monkeypatch.setattr(first_look, "FIRST_LOOK", 2.0)
    with secure(certificate) as server:
        program = SecretPeer(server.port, certificate.trust())
        program.say("/json bot")
        assert '"hello"' in program.line()
        program.close()


def test_a_slow_reader_is_dropped_and_told(
    certificate: Certificate, come: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the bound of its outbox, with an end that is clean."""
    monkeypatch.setattr("server.wire.backlog.JUDGED_AFTER", -1.0)
    with secure(certificate, outbox_limit=64 * 1024, linger=PATIENCE) as server:
        slow, speaker = come(server), come(server)
        lines: list[str] = []
        while f"{slow.prefix}下线" not in lines:
            lines = speaker.ask("x" * 4000)
        assert slow.rest().decode().endswith("接收过慢，连接中断\n")
        slow.close()
        speaker.close()


def test_a_hundred_come_at_once(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are let in."""
    monkeypatch.setattr(entrance, "FIRST_BYTE", PATIENCE)
    with secure(certificate) as server:
        context, names = certificate.trust(), []

        def come() -> None:
            user = SecretPeer(server.port, context)
            user.say("", "/quit")
            user.until(user.prefix + "已上线")
            names.append(user.addr)
            user.rest()
            user.close()

        threads = [threading.Thread(target=come) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert len(set(names)) == 100


def test_nobody_waits_for_a_handshake(certificate: Certificate, come: Come) -> None:
    """One that never ends is seen by nobody, and is closed at its limit."""
    with secure(certificate) as server:
        stuck = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        stuck.sendall(b"\x16\x03\x01\x02\x00\x01")
        user = come(server)
        assert user.ask("who") == [user.prefix + "在线"]
        stuck.close()


def test_a_handshake_that_does_not_end_is_closed(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And there is a line in the log, but not for each of many."""
    monkeypatch.setattr(entrance, "HANDSHAKE", 0.05)
    with secure(certificate) as server:
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as stuck:
                stuck.sendall(b"\x16\x03\x01")
                assert stuck.recv(100) == b""
    assert [record.getMessage().split(" (")[0] for record in caplog.records] == [
        "refused a connection: the handshake takes too long"
    ] * 2


def test_a_failed_handshake_is_explained(certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    """To the peer by an alert, and in the log. It is counted, too."""
    with secure(certificate) as server:
        peer = Peer(server.port)
        peer.send(b"\x16\x03\x01\x00\x05hello")
        assert peer.rest()[:1] == b"\x15"
        peer.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            SecretPeer(server.port, ssl.create_default_context())
    assert server.guard.limiter.refused == {"not_arrived": 2}
    assert "the TLS handshake failed" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_ban_that_comes_during_the_handshake(certificate: Certificate) -> None:
    """Nobody hears of somebody who was banned before they had come in."""
    with secure(certificate) as server:
        limiter = server.guard.limiter
        peer = Peer(server.port)
        while not limiter._total:
            pass  # the door has let the connection in
        limiter.banned.add("127.0.0.1", 0.0)
        user = SecretPeer.over(peer, certificate.trust())
        assert user.rest().decode() == "此地址已被管理员封禁\n"
        user.close()
        assert limiter.refused == {"banned": 1}


def test_slow_handshakes_of_one_address_are_bounded(certificate: Certificate, come: Come) -> None:
    """More of them are refused. Those who have shaken hands do not count any more."""
    limiter = ConnectionLimiter(3, 0)
    with secure(certificate) as server:
        server._guard = Guard(  # before anybody comes
            entrance.Entrance(server.certificates, handshakes=limiter),
            server.guard.limiter,
            server.supervisor,
            server.stopping,
        )
        users = [come(server) for _ in range(4)]
        stuck = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(4)]
        for one in stuck:
            one.sendall(b"\x16\x03\x01")
        ended: list[socket.socket] = []
        while not ended:  # three of the four hold what there is
            for one in stuck:
                one.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    if one.recv(1) == b"":
                        ended.append(one)
        for one in stuck:
            one.close()
        assert users[0].ask("")[-3:] == [f"{user.prefix}已上线" for user in users[1:]]


def test_what_a_handshake_costs_is_paid(certificate: Certificate, come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    """First what it may cost, then what it does cost, and what was too much is given back."""
    paid: list[float] = []

    def work(rates: RateLimits, seconds: float) -> float:
        paid.append(seconds)
        return 0.0

    monkeypatch.setattr(RateLimits, "work", work)
    with secure(certificate) as server:
        come(server)
    assert paid[0] > entrance.COST
    assert paid[-1] == -entrance.COST
    assert len(paid) > 3
    assert all(seconds > 0 for seconds in paid[:-1])


def test_whoever_has_cost_too_much_waits(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next handshake. If that takes too long, the connection is closed."""
    monkeypatch.setattr(entrance, "HANDSHAKE", 0.05)
    with secure(certificate, trust_loopback=False) as server:
        server.rates_of("127.0.0.1").work(1000.0)
        with pytest.raises(OSError):
            SecretPeer(server.port, certificate.trust())
        server._allowances._by_network.clear()
        monkeypatch.setattr(entrance, "HANDSHAKE", PATIENCE)
        SecretPeer(server.port, certificate.trust()).close()


def test_a_server_without_tls_looks_at_nothing(
    server: StrictServer, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain connection costs what it has always cost."""
    looks: list[float] = []
    peek = Transport.peek

    def look(transport: Transport, size: int, timeout: float) -> bytes:
        looks.append(timeout)
        return peek(transport, size, timeout)

    monkeypatch.setattr(Transport, "peek", look)
    peers(server)
    assert looks == [first_look.FIRST_LOOK]
