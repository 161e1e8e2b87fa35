"""The benchmark: its parts by value, and a small run of the whole."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.__main__ import contenders_of, parse_arguments
from bench.cases import PAST, SCENARIOS, Case, Result, cases
from bench.chart import chart
from bench.load import Client, Load, Tally, make_line, percentile
from bench.measure import Contender, Failed, Server, make_certificate
from bench.report import Row, summarize, table

from ..support.peers import PATIENCE, running, spawn
from ..support.tls import Certificate

RESULT = Result(deliveries=1_000_000.0, p50=1.0, p99=2.0, settle=0.5, missing=0, disorder=0)
PREFIX = "[127.0.0.1:40000]小明:".encode()
JSON = '{"type":"said","time":"2026-11-24T20:39:41.829Z","name":"小明","addr":"127.0.0.1:40000","text":"'.encode()


def as_text(line: bytes) -> bytes:
    """Return what a text user gets for a line of the load."""
    return PREFIX + line + b"I'm live\n"


def as_json(line: bytes) -> bytes:
    """Return what a program gets for it."""
    return JSON + line[:-1] + b'","line":3}\n{"type":"done","line":3}\n'


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_case_is_either_a_flood_or_paced(scenario: str) -> None:
    """No two cases of one scenario have the same label. Only the scenario that asks questions has none."""
    found = cases(scenario, [10, 100, 1000], 2.0, 5, 50)
    assert all(bool(case.window) != bool(case.rate or case.share) for case in found)
    assert len({case.label for case in found}) == len(found)
    assert bool(found) == (scenario != PAST)


def test_paced_cases_have_the_same_deliveries_a_second() -> None:
    """This holds for any number of users. Cases with too few users are left out."""
    assert [case.users * case.rate for case in cases("pace", [10, 100, 1000], 2.0, 5, 50)] == [50_000, 50_000]


def test_the_rooms_of_a_case_are_of_one_size() -> None:
    """Those who talk, the first users, are all in one room, or each in another one."""
    alone, together, apart = cases("rooms", [], 2.0, 5, 50)
    assert {alone.room(number) for number in range(10)} == {0}
    assert [{case.room(number) for number in range(5)} for case in (together, apart)] == [{0}, {0, 1, 2, 3, 4}]
    for case in together, apart:
        assert set(Counter(map(case.room, range(1000))).values()) == {10}


def test_a_line_has_its_size() -> None:
    """Its end is counted. If the size is too small, the line is as short as it can be."""
    assert make_line(b"A", 7, 123, 32) == b"@A7:123:".ljust(31, b"x") + b"\n"
    assert make_line(b"A", 7, 123, 1) == b"@A7:123:\n"


@pytest.mark.parametrize("written", [as_text, as_json])
def test_every_line_is_counted_however_it_was_cut(written: Callable[[bytes], bytes]) -> None:
    """Only lines of the load count. Those of this user are counted once more, as its echoes."""
    data = b"".join(written(make_line(letter, n, 5, 32)) for n in range(3) for letter in (b"A", b"B"))
    for cut in range(len(data)):
        tally = Tally(b"A")
        tally.take(data[:cut], 5)
        tally.take(data[cut:], 5)
        assert (tally.lines, tally.echoes, tally.bytes, tally.disorder) == (6, 3, len(data), 0)


def test_the_first_line_of_a_read_is_the_sample() -> None:
    """The sample is in milliseconds. There is none if the line's start is cut off, or no line is of the load."""
    tally = Tally(b"")
    lines = PREFIX + make_line(b"A", 0, 1_000_000, 32) + PREFIX + make_line(b"B", 0, 2_000_000, 32)
    assert tally.take(lines, 4_000_000) == 3.0
    assert tally.take(lines[: lines.index(b"@") + 3], 4_000_000) is None
    assert tally.take(PREFIX + "已上线\n".encode(), 4_000_000) is None


@pytest.mark.parametrize(("numbers", "disorder"), [([0, 1, 2], 0), ([0, 2], 0), ([0, 2, 1], 1), ([0, 0], 1)])
def test_lines_out_of_order_are_seen(numbers: list[int], disorder: int) -> None:
    """This is about the lines of one sender. A gap is no disorder, and is found by counting."""
    tally = Tally(b"")
    for number in numbers:
        tally.take(make_line(b"A", number, 0, 32), 0)
        tally.take(make_line(b"B", 9 + tally.lines, 0, 32), 0)
    assert tally.disorder == disorder


@pytest.mark.parametrize(("percent", "value"), [(0, 0.0), (50, 50.0), (99, 99.0), (100, 99.0)])
def test_percentile(percent: float, value: float) -> None:
    """It is right for a hundred values, and 0 for none."""
    assert percentile([float(number) for number in range(100)], percent) == value
    assert percentile([], percent) == 0.0


