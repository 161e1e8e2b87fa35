"""Whether a server does what it is there for."""

from __future__ import annotations

from .metrics import Keeper, Watched


def trouble_of(server: Watched, history: Keeper | None) -> str:
    """Return what is wrong, in a few words, or an empty text. Any thread."""
    if server.supervisor.failed:
        is_deaf = server.broadcaster.message.closed
        return "the broadcaster has died of a bug" if is_deaf else "a thread has died of a bug"
    if server.stopping.is_set():
        return "stopping"
    if history and (trouble := history.trouble):
        return f"history: {trouble}"
    return ""
