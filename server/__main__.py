"""`python3 -m server`: flags, logging, signals."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import resource
import signal
import sys

from .limits import is_loopback
from .log import DroppingHandler
from .server import ChatServer
from .settings import Settings

log = logging.getLogger("server")

# Seconds. Every thread that waits for the interpreter wakes up so often to look for it: with the default of 5 ms,
# ten thousand handlers that are woken together keep the machine busy with nothing else.
SWITCH_INTERVAL = 0.1


_LIMIT = "0 is no limit (default: %(default)g)"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The flags. Exits with status 2 on one that makes no sense."""
    default = Settings()
    parser = argparse.ArgumentParser(
        prog="server", description="Chat for telnet, nc and python3 -m client.", allow_abbrev=False
    )
    parser.add_argument("-ip", "--ip", default=default.ip, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "-port", "--port", type=_port, default=default.port, help="port, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--idle-timeout",
        type=_seconds,
        default=default.idle_timeout,
        metavar="SECONDS",
        help="disconnect whoever is silent for so long, 0 for never (default: %(default)g)",
    )
    parser.add_argument("--no-receipt", action="store_true", help='do not answer each line with "I\'m live"')
    parser.add_argument("--max-users", type=_number, default=default.max_users, metavar="N", help=_LIMIT)
    parser.add_argument(
        "--max-per-ip", type=_number, default=default.max_per_ip, metavar="N", help=f"from one address; {_LIMIT}"
    )
    parser.add_argument(
        "--rate",
        type=_seconds,
        default=default.rate,
        metavar="N",
        help=f"lines a second from one user, after {default.burst} at once; {_LIMIT}",
    )
    parser.add_argument(
        "--max-line", type=_positive, default=default.max_line, metavar="BYTES", help="of a line (default: %(default)s)"
    )
    parser.add_argument(
        "--outbox",
        type=_positive,
        default=default.outbox_limit // 1024,
        metavar="KIB",
        help="that may wait for one user before it is dropped (default: %(default)s)",
    )
    parser.add_argument("--hide-addr", action="store_true", help="show a short tag in place of addresses")
    parser.add_argument(
        "--log-level",
        type=str.upper,
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help="how much to log on standard error (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until SIGINT or SIGTERM; the exit status."""
    arguments = parse_arguments()
    if sys.stderr is None:  # closed: no socket must take its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    logging.basicConfig(
        level=arguments.log_level,
        format="%(asctime)s %(levelname)s %(message)s",
        handlers=[DroppingHandler(sys.stderr.fileno())],
    )
    raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Every thread inherits this mask, so the signals wait for sigwait() below: no handler runs anywhere, and a
    # second signal during the stop changes nothing.
    stop_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    settings = Settings(
        ip=arguments.ip,
        port=arguments.port,
        idle_timeout=arguments.idle_timeout,
        receipt=not arguments.no_receipt,
        max_users=arguments.max_users,
        max_per_ip=arguments.max_per_ip,
        rate=arguments.rate,
        max_line=arguments.max_line,
        outbox_limit=arguments.outbox * 1024,
        hide_addr=arguments.hide_addr,
    )
    try:
        server = ChatServer(settings, on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM))
    except (OSError, UnicodeError) as error:
        print(f"server: cannot listen on {settings.ip} port {settings.port}: {error}", file=sys.stderr)
        return 1
    with server:
        log.info(
            "listening on %s port %d; come in with: telnet %s %d", settings.ip, server.port, settings.ip, server.port
        )
        if not is_loopback(str(server.server_address[0])):
            log.warning("whoever reaches this machine can come in, and nothing is encrypted")
        if server.max_users < settings.max_users:
            log.warning("at most %d users: that many files may be open", server.max_users)
        log.info("%s: stopping", signal.Signals(signal.sigwait(stop_signals)).name)
    return 1 if server.failed else 0


def raise_file_limit() -> None:
    """Allow as many connections as the system does: each is a descriptor."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems refuse; then the soft limit stays
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