def test_a_delivery_is_a_line_at_one_reader() -> None:
    """Whoever is in another room, or does not read, gets none."""
    case = Case("rooms", users=7, senders=1, window=5, seconds=0.5, rooms=2, silent=1)
    assert [case.room(number) for number in range(7)] == [0, 0, 0, 0, 1, 1, 1]
    with running() as server, contextlib.closing(Load(case, "127.0.0.1", server.port)) as load:
        load.join()
        result = load.talk()
    assert result.sent > 0
    assert (result.delivered, result.missing) == (4 * result.sent, 0)
    assert 0 <= result.busy <= 1


def test_what_is_not_yet_a_line_is_not_the_end(certificate: Certificate) -> None:
    """After the handshake, TLS sends tickets, in which there is nothing to read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        secret: list[ssl.SSLSocket] = []
        thread = threading.Thread(
            target=lambda: secret.append(context.wrap_socket(listener.accept()[0], server_side=True))
        )
        thread.start()
        client = Client(Case("flood", 1, tls=True), "127.0.0.1", listener.getsockname()[1], 0)
        thread.join()

    def read() -> bytes | None:
        assert select.select([client.socket], [], [], PATIENCE)[0]
        return client.read()

    with client.socket, secret[0] as server:
        assert read() is None
        server.sendall(b"hello")
        while (data := read()) is None:
            pass
        assert data == b"hello"
        server.close()
        assert read() == b""


def test_those_who_come_and_go_use_tls_too() -> None:
    """The first byte of TLS is 22."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        call = f"churn(Case('churn', 1, churn=1.0, tls=True), *{listener.getsockname()})"
        command = [sys.executable, "-c", f"from bench.cases import Case\nfrom bench.load import churn\n{call}"]
        with spawn(command), listener.accept()[0] as connection:
            assert connection.recv(1) == b"\x16"


def test_a_certificate_that_cannot_be_made_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is that openssl is not there, or what openssl says."""
    with pytest.raises(Failed, match=r"^openssl makes no certificate: .*nowhere"):
        make_certificate(str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failed, match=r"^openssl, which makes the certificate, is not installed$"):
        make_certificate(str(tmp_path))


def test_the_processor_time_is_that_of_the_server() -> None:
    """It is not known of somebody else's server, or of one that has ended."""
    before = time.process_time()
    known = Server("127.0.0.1", 0, os.getpid()).processor_time()
    assert known is not None
    assert before - 0.1 < known < time.process_time() + 0.1
    assert Server("127.0.0.1", 0).processor_time() is None
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert Server("127.0.0.1", 0, ended.pid).processor_time() is None


def test_a_summary_has_the_median_of_times_and_the_worst_of_faults() -> None:
    """One bad run of three does not change the times, but the lines that it missed are shown."""
    results = [RESULT, RESULT, Result(1.0, 99.0, 99.0, 99.0, missing=7, disorder=1)]
    row = summarize(Case("flood", 10), "x", results)
    assert (row.result.deliveries, row.result.p50, row.result.missing, row.result.disorder) == (1_000_000.0, 1.0, 7, 1)
    assert row.result.memory is None


@pytest.mark.parametrize(("case", "ratio"), [(Case("flood", 10, window=50), 0.5), (Case("pace", 10, rate=9.0), 3.0)])
def test_the_ratio_is_the_median_over_the_pairs_of_runs(case: Case, ratio: float) -> None:
    """A machine that was slow for one pair does not matter. A case that sets the pace is compared by its latency."""
    first = [replace(RESULT, deliveries=speed, p50=100 / speed) for speed in (100.0, 10.0, 100.0)]
    second = [replace(RESULT, deliveries=speed, p50=latency) for speed, latency in ((50, 3.0), (5, 30.0), (100, 0.5))]
    assert summarize(case, "x", second, first).ratio == ratio
    assert summarize(case, "x", first).ratio is None


def test_there_is_no_ratio_to_nothing() -> None:
    """This is so if the first server has delivered nothing in any run."""
    nothing = replace(RESULT, deliveries=0.0)
    assert summarize(Case("flood", 10, window=50), "x", [RESULT], [nothing]).ratio is None


def test_the_table_is_aligned() -> None:
    """It has a row for each case and server, and lines that say how a crowd left, and what was kept of the talk."""
    left = Result(1.0, 1.0, 1.0, 1.0, 0, 0, memory=30.0, left=3.0, kept=100.0)
    text = table(
        [
            Row(Case("flood", 10, window=50), "x", RESULT),
            Row(Case("flood", 10, window=50), "y", replace(RESULT, stored=0.9876, busy=0.5, processor=1.5), 1.25),
            Row(Case("crowd", 10_000, rate=20.0), "longer", left),
        ]
    )
    head, flood, other, crowd, *notes = text.splitlines()
    assert head.split()[:2] == ["case", "server"]
    assert flood.split()[-10:] == ["1,000,000", "-", "1.00", "2.00", "-", "0.50", "-", "0%", "0", "0"]
    assert other.split()[-10:-8] == ["1,000,000", "1.25"]
    assert other.split()[-4:-2] == ["1.50", "50%"]
    assert len(head) == len(flood) == len(other) == len(crowd)
    assert notes == [
        "10 users, 50 in flight, y: 98.8% of the lines are in the history",
        "10,000 users, 20 lines/s, longer: all had left after 3.0 s, 100 MiB were kept for the next",
    ]


