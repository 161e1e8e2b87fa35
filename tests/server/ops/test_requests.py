"""The HTTP of the ops port, byte for byte, without a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ops.requests import Page, respond

PORT = 9666
HOST = "Host: 127.0.0.1:9666"


def ask(*lines: str) -> tuple[int, str, bytes]:
    """Send a request of these lines. Return the status, the header lines, and the body."""
    pages = {"/x": lambda: Page("一\n"), "/ill": lambda: Page("ill\n", 503, "text/x")}
    response = respond("\r\n".join([*lines, "", ""]).encode("latin-1"), PORT, pages)
    head, _, body = response.partition(b"\r\n\r\n")
    first, _, headers = head.decode().partition("\r\n")
    version, status, reason = first.split(" ", 2)
    assert (version, bool(reason)) == ("HTTP/1.1", True)
    return int(status), headers, body


def test_a_page() -> None:
    """It says how long it is, and that nobody may keep it or show it on another page."""
    status, headers, body = ask("GET /x HTTP/1.1", HOST)
    assert (status, body) == (200, "一\n".encode())
    assert headers.split("\r\n") == [
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 4",
        "Cache-Control: no-store",
        "Cross-Origin-Resource-Policy: same-origin",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]


def test_head_gets_the_same_without_the_body() -> None:
    """Also of a page that is not there, or that nobody may see."""
    for path, host in (("/x", HOST), ("/none", HOST), ("/x", "Host: elsewhere")):
        _, headers, body = ask(f"HEAD {path} HTTP/1.1", host)
        assert (headers, body) == (ask(f"GET {path} HTTP/1.1", host)[1], b"")


def test_a_page_has_a_status_and_a_type() -> None:
    """As health has when something is wrong."""
    status, headers, body = ask("GET /ill HTTP/1.0", HOST)
    assert (status, body) == (503, b"ill\n")
    assert "Content-Type: text/x\r\n" in headers


@pytest.mark.parametrize("host", ["127.0.0.1:9666", "localhost:9666", "LocalHost:9666", "[::1]:9666"])
def test_this_machine_is_answered(host: str) -> None:
    """By any of its names, with the port; a query is no part of the path."""
    assert ask("GET /x?a=b HTTP/1.1", "User-Agent: x", f"host:{host}  ")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Host: "],
        ["Host: evil.example:9666"],
        ["Host: 127.0.0.1"],
        ["Host: 127.0.0.1:80"],
        ["Host: 127.0.0.1:9666.evil.example"],
        ["Host: localhost.evil.example:9666"],
        ["Host: 192.0.2.1:9666"],
        [HOST, HOST],
        [HOST, "Host: evil.example:9666"],
        [HOST, "Origin: https://evil.example"],
        [HOST, "Origin: http://127.0.0.1:9666"],
        [HOST, "Origin: null"],
        [HOST, "Sec-Fetch-Site: cross-site"],
        [HOST, "Sec-Fetch-Site: same-site"],
    ],
)
def test_a_web_page_is_refused(headers: list[str]) -> None:
    """One whose name has been given our address, and one that asks from elsewhere. No page is made for it."""
    status, sent, body = ask("GET /x HTTP/1.1", *headers)
    assert status == 403
    assert "一".encode() not in body
    assert "access-control" not in sent.lower()


def test_a_person_with_a_browser_is_answered() -> None:
    """Whoever has typed the address."""
    assert ask("GET /x HTTP/1.1", HOST, "Sec-Fetch-Site: none")[0] == 200


@pytest.mark.parametrize("path", ["/", "/X", "/x/", "/xy", "//x", "/../x", "/%78"])
def test_anything_else_is_not_found(path: str) -> None:
    """There are only the pages that are there."""
    assert ask(f"GET {path} HTTP/1.1", HOST)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH"])
def test_only_get_and_head(method: str) -> None:
    """Nothing here can be changed."""
    status, headers, _ = ask(f"{method} /x HTTP/1.1", HOST)
    assert status == 405
    assert "Allow: GET, HEAD\r\n" in headers


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\r\n\r\n",
        b"who\r\n\r\n",
        b"GET /x\r\n\r\n",
        b"GET /x HTTP/2.0\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"get /x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"GET x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"GET  /x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"GET http://127.0.0.1:9666/x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\nno header\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n folded\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost : 127.0.0.1:9666\r\n\r\n",
        b"GET /x HTTP/1.1\nHost: 127.0.0.1:9666\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1:9666\r\n\r\n",
        b"\x16\x03\x01" + b"x" * 100 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request(request_: bytes) -> None:
    """It is refused as a whole, whatever part of it would make sense."""
    response = respond(request_, PORT, {"/x": lambda: Page("x")})
    assert response.startswith(b"HTTP/1.1 400 ")


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """Which is never a page, without the right Host."""
    for request in (data, data + b"\r\n\r\n", b"GET /x HTTP/1.1\r\n" + data + b"\r\n\r\n"):
        response = respond(request, PORT, {"/x": lambda: Page("secret")})
        assert response.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
        assert b"secret" not in response
