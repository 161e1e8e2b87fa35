"""Connections that a proxy makes for others: the server sees whom they are for, and believes nobody else."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.flags import parse_arguments, settings_of
from server.wire import entrance
from server.wire.addresses import is_in

from ..support.peers import Peer, StrictServer, running
from ..support.tls import Certificate, SecretPeer

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
HEADERS = {
    1: b"PROXY TCP4 192.0.2.7 192.0.2.1 50000 6666\r\n",
    2: b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"
    + socket.inet_aton("192.0.2.7")
    + socket.inet_aton("192.0.2.1")
    + struct.pack("!HH", 50000, 6666),
}
BY_ITSELF = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"
Come = Callable[..., Peer]


@contextlib.contextmanager
def behind_proxy(**settings: Any) -> Iterator[StrictServer]:
    """Run a server to which this machine is a proxy."""
    with running(proxies=LOOPBACK, **settings) as server:
        yield server


@pytest.fixture
def come() -> Iterator[Come]:
    """Connect as a proxy does, with a header. All are closed at the end."""
    with contextlib.ExitStack() as stack:

        def come(server: StrictServer, header: bytes = HEADERS[1], addr: str = "192.0.2.7:50000") -> Peer:
            peer = Peer(server.port)
            stack.callback(peer.close)
            peer.send(header)
            peer.addr = peer.name = addr
            return peer

        yield come


def line_for(host: str, port: int = 50000) -> bytes:
    """Return a header of version 1."""
    return f"PROXY TCP{6 if ':' in host else 4} {host} {'::1' if ':' in host else '192.0.2.1'} {port} 6666\r\n".encode()


@pytest.mark.parametrize("version", HEADERS)
@pytest.mark.parametrize("longest", [1, 1000])
def test_the_real_address_is_seen(come: Come, version: int, longest: int) -> None:
    """In every line, however the header is cut. What comes behind it is talk."""
    with behind_proxy() as server:
        data = HEADERS[version] + b"hello\n"
        peer = come(server, data[:longest])
        for start in range(longest, len(data), longest):
            peer.send(data[start : start + longest])
        assert peer.until("I'm live") == [peer.prefix + "已上线", peer.prefix + "hello"]
        assert "handler 192.0.2.7:50000" in [thread.name for thread in threading.enumerate()]


def test_ipv6(come: Come) -> None:
    """In the same form as everywhere."""
    with behind_proxy() as server:
        peer = come(server, line_for("2001:db8::7"), "[2001:db8::7]:50000")
        assert peer.line() == peer.prefix + "已上线"


def test_from_others_a_header_is_text(server: StrictServer, come: Come) -> None:
    """It is said like any line, and changes nothing."""
    header = HEADERS[1].replace(b"\r", b"")
    peer = come(server, header)
    peer.addr = peer.name = "{}:{}".format(*peer.socket.getsockname())
    assert peer.until("I'm live")[-1] == peer.prefix + header.decode().strip()


def test_which_hosts_are_proxies() -> None:
    """Also if they come over IPv6 as IPv4, or over a link."""
    networks = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "192.0.2.1", "fe80::/64")]
    hosts = ("10.1.2.3", "::ffff:10.1.2.3", "192.0.2.1", "fe80::1%eth0", "11.0.0.1", "192.0.2.2", "::1", "fe81::1")
    assert [is_in(host, networks) for host in hosts] == [True] * 4 + [False] * 4
    flags = ["--proxy-from", "10.0.0.0/8, 192.0.2.1", "--proxy-from", "fe80::/64"]
    assert list(settings_of(parse_arguments(flags)).proxies) == networks


@pytest.mark.parametrize("first", [b"hello\n", b"GET / HTTP/1.1\r\n\r\n", b"PROXY\r\n", b"\x16\x03\x01"])
def test_a_proxy_has_to_say_for_whom(come: Come, first: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise its connection is closed, and nobody hears of it."""
    with behind_proxy() as server:
        user = come(server, line_for("192.0.2.8") + b"\n", "192.0.2.8:50000")
        user.until("I'm live")
        for _ in range(10):
            wrong = come(server, first)
            with contextlib.suppress(ConnectionResetError):
                assert wrong.rest() == b""
        assert user.ask("who") == [user.prefix + "在线"]
    assert [record.getMessage() for record in caplog.records if "for whom" in record.getMessage()][2:] == []
    assert "a proxy has not said for whom it connects" in caplog.text