def test_the_chart_shows_every_row() -> None:
    """It is XML, and has a bar or a point and a figure for each row. Names are escaped."""
    found = [case for scenario in SCENARIOS for case in cases(scenario, [10, 100], 2.0, 5, 50)]
    rows = [Row(case, server, RESULT) for case in found for server in ("this server", "<other>")]
    root = ElementTree.fromstring(chart(rows))
    kind = "{http://www.w3.org/2000/svg}"
    shown = [row for row in rows if not (row.case.scenario == "load" and row.case.window)]
    points = [row for row in rows if row.case.scenario == "growth"]
    legend_and_ground = 3
    assert len(root.findall(f".//{kind}rect")) == len(shown) - len(points) + legend_and_ground
    assert len(root.findall(f".//{kind}circle")) == len(points)
    assert len(root.findall(f".//{kind}polyline")) == 2
    texts = [element.text for element in root.iter(f"{kind}text")]
    assert "<other>" in texts
    assert sum(text in ("1", "1 / 2") for text in texts) == len(shown)


def test_a_chart_of_nothing_measured_is_still_a_chart() -> None:
    """The bars of a server that delivered nothing have no height."""
    ElementTree.fromstring(chart([Row(Case("flood", 10, window=1), "x", Result(0.0, 0.0, 0.0, 0.0, 1, 0))]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["--users", "0"],
        ["--users", "x"],
        ["--seconds", "0"],
        ["--seconds", "inf"],
        ["--senders", "9"],
        ["--repeat", "0"],
        ["--lines", "999"],
        ["--against", "nowhere"],
        ["--against", "host:"],
        ["--against-tls", "host:"],
    ],
)
def test_a_wrong_flag_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is shown, and the exit status is 2."""
    with pytest.raises(SystemExit) as stop:
        parse_arguments(arguments)
    assert stop.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_other_servers_may_have_names() -> None:
    """Without a name, the address stands for it."""
    flags = ["--against", "Go=127.0.0.1:7000", "--against-tls", "x=127.0.0.1:7002", "--against", "::1:7001"]
    assert parse_arguments(flags).against == [
        Contender("Go", Server("127.0.0.1", 7000)),
        Contender("x", Server("127.0.0.1", 7002), tls=True),
        Contender("::1:7001", Server("::1", 7001)),
    ]


def test_this_server_is_compared_with_itself_in_another_use() -> None:
    """The plain one always comes first, because the others are compared with it."""
    flags = ["--against", "Go=127.0.0.1:7000", "--ops", "--tls", "--history", "--json"]
    assert contenders_of(parse_arguments(flags)) == [
        Contender("this server"),
        Contender("this server, JSON", json=True),
        Contender("this server, history", history=True),
        Contender("this server, TLS", tls=True),
        Contender("this server, metrics", ops=True),
        Contender("Go", Server("127.0.0.1", 7000)),
    ]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 2, check=False)


def test_a_run_measures_ours_in_every_way_and_others(tmp_path: Path, certificate: Certificate) -> None:
    """The table has all of them, and nothing is missing. The progress goes to standard error."""
    svg = tmp_path / "chart.svg"
    flags = ("--users", "6", "--seconds", "0.1", "--json", "--history", "--tls", "--ops", f"--svg={svg}")
    with running() as other, running(tls=str(certificate.cert), tls_key=str(certificate.key)) as secret:
        others = ("--against", f"x=127.0.0.1:{other.port}", "--against-tls", f"y=127.0.0.1:{secret.port}")
        done = bench("flood", *flags, *others)
    assert done.returncode == 0, done.stderr
    head, *rows, note = done.stdout.splitlines()
    assert head.startswith("case")
    assert [re.split("  +", row)[1] for row in rows] == [
        "this server",
        "this server, JSON",
        "this server, history",
        "this server, TLS",
        "this server, metrics",
        "x",
        "y",
    ]
    assert all(row.split()[-2:] == ["0", "0"] for row in rows)
    assert note == "6 users, 50 in flight, this server, history: 100.0% of the lines are in the history"
    assert done.stderr.splitlines()[0] == "flood: 6 users, 50 in flight, this server"
    ElementTree.parse(svg)


def test_a_server_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """It is reported in one line, and the exit status is 1."""
    with running() as gone:
        port = gone.port
    done = bench(
        "pace", "--users", "50", "--seconds", "0.1", "--against", f"127.0.0.1:{port}", f"--svg={tmp_path / 'x'}"
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"bench: no server at 127.0.0.1 port {port}: ")
    assert "Traceback" not in done.stderr
