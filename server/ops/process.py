"""What the system knows of this process. A figure that it does not tell is None."""

from __future__ import annotations

import os
import resource
import threading
import time

from .memory import resident

# When this module was loaded, which is when the program starts, in seconds since 1970.
STARTED = time.time()


def resident_bytes() -> int | None:
    """Return how much memory the process holds."""
    return resident() * resource.getpagesize() or None


def open_descriptors() -> int | None:
    """Return how many descriptors are open."""
    try:
        return len(os.listdir("/proc/self/fd")) - 1  # without the one that reads the list
    except OSError:  # not Linux
        return None


def max_descriptors() -> int | None:
    """Return how many descriptors may be open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def threads() -> int:
    """Return how many threads there are."""
    return threading.active_count()


def processor_seconds() -> float:
    """Return how long the process has kept processors busy, in itself and in the system."""
    return time.process_time()
