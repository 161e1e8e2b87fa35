"""How many files may be open. Each connection is one."""

from __future__ import annotations

import contextlib
import resource

SPARE_DESCRIPTORS = 16  # for all that is not a connection


def within_file_limit(users: int) -> int:
    """Return `users`, or as many as there are descriptors for. 0 means no configured limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return users
    return min(users or soft, max(1, soft - SPARE_DESCRIPTORS))


def raise_file_limit() -> None:
    """Allow as many open files as the system does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems refuse; then the soft limit stays
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
