"""The flags of the server, and the settings that they stand for."""

from __future__ import annotations

import argparse
import ipaddress

from . import __version__
from .chat import names
from .chat.memory import TALK
from .settings import Network, Settings

_DEFAULT = "(default: %(default)s)"
_NO_LIMIT = "0 means no limit (default: %(default)s)"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the flags. Exits with status 2 on one that makes no sense."""
    parser = make_parser()
    parsed = parser.parse_args(arguments)
    if parsed.export and not parsed.history:
        parser.error("--export needs --history FILE")
    if 0 < parsed.idle_timeout <= parsed.warn:
        parser.error("--warn must be less than --idle-timeout")
    if parsed.operator and not parsed.accounts:
        parser.error("--operator needs --accounts FILE")
    if parsed.web_host and parsed.web is None:
        parser.error("--web-host needs --web PORT")
    if not parsed.tls and (parsed.tls_key or parsed.tls_only):
        parser.error("--tls-key and --tls-only need --tls CERT")
    return parsed


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    default = Settings()
    parser = argparse.ArgumentParser(
        prog="chatroom-server",
        description="A chat server. People come in with telnet, nc or the chatroom client.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-ip", "--ip", default=default.ip, help=f"address to listen on; 0.0.0.0 means all of this machine's {_DEFAULT}")
    add("-port", "--port", type=_port, default=default.port, help=f"port to listen on; 0 picks a free one {_DEFAULT}")
    add("--web", type=_port, metavar="PORT", help="serve a page for browsers on this port; 0 picks a free one")
    add(
        "--web-host",
        action="append",
        metavar="NAME",
        help="a name by which browsers may call this server, besides its addresses; may be given several times",
    )
    add(
        "--idle-timeout",
        type=_non_negative,
        default=default.idle_timeout,
        metavar="SECONDS",
        help="disconnect users who send nothing for this long; 0 means never (default: %(default)g)",
    )
    warn = "remind people with telnet or nc this long before that; for a class: --idle-timeout 600 --warn 60 (default: %(default)g)"
    add("--warn", type=_non_negative, default=default.warn, metavar="SECONDS", help=warn)
    add("--no-receipt", action="store_true", help='do not answer each line with "I\'m live"')
    add(
        "--max-users",
        type=_number,
        default=default.max_users,
        metavar="N",
        help="maximum connections, and never more than the open-file limit allows; 0 sets no other limit (default: %(default)s)",
    )
    add(
        "--max-per-ip",
        type=_number,
        default=default.max_per_ip,
        metavar="N",
        help=f"maximum connections from one address; this machine is exempt; {_NO_LIMIT}",
    )
    add(
        "--rate",
        type=_non_negative,
        default=default.rate,
        metavar="N",
        help=f"lines a second from one user, after {default.burst} at once; this machine is exempt; "
        "0 means no limit (default: %(default)g)",
    )
    add(
        "--max-line",
        type=_positive,
        default=default.max_line,
        metavar="BYTES",
        help=f"longest line, in bytes of UTF-8 {_DEFAULT}",
    )
    add(
        "--outbox",
        type=_positive,
        default=default.outbox_limit // 1024,
        metavar="KIB",
        help=f"how much may wait for one slow reader, in KiB, before that reader is disconnected {_DEFAULT}",
    )
    add(
        "--memory",
        type=_positive,
        default=default.memory // 1024 // 1024,
        metavar="MIB",
        help="how much may wait for all readers together, in MiB, before those furthest behind are disconnected "
        f"{_DEFAULT}",
    )
    add(
        "--tls",
        default=default.tls,
        metavar="CERT",
        help="let people come in with TLS, too, and show them the certificate in this file (PEM)",
    )
    add("--tls-key", default=default.tls_key, metavar="KEY", help="file of the certificate's key, if it is another one")
    add("--tls-only", action="store_true", help="let nobody in from other machines without TLS")
    add(
        "--proxy-from",
        type=_networks,
        action="extend",
        metavar="NETWORK",
        help="addresses of proxies, such as 10.0.0.0/8; each of their connections must begin with a header of the PROXY "
        "protocol, which says for whom it is made",
    )
    add("--limit-loopback", action="store_true", help="give this machine the limits of every other address")
    add(
        "--hold",
        type=_non_negative,
        default=default.hold,
        metavar="SECONDS",
        help="keep the session of a program that has lost its connection for this long (default: %(default)g)",
    )
    add(
        "--remember",
        type=_number,
        default=default.remember,
        metavar="N",
        help=f"how much of what was said last is kept in memory, for programs that come back {_DEFAULT}",
    )
    add("--history", metavar="FILE", help="keep what is said, and sessions, in this file (SQLite), over restarts too")
    add(
        "--replay",
        type=_number,
        default=default.replay,
        metavar="N",
        help=f"show a newcomer the last N lines that were said, up to {TALK} {_DEFAULT}",
    )
    add(
        "--export",
        choices=("text", "json"),
        help="write what the file of --history holds to standard output, and exit",
    )
    add("--accounts", metavar="FILE", help="let people register their names, and keep these in this file (SQLite)")
    add(
        "--operator",
        type=_name,
        action="append",
        metavar="NAME",
        help="whoever has registered this name and logged in may keep order; needs --accounts; may be given several times",
    )
    add("--motd", metavar="FILE", help="show newcomers the text in this file")
    add("--hide-addr", action="store_true", help="show a short tag in place of each address")
    add("--trace", action="store_true", help="show the way of each line through the server on standard error")
    add(
        "--log-level",
        type=str.upper,
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help=f"how much to log on standard error {_DEFAULT}",
    )
    add("--log-format", default="text", choices=("text", "json"), help=f"how to log {_DEFAULT}")
    add(
        "--ops",
        type=_port,
        metavar="PORT",
        help="show /metrics and /health to programs on this machine at this port; 0 picks a free one",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings that the flags stand for."""
    return Settings(
        ip=arguments.ip,
        port=arguments.port,
        idle_timeout=arguments.idle_timeout,
        warn=arguments.warn,
        receipt=not arguments.no_receipt,
        max_users=arguments.max_users,
        max_per_ip=arguments.max_per_ip,
        rate=arguments.rate,
        max_line=arguments.max_line,
        outbox_limit=arguments.outbox * 1024,
        memory=arguments.memory * 1024 * 1024,
        trust_loopback=not arguments.limit_loopback,
        hold=arguments.hold,
        remember=arguments.remember,
        replay=arguments.replay,
        hide_addr=arguments.hide_addr,
        tls=arguments.tls,
        tls_key=arguments.tls_key,
        tls_only=arguments.tls_only,
        proxies=tuple(arguments.proxy_from or ()),
    )


def _port(text: str) -> int:
    port = _number(text)
    if port > 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _positive(text: str) -> int:
    number = _number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _non_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return number


def _networks(text: str) -> list[Network]:
    try:
        return [ipaddress.ip_network(network.strip()) for network in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _name(text: str) -> str:
    try:
        return names.check(text)
    except names.BadName as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be a name: {error}") from None
