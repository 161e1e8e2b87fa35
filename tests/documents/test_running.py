"""RUNNING.md: its table of metrics is what the server shows, and its commands for backups work."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from server.accounts.store import Store
from server.flags import make_parser, parse_arguments
from server.history.history import History
from server.ops.journal import Journal
from server.ops.meter import Meter
from server.ops.metrics import Metrics
from server.server import ChatServer
from server.settings import Settings

from ..support.kept import export, keeping_server
from ..support.peers import PATIENCE, Peer
from .test_protocol import tables_in

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "RUNNING.md").read_text(encoding="utf-8")
NOW = 1_000_000.0
NAME = re.compile(r"`([a-z_]+)(?:\{([a-z,]+)\})?`")


def shown(page: str) -> list[tuple[str, str, list[str]]]:
    """Return each metric of a page: its name, its type, and its labels, in the order of the page."""
    found = []
    for about in page.split("# HELP ")[1:]:
        _, kind, sample, *_ = about.splitlines()
        _, _, name, kind = kind.split()
        labels = re.findall(r'([a-z]+)="', sample)
        found.append((name, kind, [] if kind == "histogram" else labels))
    return found


@pytest.fixture
def page(tmp_path: Path) -> str:
    """The metrics of a server with a history, which therefore has all of them."""
    history = History(tmp_path / "history")
    server = ChatServer(Settings(port=0))
    page = Metrics(server, Meter(), Journal(), history).text()
    server.server_close()
    history.stop()
    return page


def test_the_table_has_every_metric(page: str) -> None:
    """With its type and its labels, in the order in which the server shows them, and with a word on each."""
    (table,) = [table for table in tables_in(TEXT) if table.header[0] == "metric"]
    rows = []
    for row in table.rows:
        name = NAME.fullmatch(row[0])
        assert name
        assert all(row)
        rows.append((name[1], row[1], name[2].split(",") if name[2] else []))
    assert rows == shown(page)


def test_names_follow_the_conventions(page: str) -> None:
    """Of Prometheus: only what grows for ever ends in `_total`, and each metric says what it is about."""
    for name, kind, _ in shown(page):
        assert name.endswith("_total") == (kind == "counter")
        assert re.search(rf"(?m)^# HELP {name} [A-Z0-9].*\.$", page)


def test_every_metric_in_the_text_is_one(page: str) -> None:
    """Also in the queries."""
    names = {name for name, _, _ in shown(page)} | {f"{name}_bucket" for name, _, _ in shown(page)}
    assert set(re.findall(r"\b(?:chatroom|process)_[a-z_]+\b", TEXT)) <= names


def test_the_flags_are_those_of_the_server() -> None:
    """Those of the table of limits with values that make sense."""
    spans = [span for span in re.findall("`(--[^`\n]+)`", TEXT) if span != "--network container:chat"]
    flags = {flag for span in spans for flag in re.findall(r"--[a-z-]+", span)}
    assert flags <= {string for action in make_parser()._actions for string in action.option_strings}
    (limits,) = [table for table in tables_in(TEXT) if table.header == ["where", "flags"]]
    for row in limits.rows:
        for span in re.findall("`(--[^`]+)`", row[1]):
            parse_arguments(shlex.split(span))


@pytest.mark.parametrize("command", re.findall(r"(?m)^    (sqlite3 chat\.db .*)$", TEXT))
def test_a_backup_has_everything(command: str, tmp_path: Path) -> None:
    """Although the server runs, and somebody is there."""
    if not shutil.which("sqlite3"):
        pytest.skip("sqlite3 is not installed")
    with keeping_server(tmp_path / "chat.db") as server:
        peer = Peer(server.port)
        peer.ask("大家好")
        while not knows(tmp_path / "chat.db"):  # it is written a moment later, into the file beside it
            pass
        subprocess.run(shlex.split(command), cwd=tmp_path, check=True, timeout=PATIENCE)
        peer.close()
    (copy,) = re.findall(r"[a-z-]*copy\.db", command)
    assert knows(tmp_path / copy)


def knows(file: Path) -> bool:
    """Return whether a history has what was said."""
    return any("大家好" in line for line in export(file, "text"))


def test_a_name_whose_password_was_forgotten_is_given_up_with_its_words(tmp_path: Path) -> None:
    """Else whoever registers it next would read them."""
    if not shutil.which("sqlite3"):
        pytest.skip("sqlite3 is not installed")
    (command,) = re.findall(r"(?m)^    (sqlite3 accounts\.db .*)$", TEXT)
    with contextlib.closing(Store(tmp_path / "accounts.db")) as store:
        for key in ("name", "bob"):
            store.add(key, key.upper(), "hash", NOW)
            store.keep(key, "alice", "psst", NOW, None)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True, timeout=PATIENCE)
    with contextlib.closing(Store(tmp_path / "accounts.db")) as store:
        assert [account.name for account in store.accounts] == ["BOB"]
        assert [len(store.hand_out(key, NOW)) for key in ("name", "bob")] == [0, 1]


def test_what_the_health_check_of_the_text_asks() -> None:
    """The paths are those that the server has, on the port of the unit."""
    unit = (ROOT / "deploy" / "chatroom.service").read_text(encoding="utf-8")
    asked = re.findall(r"curl http://127\.0\.0\.1:(\d+)(/[a-z]+)", TEXT)
    assert [path for _, path in asked] == ["/health", "/metrics"]
    assert {f"--ops {port}\n" in unit for port, _ in asked} == {True}
