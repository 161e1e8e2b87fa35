"""What Linux knows of a process. The tests read /proc here and nowhere else."""

from __future__ import annotations

import os
import re
from pathlib import Path

Process = int | str  # a process's id, or "self"


def status(process: Process, field: str) -> int:
    """Return a figure of /proc/PID/status: VmRSS in KiB, or Threads."""
    found = re.search(rf"^{field}:\s*(\d+)", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def open_files(process: Process = "self") -> int:
    """Return how many descriptors are open. For our own process, the one that reads the list is counted too."""
    return len(os.listdir(f"/proc/{process}/fd"))
