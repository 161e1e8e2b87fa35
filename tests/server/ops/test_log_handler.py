"""The log on a pipe: while it is read, while it is not read, and after its reader has gone."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from server.ops.log_handler import DroppingHandler

Pipe = tuple[int, int, logging.Logger]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    handler = DroppingHandler(writing)
    logger = logging.Logger("test")  # noqa: LOG001 (not shared with other tests)
    logger.addHandler(handler)
    yield reading, writing, logger
    handler.close()
    os.close(writing)


def read(descriptor: int) -> list[str]:
    """Return all lines that the pipe holds."""
    data = b""
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except BlockingIOError:
            return data.decode().splitlines()
        data += chunk


def test_what_is_logged_is_written(pipe: Pipe) -> None:
    """A long record is written whole."""
    reading, _, logger = pipe
    logger.info("小明 %s", "x" * 10_000)
    assert read(reading) == ["小明 " + "x" * 10_000]
    os.close(reading)


def test_what_nobody_takes_is_dropped_and_counted(pipe: Pipe) -> None:
    """No caller waits, however much it logs. The count is written as soon as somebody reads again."""
    reading, _, logger = pipe
    for number in range(20_000):
        logger.info("line %06d", number)
    taken = read(reading)
    assert taken == [f"line {number:06d}" for number in range(len(taken))]
    assert len(taken) < 20_000
    logger.info("again")
    assert read(reading) == [f"{20_000 - len(taken)} lines of the log were dropped: nobody took them", "again"]
    os.close(reading)


def test_after_a_line_that_was_cut_another_begins(pipe: Pipe) -> None:
    """A long line of which only a part was taken does not swallow the next one."""
    reading, _, logger = pipe
    logger.info("x" * 1_000_000)
    (cut,) = read(reading)
    assert 0 < len(cut) < 1_000_000
    logger.info("again")
    assert read(reading) == ["", "again"]  # the first ends the line that was cut
    logger.info("and again")
    assert read(reading) == ["and again"]
    os.close(reading)


def test_what_is_no_record_has_its_form(pipe: Pipe) -> None:
    """Lines of the trace, and the line that says how many were dropped."""
    reading, writing, _ = pipe
    handler = DroppingHandler(writing, lambda text: f"<{text}>")
    handler.write_line("x")
    assert read(reading) == ["<x>"]
    for _ in range(20_000):
        handler.write_line("y" * 100)
    assert set(read(reading)) == {f"<{'y' * 100}>"}
    handler.write_line("z")
    dropped, last = read(reading)
    assert dropped.startswith("<") and dropped.endswith("lines of the log were dropped: nobody took them>")
    assert last == "<z>"
    handler.close()
    os.close(reading)


def test_a_closed_pipe_harms_nobody(pipe: Pipe) -> None:
    """What is logged is dropped when the reader of the pipe has gone."""
    reading, _, logger = pipe
    os.close(reading)
    logger.info("line")
