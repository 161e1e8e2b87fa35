"""One connection of a browser: its requests, one after the other, of which one may become a stream of events."""

from __future__ import annotations

import http
import re
import urllib.parse
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from ..chat import texts
from ..chat.refusals import Refuse
from ..commands.sessions import Json, Resume
from ..inlet import Host, Inlet
from ..threads.channel import Closed
from ..wire.arrival import Arrival
from ..wire.encoding import Encoding
from ..wire.transport import Transport
from .page import Page
from .reader import Gone, Limits, Reader, TooLarge, TooSlow
from .streams import Stream, Streams
from .visitors import Visitors, are_from_our_page

METHODS = {"/": "GET", "/events": "GET", "/say": "POST"}
TYPES = ("text/plain", "text/plain; charset=utf-8", "text/plain;charset=utf-8")
STREAM = "text/event-stream"
_TOKEN = re.compile("Bearer ([0-9a-f]{32})")
_NUMBER = re.compile("[0-9]{1,18}")
_ALWAYS = ("X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store")


class Refusal(Exception):
    """A request that is not done, and why."""

    def __init__(self, status: int, why: str, *headers: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.headers = headers


class WebHost(Protocol):
    """What a handler needs of its door."""

    host: Host
    limits: Limits
    visitors: Visitors
    page: Page
    streams: Streams
    events: Encoding
    idle: set[Transport]

    def lets_in(self, host: str) -> bool:
        """Return whether somebody from `host` may still come in."""


class WebHandler(BaseHTTPRequestHandler):
    """A connection, in a thread of its own. Whatever is sent goes through the outbox, so that nobody waits for the peer."""

    protocol_version = "HTTP/1.1"
    server: WebHost  # type: ignore[assignment]
    request: Arrival
    rfile: Reader  # type: ignore[assignment]

    def setup(self) -> None:
        """Begin with a connection, over which nobody has come in yet."""
        host = self.server.host
        self._user = host.new_user(self.request)
        self._user.outbox.last_words = b""  # of an answer that its reader does not take, the rest is left out
        self._inlet = Inlet(host, self._user, host.rates_of(self.request.host))
        self._limits = self.server.limits
        self._is_stream = False
        self.rfile = Reader(self.request.transport, self._pay)

    def handle(self) -> None:
        """Answer requests until one side has enough."""
        outbox = self._user.outbox
        try:
            self._inlet.wait(self._inlet.rates.join())
            super().handle()
            if not self._is_stream:  # else the broadcaster closes it, behind the last words
                outbox.close()
            self._inlet.linger()
        finally:
            outbox.close()  # before the connection is closed, also after a bug

    def finish(self) -> None:
        """Do nothing: all that was sent has gone through the outbox."""

    def handle_one_request(self) -> None:
        """Answer one request, if one comes. After an error, the connection ends: nobody knows where the next one begins."""
        self.close_connection = True
        if not self._wait_for_request():
            return
        self.rfile.begin(self._limits.request)
        self.rfile.allow(self._limits.head)
        try:
            self.raw_requestline = self.rfile.readline()
            if self.parse_request():
                self._answer_request()
        except Refusal as refusal:
            self._refuse(refusal)
        except TooLarge:
            self._refuse(Refusal(431, "the head of a request is too long"))
        except TooSlow:
            self._refuse(Refusal(408, "the request did not come in time"))
        except (Gone, Closed):
            self.close_connection = True
        self._pay()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that `http.server` cannot read."""
        self._refuse(Refusal(code, message or http.HTTPStatus(code).phrase))

    def handle_expect_100(self) -> bool:
        """Ask for the body of a request. Whether it is wanted is found out later."""
        self._user.outbox.put(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing for each request."""

    def _pay(self) -> None:
        """Count the processor time of this thread, and wait if it was too much for its address."""
        self._inlet.wait(self._inlet.rates.read())

    def _wait_for_request(self) -> bool:
        """Return whether a request has begun. A server that stops does not wait for one."""
        idle, transport = self.server.idle, self.request.transport
        idle.add(transport)
        try:
            return not self.server.host.stopping.is_set() and self.rfile.wait(self._limits.idle)
        finally:
            idle.discard(transport)

    def _answer_request(self) -> None:
        if not self.server.lets_in(self.request.host):  # the door has asked before, and the connection was kept
            raise Refusal(503, texts.BANNED, "Retry-After: 5")
        host = self._only("Host")
        path, _, query = self.path.partition("?")
        if self.request_version == "HTTP/0.9" or not host:
            raise Refusal(400, "a request needs a Host")
        if not self.server.visitors.are_here(host):
            raise Refusal(421, f"this server is not called {host!r}: --web-host NAME gives it another name")
        if not are_from_our_page(self.headers, host, is_page=path == "/"):
            raise Refusal(403, "another page may not talk to this server")
        if path not in METHODS:
            raise Refusal(404, "there is nothing here")
        if self.command != METHODS[path]:
            raise Refusal(405, f"this is for {METHODS[path]}", f"Allow: {METHODS[path]}")
        if path == "/":
            self._send_page()
        elif path == "/say":
            self._take_post()
        else:
            self._stream(query)

    def _send_page(self) -> None:
        page = self.server.page
        zipped = "gzip" in self.headers.get("Accept-Encoding", "")
        headers = ["Content-Type: text/html; charset=utf-8", f"Content-Security-Policy: {page.policy}"]
        headers += ["Content-Encoding: gzip"] if zipped else []
        self._send(200, page.zipped if zipped else page.data, *headers, "Vary: Accept-Encoding")

    def _take_post(self) -> None:
        """Put the lines of a post into the log."""
        if self._only("Content-Type").lower() not in TYPES:
            raise Refusal(415, "a post is text/plain, in UTF-8")
        body, token = self._read_body(), self._token()
        first = self._only("Line") or "0"
        if not token:
            raise Refusal(401, "a post needs Authorization: Bearer TOKEN", "WWW-Authenticate: Bearer")
        if not _NUMBER.fullmatch(first):
            raise Refusal(400, "Line is not a number")
        lines = [line.removesuffix(b"\r") for line in body.removesuffix(b"\n").split(b"\n")]
        if len(lines) > self._limits.lines:
            raise Refusal(413, f"a post has at most {self._limits.lines} lines")
        stream = self.server.streams.of(token)
        if stream and stream.say(token, lines, int(first)):
            self._send(202)
        else:
            self._send(404, b"no stream is open for this session\n")

    def _read_body(self) -> bytes:
        size = self._only("Content-Length")
        if not _NUMBER.fullmatch(size) or "Transfer-Encoding" in self.headers:
            raise Refusal(411, "a post needs a Content-Length")
        if int(size) > self._limits.body:
            raise Refusal(413, f"a post has at most {self._limits.body} bytes")
        self.rfile.allow(self._limits.body)
        return self.rfile.read(int(size))

    def _stream(self, query: str) -> None:
        """Let somebody in who reads events, until the connection ends."""
        if STREAM not in self.headers.get("Accept", ""):
            raise Refusal(406, f"this needs Accept: {STREAM}")
        opening = self._opening(query)
        self.close_connection = self._is_stream = True
        self._user.values = self.server.events
        self._user.outbox.put(self._head(200, "Connection: close", f"Content-Type: {STREAM}", "X-Accel-Buffering: no"))
        tokens = [opening.token, *([opening.fresh] if isinstance(opening, Resume) else [])]
        stream = Stream(self.server.host, self._inlet)
        with self.server.streams.open(stream, opening, tokens):
            try:
                if self.server.lets_in(self.request.host):  # a ban from here on removes whoever is in
                    self.rfile.wait()  # nothing more is to come, and whatever comes ends the stream
            finally:
                stream.leave()

    def _opening(self, query: str) -> Json | Resume:
        """Return what brings the reader of a stream in."""
        token, at = self._token(), self._only("Last-Event-ID")
        if token:
            line = f"/resume {token} {at}"
        else:
            line = " ".join(["/json", *urllib.parse.parse_qs(query).get("name", [])])
        data = line.encode("utf-8", "replace")
        self._inlet.take(len(data))
        entry = self._inlet.understand(data)
        if isinstance(entry, (Json, Resume)):
            return entry
        raise Refusal(400, entry.reason if isinstance(entry, Refuse) else "this brings nobody in")

    def _token(self) -> str:
        """Return the token of the session, or nothing."""
        found = _TOKEN.fullmatch(self._only("Authorization"))
        return found[1] if found else ""

    def _only(self, name: str) -> str:
        """Return the value of a header that may be there once, or nothing."""
        values = self.headers.get_all(name, [])
        if len(values) > 1:
            raise Refusal(400, f"{name} is there twice")
        return str(values[0]).strip() if values else ""

    def _send(self, status: int, body: bytes = b"", *headers: str) -> None:
        ending = ["Connection: close"] if self.close_connection else []
        self._user.outbox.put(self._head(status, *headers, f"Content-Length: {len(body)}", *ending) + body)
        if self._user.outbox.lag.waiting:  # whoever does not read gets no further answer
            self.close_connection = True

    def _refuse(self, refusal: Refusal) -> None:
        self.close_connection = True
        self._send(
            refusal.status, f"{refusal.why}\n".encode(), "Content-Type: text/plain; charset=utf-8", *refusal.headers
        )

    def _head(self, status: int, *headers: str) -> bytes:
        first = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"
        return "\r\n".join([first, *_ALWAYS, *headers, "", ""]).encode()
