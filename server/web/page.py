"""The page: the file as it is sent, and what a browser is told about it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from importlib.resources import files


class Page:
    """The page, which holds all that it needs. A browser takes style and script from nowhere else."""

    def __init__(self) -> None:
        self.data = files(__package__).joinpath("page.html").read_bytes()
        self.zipped = gzip.compress(self.data, mtime=0)
        self.policy = policy_of(self.data.decode())


def policy_of(page: str) -> str:
    """Return the Content-Security-Policy of a page: its own style and script, and nothing else."""
    style, script = (" ".join(_hashes(page, tag)) for tag in ("style", "script"))
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hashes(page: str, tag: str) -> list[str]:
    found = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digests = (hashlib.sha256(text.encode()).digest() for text in found)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
