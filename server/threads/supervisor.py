"""Threads that must not die. A server without one of them would live on deaf."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Supervisor:
    """Makes threads, and reports when one of them dies of a bug."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        """`on_failure` is called in the thread that dies. It should see to it that the server is stopped."""
        self.failed = False
        self._on_failure = on_failure

    def thread(self, name: str, life: Callable[[], None]) -> threading.Thread:
        """Return a thread, not yet started, whose whole life is one call of `life`."""
        return threading.Thread(target=self._live, args=(life,), name=name)

    def _live(self, life: Callable[[], None]) -> None:
        try:
            life()
        except Exception:
            log.exception("%s has died of a bug: the server stops", threading.current_thread().name)
            self.failed = True
            self._on_failure()
