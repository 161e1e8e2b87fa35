"""Runs a case: starts a server, unless it is somebody else's, and the processes of the load."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from . import load
from .cases import Case, Result

SERVER = ("-m", "server")

_spawn = multiprocessing.get_context("spawn")


class Failed(Exception):
    """Nothing can be measured, for the reason given."""


@dataclass(frozen=True)
class Server:
    """A server that runs. Without a process it is somebody else's, and its memory is not known."""

    host: str
    port: int
    process: int | None = None

    def status(self, field: str) -> int | None:
        """Return a figure of /proc/PID/status, such as VmRSS in KiB or Threads. None if it is not known."""
        if self.process is None:
            return None
        try:
            text = Path(f"/proc/{self.process}/status").read_text()
        except OSError:  # not on this system
            return None
        found = re.search(rf"^{field}:\s*(\d+)", text, re.MULTILINE)
        return int(found[1]) if found else None

    def processor_time(self) -> float | None:
        """Return the seconds of processor time that all of its threads have used. None if it is not known."""
        if self.process is None:
            return None
        try:
            text = Path(f"/proc/{self.process}/stat").read_text()
        except OSError:  # not on this system
            return None
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Contender:
    """What a case is measured on, beside others: somebody else's server, or this project's in one way of use."""

    name: str
    server: Server | None = None  # None: this project's, started anew for each case
    json: bool = False  # whether its users ask for JSON lines
    history: bool = False  # whether it keeps a history in a file
    tls: bool = False  # whether its users come in with TLS
    ops: bool = False  # whether it has a port for metrics and health


@contextlib.contextmanager
def our_server(*flags: str, python: Sequence[str] = SERVER) -> Iterator[Server]:
    """Run this project's server in a process of its own, on a free port. Raises Failed.

    `python` is what Python is told to run.
    """
    command = [sys.executable, *python, "--port", "0", "--idle-timeout", "0", *flags]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            log = ""
            while not (listening := re.search(r"listening on \S+ port (\d+)", log)):
                line = process.stderr.readline()
                if not line:
                    raise Failed(f"the server does not start: {log.strip()}")
                log += line
            yield Server("127.0.0.1", int(listening[1]), process.pid)
        finally:
            process.terminate()
            process.stderr.read()


def measure_on(contender: Contender, case: Case, flags: Sequence[str]) -> Result:
    """Run a case on a contender. Return what came of it. `flags` are for this project's server. Raises Failed."""
    case = replace(case, json=contender.json, tls=contender.tls)
    if contender.server:
        return measure(case, contender.server)
    with tempfile.TemporaryDirectory() as folder:
        file = ("--history", f"{folder}/history") if contender.history else ()
        certificate = make_certificate(folder) if contender.tls else ()
        ops = ("--ops", "0") if contender.ops else ()
        with our_server(*flags, *file, *certificate, *ops) as server:
            result = measure(case, server)
        if not file:
            return result
        command = [sys.executable, *SERVER, *file, "--export", "text"]
        export = subprocess.run(command, capture_output=True, check=False)
    if export.returncode:
        raise Failed(f"the history cannot be read: {export.stderr.decode().strip()}")
    return replace(result, stored=export.stdout.count(load.MARK) / max(1, result.sent))


def make_certificate(folder: str) -> tuple[str, ...]:
    """Make a certificate that signs itself. Return the flags of a server that shows it. Raises Failed."""
    cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=bench", "-keyout", key, "-out", cert]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError:
        raise Failed("openssl, which makes the certificate, is not installed") from None
    except subprocess.CalledProcessError as error:
        raise Failed(f"openssl makes no certificate: {error.stderr.decode().strip()}") from None
    return "--tls", cert, "--tls-key", key


def measure(case: Case, server: Server) -> Result:
    """Run a case on a server. Return what came of it. Raises Failed if nobody answers there."""
    first_memory, first_threads = server.status("VmRSS"), server.status("Threads")
    with _process(load.run, case, server.host, server.port) as connection:
        settle = connection.recv()
        if isinstance(settle, str):
            raise Failed(settle)
        memory, before = server.status("VmRSS"), server.processor_time()
        with _churning(case, server):
            connection.send(None)
            result: Result = connection.recv()
        after = server.processor_time()
        connection.send(None)
    result = replace(result, settle=settle)
    if before is not None and after is not None:
        result = replace(result, processor=(after - before) * 1e6 / max(1, result.delivered))
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
def _churning(case: Case, server: Server) -> Iterator[None]:
    if not case.churn:
        yield
        return
    process = _spawn.Process(target=load.churn, args=(case, server.host, server.port), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
