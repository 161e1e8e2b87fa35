"""How a time is shown to people. Pure, but for the time zone of the system."""

from __future__ import annotations

import time


def moment(then: float, now: float) -> str:
    """Return a time as `HH:MM:SS`, with the date in front if that is not today's. Both are seconds since 1970."""
    when = time.localtime(then)
    today = when[:3] == time.localtime(now)[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", when)