@pytest.mark.parametrize("part", [b"", b"PROXY TCP4", HEADERS[2][:20]])
def test_a_header_that_does_not_come_is_not_waited_for(
    come: Come, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is closed after a while, and at once if the proxy says nothing and goes away."""
    monkeypatch.setattr(entrance, "HEADER", 0.05)
    with behind_proxy() as server:
        slow = come(server, part)
        with contextlib.suppress(ConnectionResetError):
            assert slow.rest() == b""
        monkeypatch.setattr(entrance, "HEADER", 10_000.0)
        gone = come(server, b"")
        gone.socket.shutdown(socket.SHUT_WR)
        assert gone.rest() == b""


def test_the_limits_are_those_of_the_real_address(come: Come) -> None:
    """A proxy is exempt from the limit for one address, and the addresses behind it are not."""
    with behind_proxy(max_per_ip=2, trust_loopback=False) as server:
        users = []
        for host in ("192.0.2.7", "192.0.2.8", "2001:db8::1"):
            for port in (1, 2):
                user = come(server, line_for(host, port))
                assert user.line().endswith("已上线")
                users.append(user)
        assert come(server, line_for("192.0.2.7")).rest().decode() == "来自同一地址的连接过多，请稍后再试\n"
        program = come(server, line_for("2001:db8::2") + b"/json\n")
        assert json.loads(program.rest())["code"] == "too_many"
        users[0].close()
        users[1].until("[192.0.2.7:1]192.0.2.7:1:下线")
        while True:  # the handler of the user who left may still run
            again = come(server, line_for("192.0.2.7"))
            if "已上线" in again.line():
                break


def test_connections_through_a_proxy_count_for_the_whole(come: Come) -> None:
    """From the beginning."""
    with behind_proxy(max_users=1) as server:
        user = come(server)
        assert user.line() == user.prefix + "已上线"
        assert come(server).rest().decode() == "服务器人数已满，请稍后再试\n"


def test_who_is_trusted_is_decided_by_the_real_address(come: Come) -> None:
    """A stranger behind a proxy on this machine has limits, and a user of this machine has none."""
    with behind_proxy() as server:
        assert server.rates_of("192.0.2.7").line(1) == 0.0
        waits = [server.rates_of(host).work(1.0) > 0 for host in ("192.0.2.7", "127.0.0.1")]
        assert waits == [True, False]
        seen: list[str] = []
        rates_of = server.rates_of
        server.rates_of = lambda host: seen.append(host) or rates_of(host)  # type: ignore[method-assign, func-returns-value]
        come(server, line_for("192.0.2.9")).line()
        come(server, line_for("127.0.0.1")).line()
        assert sorted(seen) == ["127.0.0.1", "192.0.2.9"]


def test_a_proxy_that_speaks_for_itself(come: Come, caplog: pytest.LogCaptureFixture) -> None:
    """It is heard, if it says anything. It may only want to see whether the server is there."""
    with behind_proxy(max_per_ip=1, trust_loopback=False) as server:
        for _ in range(2):  # it is exempt
            proxy = come(server, BY_ITSELF + b"hello\n")
            host = f"127.0.0.1:{proxy.socket.getsockname()[1]}"
            assert proxy.until("I'm live")[-1] == f"[{host}]{host}:hello"
        check = come(server, BY_ITSELF)
        check.socket.shutdown(socket.SHUT_WR)
        assert check.rest() == b""
        proxy.say("")
        assert proxy.until("I'm live") == []
    assert "a proxy has connected and said nothing" in caplog.text


def test_the_loopback_of_another_machine_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes from there comes from that machine."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(line_for("127.0.0.1") + b"x")
        way = entrance.Entrance(proxies=(ipaddress.ip_network("192.0.2.0/24"),))
        arrival = way.arrive(ours, ("192.0.2.1", 1234), threading.Event())
        assert (arrival.host, arrival.port) == ("192.0.2.1", 50000)
        assert arrival.transport.recv(10) == b"x"


def test_tls_behind_the_header(come: Come, certificate: Certificate) -> None:
    """The header comes first, and then TLS begins."""
    with behind_proxy(tls=str(certificate.cert), tls_key=str(certificate.key)) as server:
        raw = come(server)
        user = SecretPeer.over(raw, certificate.trust())
        assert user.line() == "[192.0.2.7:50000]192.0.2.7:50000:已上线"
        user.close()


def test_only_tls(come: Come, certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    """Who comes without it from another machine is told why, and nobody hears of them. This machine may."""
    settings = {"tls": str(certificate.cert), "tls_key": str(certificate.key), "tls_only": True}
    with behind_proxy(**settings) as server:
        user = SecretPeer.over(come(server), certificate.trust())
        user.line()
        assert come(server, line_for("192.0.2.8") + b"hello\n").rest().decode() == "服务器只接受加密连接，请使用 TLS\n"
        program = come(server, line_for("192.0.2.8") + b"/json bot\n")
        assert json.loads(program.rest()) == {
            "type": "bye",
            "code": "tls_only",
            "text": "服务器只接受加密连接，请使用 TLS",
        }
        here = come(server, line_for("127.0.0.1", 4711) + b"\n", "127.0.0.1:4711")
        here.until("I'm live")
        assert user.ask("")[-2:] == [here.prefix + "已上线"]
        user.close()
        assert server.guard.limiter.refused == {"tls_only": 2}
    assert "服务器只接受加密连接，请使用 TLS (from 127.0.0.1:" in caplog.text


def test_only_tls_is_said_soon(come: Come, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to people, who wait for the server to say something."""
    monkeypatch.setattr(entrance, "FIRST_BYTE_ALONE", 0.05)
    monkeypatch.setattr(entrance, "FIRST_BYTE", 10_000.0)
    settings = {"tls": str(certificate.cert), "tls_key": str(certificate.key), "tls_only": True}
    with behind_proxy(**settings) as server:
        assert come(server).rest().decode() == "服务器只接受加密连接，请使用 TLS\n"
