"""The client as a program: flags, which kind of display, signals, and exit statuses."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib.util
import io
import math
import os
import re
import signal
import sys
from types import FrameType

from . import __version__
from .client import Client
from .events import Events
from .menu import Menu
from .net.attempts import ReconnectPolicy
from .net.tls import Trust
from .net.values import ServerUnavailable
from .options import Options
from .rules import may_be_name
from .ui.editor import Editor
from .ui.history import History, default_path
from .ui.plain import Plain
from .ui.signals import Signals
from .ui.theme import Theme

INTERRUPTED = 130  # what a shell makes of SIGINT
AWAY_AFTER = 10.0  # minutes
ENDINGS = ("SIGTERM", "SIGHUP", "SIGQUIT")  # of which Windows has only the first
SCRIPT_PATIENCE = 5.0  # seconds that a script waits for a server that has gone
NOBODY_READS = (errno.EPIPE, errno.EIO, errno.EINVAL)  # what an output gives that has lost its reader or terminal
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # and what a file gives that can not grow


def main() -> int:
    """Chat until the user leaves. Return the exit status."""
    arguments = make_parser().parse_args()
    prepare_streams()
    try:
        return run(arguments)
    except ServerUnavailable as error:
        print(f"chatroom: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.errno not in (*NOBODY_READS, *FULL):
            raise
        if error.errno in FULL:
            with contextlib.suppress(OSError):  # it may be the file of standard error
                print(f"chatroom: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit would fail, too
        return 1


def prepare_streams() -> None:
    """Have all three be UTF-8, whatever the locale; one that is closed is empty."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def run(arguments: argparse.Namespace) -> int:
    """Chat on the display that fits. Return the exit status. Raise ServerUnavailable, OSError."""
    events: Events = Events()
    person = sys.stdin.isatty() and not arguments.listen
    options = choose(arguments, person)

    def is_event(number: int, frame: FrameType | None) -> None:
        """Nothing: it comes through the queue, and the display deals with it."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # once more changes nothing: the terminal must be given back
        sys.exit(128 + number)

    for number in {getattr(signal, name, signal.SIGTERM) for name in ENDINGS}:
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has it ignored
            signal.signal(number, end)
    if not (person and has_control()):
        if person and hasattr(signal, "SIGTSTP"):
            signal.signal(signal.SIGTSTP, is_event)
        with Signals(events):
            return talk(options, Client(options, events, Plain(asking=person), Editor(History())))
    from .ui.screen import Screen  # which not every system can have

    editor = Editor(open_history())
    screen = Screen(editor, options.theme.indent)
    with Signals(events), screen:
        for number in (signal.SIGWINCH, signal.SIGTSTP):
            signal.signal(number, is_event)
        return talk(options, Client(options, events, screen, editor))


def talk(options: Options, client: Client) -> int:
    """Let a client run. Ctrl-C leaves, and once more leaves at once. Return the exit status."""
    menu = Menu(client, starts_in_chat=bool(options.name))
    try:
        return client.run(menu.run if options.person else menu.say_all)
    except KeyboardInterrupt:
        with contextlib.suppress(ServerUnavailable):
            client.leave()
        raise
    except (SystemExit, ServerUnavailable, OSError):
        client.part()
        raise


def choose(arguments: argparse.Namespace, person: bool) -> Options:
    """Return what the flags mean for a person who types, or for a pipe."""
    keeps = arguments.keep_alive is not None
    has_name = person and bool(arguments.name)
    terminal = sys.stdout.isatty()
    trust = Trust(arguments.cafile, arguments.fingerprint, arguments.insecure)
    return Options(
        server=(arguments.ip, arguments.port),
        trust=trust if arguments.tls or trust != Trust() else None,
        name=arguments.name or "",
        policy=ReconnectPolicy(
            away_after=math.inf if keeps or arguments.listen else 60 * arguments.away_after if has_name else 0.0,
            heartbeat=arguments.keep_alive if keeps else math.inf,
            returns=person or keeps or arguments.listen,
            patience=math.inf if person or keeps else SCRIPT_PATIENCE,
            insists=keeps,
            obeys=not person,
        ),
        plain=arguments.plain,
        listen=arguments.listen,
        person=person,
        theme=Theme(
            colours=terminal and has_control() and not os.environ.get("NO_COLOR"),
            time=not arguments.no_time,
            addresses=arguments.verbose,
            bell=terminal and not arguments.no_bell,
        ),
    )


def has_control() -> bool:
    """Return whether the terminal does more than show line after line, and the system lets us."""
    capable = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return capable and importlib.util.find_spec("termios") is not None


def open_history() -> History:
    """Return what was typed before. Without a file for it, that is nothing."""
    try:
        return History(default_path())
    except (OSError, RuntimeError) as error:  # the latter if nobody knows our home
        print(f"chatroom: no history: {error}", file=sys.stderr)
        return History()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags. It exits with status 2 on one that makes no sense. Go: flag.Parse"""
    parser = argparse.ArgumentParser(
        prog="chatroom",
        description="Chat in a terminal. What comes through a pipe is said, too: echo hello | chatroom",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-ip", "--ip", default="127.0.0.1", help="the server's address (default: %(default)s)")
    add("-port", "--port", type=_port, default=6666, help="and its port (default: %(default)s)")
    add("--name", type=_name, help="go straight to public chat under this name")
    add("--listen", action="store_true", help="only read; standard input is left alone")
    stay = """stay in the room: send heartbeats as often as the server asks, or every SECONDS if that is more often, and
        wait for a server that is away"""
    add("--keep-alive", nargs="?", type=_positive, const=math.inf, metavar="SECONDS", help=stay)
    go = "with --name, heartbeats go on so long after the last key (default: %(default)g)"
    add("--away-after", type=_positive, default=AWAY_AFTER, metavar="MINUTES", help=go)
    add("--tls", action="store_true", help="speak TLS; so do the next three")
    trust = parser.add_mutually_exclusive_group().add_argument
    trust("--cafile", type=_cafile, metavar="FILE", help="trust these authorities, and not those of the system")
    trust("--fingerprint", type=_fingerprint, metavar="HEX", help="trust this certificate alone, by SHA-256")
    trust("--insecure", action="store_true", help="trust any server, which may be anybody")
    add("--plain", action="store_true", help="speak to any server as telnet does, and promise nothing")
    add("--no-time", action="store_true", help="no time in front of each line")
    add("--no-bell", action="store_true", help="no bell for a private word or your name")
    add("-v", "--verbose", action="store_true", help="show addresses")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number between 1 and 65535")
    return int(text)


def _name(text: str) -> str:
    if not may_be_name(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not one word of letters, digits, _ - .")
    return text


def _cafile(text: str) -> str:
    try:
        Trust(cafile=text).context()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r} holds no certificates: {error}") from None
    return text


def _fingerprint(text: str) -> str:
    digits = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise argparse.ArgumentTypeError(f"{text!r} is not a SHA-256 of 64 hexadecimal digits")
    return digits


def _positive(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return seconds
