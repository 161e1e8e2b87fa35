"""`python3 -m server`: flags, logging, signals."""

from __future__ import annotations

import argparse
import contextlib
import logging
import resource
import signal
import sys

from .server import ChatServer
from .settings import Settings

log = logging.getLogger("server")

# Seconds. Every thread that waits for the interpreter wakes up so often to look for it: with the default of 5 ms,
# ten thousand handlers that are woken together keep the machine busy with nothing else.
SWITCH_INTERVAL = 0.1


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
    logging.basicConfig(level=arguments.log_level, format="%(asctime)s %(levelname)s %(message)s")
    raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Every thread inherits this mask, so the signals wait for sigwait() below: no handler runs anywhere, and a
    # second signal during the stop changes nothing.
    stop_signals = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    settings = Settings(
        ip=arguments.ip,
        port=arguments.port,
        idle_timeout=arguments.idle_timeout,
        receipt=not arguments.no_receipt,
    )
    try:
        server = ChatServer(settings)
    except (OSError, UnicodeError) as error:
        print(f"server: cannot listen on {settings.ip} port {settings.port}: {error}", file=sys.stderr)
        return 1
    with server:
        log.info(
            "listening on %s port %d; come in with: telnet %s %d", settings.ip, server.port, settings.ip, server.port
        )
        log.info("%s: stopping", signal.Signals(signal.sigwait(stop_signals)).name)
    return 0


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


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
