"""Telling by the first bytes who comes: HTTP and TLS, a program that wants values, or anyone else. Pure.

A web page can make a browser send what it likes, but only behind a request line or a TLS handshake. So whatever begins
a connection with one of these is no chat, however late and in however many pieces it comes.
"""

from __future__ import annotations

import re

# A request line up to its version, as no person types it; and a TLS record of the kind handshake, version 3.x.
_REQUEST = re.compile(rb"[A-Z-]{3,20} [^ \r\n]+ HTTP/[0-9]")
_TLS = re.compile(rb"\x16\x03[\x00-\x04]")
# The first line of a program that has to be understood before the program can come in.
_OPENING = re.compile(rb"/(?:json|resume)(?: [^\n]{0,200})?\r?\n")
# What is a beginning of one of these.
_BEGINNING = re.compile(
    rb"(?:[A-Z-]{0,20}|[A-Z-]{3,20} [^ \r\n]*|[A-Z-]{3,20} [^ \r\n]+ (?:H|HT|HTT|HTTP|HTTP/)?|\x16\x03?"
    rb"|/[a-z]{0,6}|/(?:json|resume) [^\n]{0,200})\r?\Z"
)
# What a browser is told that has come to the wrong door.
_PAGE_IS_ELSEWHERE = """\
HTTP/1.0 404 Not Found\r
Content-Type: text/plain; charset=utf-8\r
Connection: close\r
\r
这里是 telnet 的端口，网页在 {0} (this port is for telnet, the page is at {0})
"""
_TARGET = re.compile(rb"\A([A-Z-]+ )[^ \r\n]+")


class FirstBytes:
    """The first bytes that a peer sends, up to where they show what it speaks. Keeps little of them."""

    def __init__(self) -> None:
        self.foreign = False  # whether the peer speaks HTTP or TLS
        self.http = False  # whether it is HTTP
        self.opens = False  # whether the first line is there, and is one that brings the peer in in its own way
        self.decided = False  # whether nothing that comes can change that
        self._start = b""

    def feed(self, data: bytes) -> bool:
        """Take the next bytes. Return whether the peer speaks HTTP or TLS."""
        if not self.decided:
            start = self._start + data
            self.http = bool(_REQUEST.match(start))
            self.foreign = self.http or bool(_TLS.match(start))
            self.opens = bool(_OPENING.match(start))
            self.decided = self.foreign or self.opens or not _BEGINNING.match(start)
            # One byte stands for all of a request's target, which may be of any length.
            self._start = b"" if self.decided else _TARGET.sub(rb"\1/", start)
        return self.foreign


def elsewhere(page: str) -> bytes:
    """Return the answer to a request over HTTP: one line that says where the chat's page is."""
    return _PAGE_IS_ELSEWHERE.format(page).encode()
