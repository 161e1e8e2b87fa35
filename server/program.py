"""The server as a program: logging, signals, exit status."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from .accounts.house import add_accounts, read_motd, set_motd
from .accounts.store import Store
from .chat.order import Order
from .flags import parse_arguments, settings_of
from .history.export import export
from .history.history import History
from .limits.descriptors import raise_file_limit
from .log.subscriber import Subscriber
from .ops.journal import Journal
from .ops.json_log import JsonFormatter
from .ops.log_handler import DroppingHandler
from .ops.memory import give_large_blocks_back
from .ops.meter import Meter
from .ops.ops_server import OpsServer
from .ops.order_log import OrderLog
from .ops.pages import make_pages
from .ops.trace import Trace
from .server import ChatServer
from .settings import Settings
from .storage.format import StorageError
from .web.web_server import WebServer
from .wire.addresses import address_towards, is_loopback
from .wire.certificates import CertificateError
from .wire.values import Values

log = logging.getLogger(__name__)

# Seconds. Every thread that waits for the interpreter wakes up this often to look for it. With the default of 5 ms, ten
# thousand handlers that are woken together keep the machine busy with nothing else.
SWITCH_INTERVAL = 0.1

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """The server cannot start, for the reason given."""


def run() -> int:
    """Serve until a signal to stop, and return the exit status."""
    arguments = parse_arguments()
    try:
        if arguments.export:
            return _export(arguments.history, arguments.export)
        return _serve(arguments)
    except (CannotStart, StorageError, CertificateError) as error:
        print(f"chatroom-server: {error}", file=sys.stderr)
        return 1


def _serve(arguments: argparse.Namespace) -> int:
    """Serve until a signal to stop, and return the exit status. Raises CannotStart, StorageError, CertificateError."""
    settings = settings_of(arguments)
    handler = _start_log(arguments.log_level, arguments.log_format)
    raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Every thread inherits this mask, so the signals wait for sigwait() below. No signal handler runs anywhere, and a
    # second signal during the stop changes nothing.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    journal, meter, order_log = Journal(), Meter(), OrderLog()
    subscribers: list[Subscriber] = [journal] if arguments.ops is None else [meter, journal]
    if arguments.trace:
        subscribers.append(Trace(handler.write_line))
    if arguments.operator:
        subscribers.append(order_log)
    motd = _read_motd(arguments.motd) if arguments.motd else ""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(contextlib.closing(Store(arguments.accounts))) if arguments.accounts else None
        history = History(arguments.history, settings.remember) if arguments.history else None
        stack.enter_context(history or contextlib.nullcontext())
        with _listening(settings.ip, settings.port):
            server = _make_server(settings, subscribers, history)
        room = server.broadcaster.room
        order_log.order = room.of(Order)
        if store:
            give_large_blocks_back()
            stored = partial(getattr, history, "written") if history else None
            add_accounts(server, server.guard.limiter.banned, store, arguments.operator or (), stored)
        if arguments.operator or motd:
            set_motd(room, motd)
        if arguments.web is not None:
            with _listening(settings.ip, arguments.web):
                _add_web(server, arguments.web, arguments.web_host or ())
        ops = None
        if arguments.ops is not None:
            with _listening("127.0.0.1", arguments.ops):
                ops = OpsServer(arguments.ops, make_pages(server, meter, journal, history))
        with ops or contextlib.nullcontext(), server:
            _say_where(server)
            if server.page:
                log.info("the page for browsers is at %s", server.page)
            if ops:
                log.info("metrics and health: http://127.0.0.1:%d/metrics and /health", ops.port)
            _wait_for_stop(server)
    log.info("stopped after %s", journal.summary())
    return 1 if server.supervisor.failed else 0


@contextlib.contextmanager
def _listening(ip: str, port: int) -> Iterator[None]:
    """Raise CannotStart if the block cannot have an address that it listens on."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        raise CannotStart(f"cannot listen on {ip} port {port}: {error}") from error


def _read_motd(path: str) -> str:
    try:
        return read_motd(path)
    except (OSError, ValueError) as error:
        raise CannotStart(f"cannot read {path}: {error}") from error


def _wait_for_stop(server: ChatServer) -> None:
    """Wait for a signal to stop. With TLS, SIGHUP is none: it asks for a look at the certificate."""
    while (number := signal.sigwait(STOP_SIGNALS)) == signal.SIGHUP and server.certificates:
        try:
            server.certificates.reload()
            log.info("SIGHUP: whoever comes from now on is shown the certificate that is in its file now")
        except CertificateError as error:
            log.error("SIGHUP: the old certificate is kept: %s", error)
    log.info("%s: stopping", signal.Signals(number).name)


def _export(path: str, form: str) -> int:
    """Write what a history holds to standard output, and return the exit status. Raises HistoryError."""
    try:
        with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as output:
            output.writelines(f"{line}\n" for line in export(path, form, Values().encode))
    except BrokenPipeError:  # whoever reads has seen enough
        return 1
    return 0


def _make_server(settings: Settings, subscribers: list[Subscriber], history: History | None) -> ChatServer:
    def fail() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    if history is None:
        return ChatServer(settings, subscribers, fail)
    return ChatServer(settings, [*subscribers, history], fail, history, history.restored)


def _add_web(server: ChatServer, port: int, names: Sequence[str]) -> None:
    """Give a server a door for browsers. Raises OSError if the port cannot be had."""
    web = WebServer(server, port, names)
    server.doors.append(web)
    place = names[0] if names else reachable_address(str(web.server_address[0]))
    server.page = f"http{'s' if server.settings.tls else ''}://{_bracketed(place)}:{web.port}/"


def reachable_address(host: str) -> str:
    """Return an address of this machine at which neighbours reach a server that listens on `host`."""
    if host not in ("0.0.0.0", "::"):
        return host
    for elsewhere in ("192.0.2.1", "2001:db8::1"):
        with contextlib.suppress(OSError):
            return address_towards(elsewhere)
    return socket.gethostname()


def _bracketed(place: str) -> str:
    """Return an address, or a name, as it stands in front of a port."""
    return f"[{place}]" if ":" in place else place


def _start_log(level: str, form: str) -> DroppingHandler:
    if sys.stderr is None:  # closed: no socket must take its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if form == "json":
        objects = JsonFormatter()
        handler = DroppingHandler(sys.stderr.fileno(), objects.format_text)
        handler.setFormatter(objects)
    else:
        handler = DroppingHandler(sys.stderr.fileno())
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    return handler


def _say_where(server: ChatServer) -> None:
    host, settings = str(server.server_address[0]), server.settings
    place = reachable_address(host)
    ways = [] if settings.tls_only and not is_loopback(host) else [f"telnet -E {place} {server.port}"]
    if settings.tls:
        ways.append(f"openssl s_client -quiet -connect {_bracketed(place)}:{server.port}")
        ways.append(f"chatroom --tls --ip {place} --port {server.port}")
    log.info("listening on %s port %d; come in with: %s", host, server.port, "; or: ".join(ways))
    if not is_loopback(host) and not settings.tls_only:
        what = "whoever comes without TLS is not encrypted" if settings.tls else "nothing is encrypted"
        log.warning("whoever reaches this machine can come in, and %s", what)
    if server.max_users < server.settings.max_users:
        log.warning("at most %d users: that many files may be open", server.max_users)
