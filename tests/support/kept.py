"""A server with a history file, in a process of its own, and what such a file holds."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .bystanders import ServerProcess
from .peers import PATIENCE, spawn

ROOT = Path(__file__).parents[2]
SERVER = [sys.executable, "-m", "server", "--history"]


@contextlib.contextmanager
def keeping_server(file: Path, *flags: str, port: int = 0) -> Iterator[ServerProcess]:
    """Run a server until the end of the block, or until somebody ends it before."""
    with spawn([*SERVER, str(file), "--port", str(port), *flags], cwd=ROOT) as process:
        yield ServerProcess(process)


def export(file: Path, form: str) -> list[str]:
    """Return the lines that the server makes of what a file holds. `form` is text or json."""
    command = [*SERVER, str(file), "--export", form]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()
