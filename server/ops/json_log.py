"""The log as JSON, one object a line, for programs that collect logs."""

from __future__ import annotations

import json
import logging
import re

from ..wire.values import rfc3339

# What JSON need not escape and could still end a line, drive a terminal, turn the order of characters round, or not be
# written in UTF-8.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class JsonFormatter(logging.Formatter):
    """Makes an object of each record: `time`, `level`, `logger`, `message`, and `exception` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line, whatever is in it."""
        fields = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return _UNSAFE.sub(_escape, json.dumps(fields, ensure_ascii=False))

    def format_text(self, text: str) -> str:
        """Return a text that is no record, such as a line of the trace, as if it were one."""
        return self.format(logging.LogRecord(__name__, logging.INFO, "", 0, text, None, None))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
