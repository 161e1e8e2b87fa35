"""Makes the page of metrics out of what the server's parts know. Nothing is made before somebody asks for it."""

from __future__ import annotations

import platform
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from .. import __version__
from ..log.broadcaster import Broadcaster
from ..threads.supervisor import Supervisor
from . import process
from .exposition import counter, counters, gauge, histogram, info
from .journal import Journal
from .meter import Histogram, Meter

DEPARTURES = ("idle", "kicked", "lost", "quit", "slow")  # those that are shown from the start, as 0
REFUSED = ("banned", "busy", "full", "not_arrived", "tls_only", "too_many")
REFUSALS = ("bad_format", "name_bad", "name_taken", "not_online", "too_long", "too_often", "unknown_command")


class Limiter(Protocol):
    """What is looked at of whoever limits connections."""

    refused: Counter[str]


class Guard(Protocol):
    """What is looked at of the guard of all doors."""

    @property
    def limiter(self) -> Limiter:
        """Whoever limits connections."""


class Watched(Protocol):
    """What is looked at of a server."""

    broadcaster: Broadcaster
    supervisor: Supervisor
    stopping: threading.Event
    max_users: int

    @property
    def guard(self) -> Guard:
        """The guard of all its doors."""


class Keeper(Protocol):
    """What is looked at of a history."""

    @property
    def waiting(self) -> int:
        """How many events and sessions wait to be written."""

    @property
    def missing(self) -> int:
        """How many events were left out, because too much had to wait."""

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at present, or an empty text."""


class Metrics:
    """The figures of one server. Any thread may ask for them."""

    def __init__(self, server: Watched, meter: Meter, journal: Journal, history: Keeper | None) -> None:
        self._server = server
        self._meter = meter
        self._journal = journal
        self._history = history

    def text(self) -> str:
        """Return all metrics, in the format of Prometheus."""
        return "".join((*self._of_the_chat(), *self._of_the_history(), *_of_the_process()))

    def _of_the_chat(self) -> Iterator[str]:
        meter, journal, broadcaster = self._meter, self._journal, self._server.broadcaster
        versions = {"version": __version__, "python": platform.python_version()}
        yield info("chatroom_build_info", "The versions of the server and of its Python.", versions)
        yield gauge("chatroom_users", "Users online.", meter.users)
        yield gauge(
            "chatroom_max_users",
            "Maximum connections, as set and as the open-file limit allows.",
            self._server.max_users,
        )
        turned_away = _from_zero(REFUSED, self._server.guard.limiter.refused)
        yield counters("chatroom_connections_refused_total", "Connections that were not let in.", "code", turned_away)
        yield counter("chatroom_lines_total", "Lines that users have sent.", journal.lines)
        yield counter("chatroom_deliveries_total", "Events handed to users, receipts not counted.", journal.deliveries)
        refused = _from_zero(REFUSALS, meter.refused)
        yield counters("chatroom_lines_refused_total", "Lines that could not be done.", "code", refused)
        left = _from_zero(DEPARTURES, journal.departures)
        yield counters("chatroom_departures_total", "Users who have left, by why.", "why", left)
        yield _histogram("chatroom_fan_out_seconds", "From taking a batch to handing it to everyone.", meter.fan_out)
        yield _histogram("chatroom_batch_entries", "Entries of a batch.", meter.entries)
        yield gauge("chatroom_log_entries", "Entries that wait for the broadcaster.", broadcaster.message.qsize())
        yield gauge(
            "chatroom_backlog_bytes", "Bytes that wait for readers, shared ones aside.", broadcaster.backlog.size
        )

    def _of_the_history(self) -> Iterator[str]:
        if (history := self._history) is None:
            return
        yield gauge("chatroom_history_waiting", "Events and sessions that wait to be written.", history.waiting)
        yield counter("chatroom_history_missing_total", "Events for which there was no room to wait.", history.missing)
        yield gauge("chatroom_history_failing", "1 while nothing can be written.", int(bool(history.trouble)))


def _of_the_process() -> Iterator[str]:
    yield gauge("process_start_time_seconds", "When the server was started, since 1970.", process.STARTED)
    yield counter("process_cpu_seconds_total", "Processor time taken.", process.processor_seconds())
    yield gauge("process_resident_memory_bytes", "Memory held.", process.resident_bytes())
    yield gauge("process_open_fds", "Open descriptors.", process.open_descriptors())
    yield gauge("process_max_fds", "Descriptors that may be open.", process.max_descriptors())
    yield gauge("process_threads", "Threads.", process.threads())


def _from_zero(known: tuple[str, ...], counted: Mapping[str, int]) -> dict[str, int]:
    # The copy is made in one step, so that it does not matter whether somebody counts meanwhile.
    return dict.fromkeys(known, 0) | dict(counted)


def _histogram(name: str, about: str, measured: Histogram) -> str:
    return histogram(name, about, measured.bounds, measured.counts.copy(), measured.sum)
