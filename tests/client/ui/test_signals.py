"""What wakes the main thread when a signal comes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from client.events import Events, Signalled
from client.ui.signals import Signals

from ...support.peers import PATIENCE


@pytest.fixture
def events() -> Iterator[Events]:
    """Into which the signals come, one of which has a handler that does nothing."""
    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    events = Events()
    with Signals(events):
        yield events
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_to_another_thread_ends_the_wait(events: Events) -> None:
    """Its handler could not: that runs only when the main thread goes on."""

    def signal_itself() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    threading.Thread(target=signal_itself).start()
    assert events.get(timeout=PATIENCE) == Signalled(signal.SIGUSR1)


def test_signals_without_end_are_no_harm(events: Events) -> None:
    """Nor does anything warn that there is no room for more of them."""
    for _ in range(10_000):
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)  # keeps the thread from reading
    assert events.get(timeout=PATIENCE) == Signalled(signal.SIGUSR1)
