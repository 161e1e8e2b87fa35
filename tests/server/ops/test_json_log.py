"""The log as JSON: each record is one line and one object, whatever is in it."""

from __future__ import annotations

import io
import json
import logging
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from server.ops.json_log import JsonFormatter


def logged(message: str, *arguments: object, exception: BaseException | None = None) -> str:
    """Return what is written for a warning."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("server.test")  # noqa: LOG001 (not shared with other tests)
    logger.addHandler(handler)
    logger.warning(message, *arguments, exc_info=exception)
    return stream.getvalue()


def test_a_record_is_an_object() -> None:
    """Its time is in UTC, whatever the time zone of the machine, and Chinese can be read as it is."""
    record = logging.LogRecord("server.x", logging.INFO, "", 0, "%s 中断连接", ("小明",), None)
    record.created = 1_000_000_000.0259
    assert JsonFormatter().format(record) == (
        '{"time": "2001-09-09T01:46:40.025Z", "level": "INFO", "logger": "server.x", "message": "小明 中断连接"}'
    )


def test_an_exception_is_one_string() -> None:
    """With its traceback, which takes lines in a log of text."""
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        line = logged("failed", exception=error)
    found = json.loads(line)
    assert line.count("\n") == 1
    assert found["message"] == "failed"
    assert found["exception"].startswith("Traceback (most recent call last):\n")
    assert found["exception"].endswith("ValueError: a\nb")


@given(st.text(st.characters(), max_size=50))
def test_nothing_forges_a_line(text: str) -> None:
    """What is logged comes back, as far as it can be written in UTF-8, and nothing in the line drives a terminal."""
    line = logged("%s", text)
    assert json.loads(line)["message"] == text
    assert line.endswith("}\n")
    assert all(unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") for character in line[:-1])
    line.encode()


def test_known_forgeries_are_escaped() -> None:
    """Line ends of all kinds, escapes of a terminal, characters that turn the order round, half a character."""
    forged = "\r\n\x1b[2J\x7f\x85\x9b\u2028\u2029\u202e\u2066\u200f\ud800"
    message = logged("%s", forged).partition('"message": ')[2]
    assert message == (r'"\r\n\u001b[2J\u007f\u0085\u009b\u2028\u2029\u202e\u2066\u200f\ud800"}' "\n")


def test_a_text_that_is_no_record_is_an_object_too() -> None:
    """As a line of the trace is."""
    found = json.loads(JsonFormatter().format_text("100 % 大家好"))
    assert (found["level"], found["message"]) == ("INFO", "100 % 大家好")
