"""Runs a case: a server of our own or somebody else's, and the processes of the load."""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from . import load
from .cases import Case, Result

_spawn = multiprocessing.get_context("spawn")


class Failed(Exception):
    """There is nobody to measure, with the reason."""


@dataclass(frozen=True)
class Server:
    """Who is measured. Without a process it is somebody else's, and its memory cannot be seen."""

    name: str
    host: str
    port: int
    process: int | None = None

    def status(self, field: str) -> int | None:
        """A figure of /proc/PID/status: VmRSS in KiB, or Threads; None where there is none."""
        if self.process is None:
            return None
        try:
            text = Path(f"/proc/{self.process}/status").read_text()
        except OSError:  # not on this system
            return None
        found = re.search(rf"^{field}:\s*(\d+)", text, re.MULTILINE)
        return int(found[1]) if found else None


@contextlib.contextmanager
def our_server(*flags: str) -> Iterator[Server]:
    """This project's server in a fresh process, on a free port, for the length of a case."""
    command = [sys.executable, "-m", "server", "--port", "0", "--idle-timeout", "0", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            listening = re.search(r"listening on \S+ port (\d+)", process.stderr.readline())
            if listening is None:
                raise Failed("the server does not start: " + process.stderr.read().strip())
            yield Server("this server", "127.0.0.1", int(listening[1]), process.pid)
        finally:
            process.terminate()
            process.stderr.read()


def measure(case: Case, server: Server) -> Result:
    """Run CASE on SERVER. Raises Failed if nobody answers there."""
    first_memory, first_threads = server.status("VmRSS"), server.status("Threads")
    with _process(load.run, case, server.host, server.port) as connection:
        settle = connection.recv()
        if isinstance(settle, str):
            raise Failed(settle)
        memory = server.status("VmRSS")
        with _churning(case.churn, server):
            connection.send(None)
            result: Result = connection.recv()
        connection.send(None)
    result = replace(result, settle=settle)
    if memory is None or first_memory is None:
        return result
    result = replace(result, memory=(memory - first_memory) / case.users)
    if case.scenario != "crowd":
        return result
    begun = time.monotonic()
    while (server.status("Threads") or 0) > (first_threads or 0):
        time.sleep(0.05)
    kept = (server.status("VmRSS") or 0) - first_memory
    return replace(result, left=time.monotonic() - begun, kept=kept / 1024)


@contextlib.contextmanager
def _process(target: object, *arguments: object) -> Iterator[Connection]:
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=target, args=(*arguments, theirs), daemon=True)  # type: ignore[arg-type]
    process.start()
    theirs.close()
    try:
        yield ours
        process.join()
    except EOFError:
        raise Failed("the load has died") from None
    finally:
        process.terminate()
        process.join()
        ours.close()


@contextlib.contextmanager
def _churning(rate: float, server: Server) -> Iterator[None]:
    if not rate:
        yield
        return
    process = _spawn.Process(target=load.churn, args=(rate, server.host, server.port), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
