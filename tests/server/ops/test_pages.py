"""The pages of a real server: what they say while people talk, and while it stops."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path

import pytest

from server.history.history import History
from server.ops.journal import Journal
from server.ops.meter import Meter
from server.ops.ops_server import OpsServer
from server.ops.pages import make_pages
from server.server import ChatServer
from server.settings import Settings

from ...support.peers import PATIENCE, Peer

LONG = 10_000.0  # seconds; no test waits so long


def get(ops: OpsServer, path: str) -> tuple[int, str, str]:
    """Return the status of a page, its type, and the page."""
    connection = http.client.HTTPConnection("127.0.0.1", ops.port, PATIENCE)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, response.getheader("Content-Type", ""), body


def figures(ops: OpsServer) -> dict[str, float]:
    """Return all samples of the page of metrics."""
    status, kind, page = get(ops, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    samples = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history")


def test_what_people_do_is_counted(history: History) -> None:
    """Lines, deliveries, refusals, departures: the figures are what the users have seen."""
    meter, journal = Meter(), Journal()
    settings = Settings(port=0, idle_timeout=0.0, max_users=2)
    with history:
        server = ChatServer(settings, [meter, journal, history], archive=history, restored=history.restored)
        with OpsServer(0, make_pages(server, meter, journal, history)) as ops, server:
            first = Peer(server.port)
            first.until(f"{first.prefix}已上线")
            second = Peer(server.port)
            second.until(f"{second.prefix}已上线")
            first.until(f"{second.prefix}已上线")
            refused = Peer(server.port)
            assert refused.rest()
            refused.close()
            first.ask("大家好")
            first.ask("/nothing")
            second.ask("/nothing")
            second.say("/quit")
            second.rest()
            first.until(f"{second.prefix}下线")
            first.ask("")  # whatever was said before has been counted
            first.ask("")
            found = figures(ops)
            first.close()
            second.close()
    came, said, left = 3, 2, 1
    assert found["chatroom_users"] == 1
    assert found["chatroom_max_users"] == 2
    assert found['chatroom_connections_refused_total{code="full"}'] == 1
    assert found['chatroom_connections_refused_total{code="too_many"}'] == 0
    assert found["chatroom_lines_total"] in (4, 5)  # without /quit, and the last one may not have been counted yet
    assert found["chatroom_deliveries_total"] == came + said + left
    assert found['chatroom_lines_refused_total{code="unknown_command"}'] == 2
    assert found['chatroom_lines_refused_total{code="name_bad"}'] == 0
    assert found['chatroom_departures_total{why="quit"}'] == 1
    assert found['chatroom_departures_total{why="slow"}'] == 0
    assert found['chatroom_fan_out_seconds_bucket{le="+Inf"}'] == found["chatroom_fan_out_seconds_count"] > 5
    assert found["chatroom_batch_entries_sum"] >= found["chatroom_batch_entries_count"]
    assert found["chatroom_history_missing_total"] == found["chatroom_history_failing"] == 0
    assert found["process_threads"] >= 4


def test_no_page_names_a_user() -> None:
    """Neither by name nor by address, and nothing that was said is there: who may see the figures need not know it."""
    meter, journal = Meter(), Journal()
    server = ChatServer(Settings(port=0, idle_timeout=0.0), [meter, journal])
    with OpsServer(0, make_pages(server, meter, journal, None)) as ops, server:
        peer = Peer(server.port)
        peer.until(f"{peer.prefix}已上线")
        peer.rename("Zebulon")
        peer.ask("/Zanzibar")
        peer.ask("Zucchini")
        peer.ask("")
        pages = get(ops, "/metrics")[2] + get(ops, "/health")[2]
        peer.close()
    assert "chatroom_users 1\n" in pages
    for secret in ("Zebulon", "Zanzibar", "Zucchini", peer.addr, "127.0.0.1"):
        assert secret not in pages


def test_health_while_the_server_stops() -> None:
    """It is well until then, and says so until everyone has gone."""
    meter, journal = Meter(), Journal()
    server = ChatServer(Settings(port=0, idle_timeout=0.0, linger=LONG), [meter, journal])
    with OpsServer(0, make_pages(server, meter, journal, None)) as ops:
        server.start()
        peer = Peer(server.port)
        peer.until(f"{peer.prefix}已上线")
        assert get(ops, "/health") == (200, "text/plain; charset=utf-8", "ok\n")
        stop = threading.Thread(target=server.stop)
        stop.start()
        peer.until("服务器关闭，连接中断")
        assert get(ops, "/health") == (503, "text/plain; charset=utf-8", "stopping\n")
        assert figures(ops)["chatroom_max_users"] == 10_000
        peer.close()
        stop.join()


def test_a_server_without_a_history_has_no_figures_of_it() -> None:
    """Nobody should take them for good ones."""
    meter, journal = Meter(), Journal()
    server = ChatServer(Settings(port=0, idle_timeout=0.0), [meter, journal])
    with OpsServer(0, make_pages(server, meter, journal, None)) as ops, server:
        assert [name for name in figures(ops) if "history" in name] == []
