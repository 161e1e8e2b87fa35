"""What the system knows of this process, beside what it does."""

from __future__ import annotations

import os
import threading

from server.ops import process

from ...support.processes import open_files


def test_descriptors_are_counted() -> None:
    """One more is one more."""
    before = process.open_descriptors()
    assert before == open_files() - 1  # which counts the descriptor with which it looks
    with open(os.devnull, "rb"):
        assert process.open_descriptors() == before + 1


def test_threads_are_counted() -> None:
    """One more is one more."""
    before = process.threads()
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    assert process.threads() == before + 1
    wait.set()
    thread.join()


def test_memory_is_in_bytes() -> None:
    """A process of Python holds some megabytes, and less than a terabyte."""
    held = process.resident_bytes()
    assert held
    assert 2**20 < held < 2**40


def test_the_limit_of_descriptors_is_the_one_of_the_process() -> None:
    """The soft one, which the server raises."""
    limit, used = process.max_descriptors(), process.open_descriptors()
    assert used
    assert limit is None or limit >= used


def test_processor_time_grows() -> None:
    """It is not the time of the clock."""
    before = process.processor_seconds()
    while process.processor_seconds() == before:
        pass
