"""`python3 -m client`: flags, the two threads, and how it ends.

The main thread reads what is typed; the receiver, of main() and ended by it, shows what the server says.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
import threading

from . import requests
from .connection import Connection
from .menu import Menu

# Importing it gives input() a line that can be edited; not every Python has it.
with contextlib.suppress(ImportError):
    import readline  # noqa: F401

INTERRUPTED = 130  # what a shell makes of SIGINT
LINGER = 2.0  # seconds for the server to take our last lines


def main() -> int:
    """Chat until the user leaves; the exit status."""
    arguments = parse_arguments()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    where = f"{arguments.ip} port {arguments.port}"
    try:
        connection = Connection(arguments.ip, arguments.port)
    except (OSError, UnicodeError) as error:
        print(f"client: no server at {where}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    with contextlib.closing(connection):
        return Client(connection).run(where)


class Client:
    """A connection, the menu, and the thread that shows what comes. Go: Client"""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leaving = False  # written by the main thread
        self._lost = False  # written by the receiver
        self._receiver = threading.Thread(target=self.deal_response, name="receiver", daemon=True)

    def run(self, where: str) -> int:
        """Show the menu until the user leaves or the server is gone; the exit status."""
        status = 0
        try:
            self._receiver.start()
            try:
                Menu(self._connection.send, show).run()
            except EOFError:
                show("")  # the shell's prompt gets a line of its own
            except OSError:
                self._lost = True
            self._leave()
        except KeyboardInterrupt:
            show("")
            if not self._lost:
                status = INTERRUPTED
                self._leave()
        if self._lost:
            print(f"client: the server at {where} has ended the connection", file=sys.stderr)
            return 1
        return status

    def _leave(self) -> None:
        """Have the server take our last lines, and show what it still says."""
        self._leaving = True
        self._connection.finish()
        self._receiver.join(LINGER)

    def deal_response(self) -> None:
        """Show what the server says until it is gone: the receiver thread's whole life.

        Go: Client.DealResponse
        """
        self._connection.receive(lambda line: None if line == requests.RECEIPT else show(line))
        if not self._leaving:
            self._lost = True
            # The main thread sits in input(); only a signal gets it out of there.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def show(line: str) -> None:
    """Print a line at once, and as one write: both threads show lines, and print() writes a newline apart."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The flags. Exits with status 2 on one that makes no sense."""
    parser = argparse.ArgumentParser(prog="client", description="Chat in a terminal.", allow_abbrev=False)
    parser.add_argument("-ip", "--ip", default="127.0.0.1", help="the server's address (default: %(default)s)")
    parser.add_argument("-port", "--port", type=_port, default=6666, help="and its port (default: %(default)s)")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 1 and 65535")
    return port


if __name__ == "__main__":
    sys.exit(main())
