"""The little HTTP that the ops port speaks: one request a connection, without a body. Knows no socket.

The port is for programs on this machine. A web page that somebody here has open could reach it, too. So a request is
refused that a page has caused, and one whose Host is not this machine: a page can give its own name our address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_BYTES = 8 * 1024  # of a request
END = b"\r\n\r\n"

_REQUEST = re.compile(r"([A-Z]{1,20}) (/[!-~]*) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered to a request."""

    body: str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"

    def encode(self, with_body: bool = True) -> bytes:
        """Return the response in bytes."""
        body = self.body.encode()
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(body)}",
            *(["Allow: GET, HEAD"] if self.status == 405 else []),
            "Cache-Control: no-store",
            "Cross-Origin-Resource-Policy: same-origin",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + (body if with_body else b"")


def respond(request: bytes, port: int, pages: Mapping[str, Callable[[], Page]]) -> bytes:
    """Return the response to a request to this machine's `port`. `pages` make what is shown under each path."""
    first, *rest = request.partition(END)[0].decode("latin-1").split("\r\n")
    line = _REQUEST.fullmatch(first)
    headers = [_HEADER.fullmatch(header) for header in rest]
    if END not in request or line is None or None in headers:
        return Page("this is no request\n", 400).encode()
    method, target = line.groups()
    fields = [(header[1].lower(), header[2]) for header in headers if header]
    if reason := _refusal(fields, port):
        return Page(f"{reason}\n", 403).encode(method != "HEAD")
    if method not in ("GET", "HEAD"):
        return Page("only GET and HEAD\n", 405).encode()
    make = pages.get(target.partition("?")[0])
    page = make() if make else Page("not found\n", 404)
    return page.encode(method != "HEAD")


def _refusal(fields: list[tuple[str, str]], port: int) -> str:
    """Return why a request is refused whatever it wants, or an empty text."""
    here = {f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")}
    hosts = [value.lower() for name, value in fields if name == "host"]
    if len(hosts) != 1 or hosts[0] not in here:
        return f"the Host must be 127.0.0.1:{port}"
    for name, value in fields:
        if name == "origin" or (name == "sec-fetch-site" and value not in ("none", "same-origin")):
            return "web pages may not ask"
    return ""
