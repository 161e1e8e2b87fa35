"""Who may talk to the web door, by value."""

from __future__ import annotations

import socket
from email.message import Message

import pytest

from server.web.visitors import Visitors, are_from_our_page


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:8080", "10.1.2.3:80", "[::1]", "[::1]:8080", "[2001:db8::1]:8080"),
        *("localhost", "LocalHost:8080", "chat.example", "Chat.Example:443", socket.gethostname()),
    ],
)
def test_these_names_are_ours(host: str) -> None:
    """Addresses, this machine's name, and what the owner has added."""
    assert Visitors(["CHAT.example"]).are_here(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "chat.example", "1.2.3"),
        *(
            "localhost:8080:1",
            "localhost:x",
            "user@localhost",
            "[localhost]",
            "::1",
            "[::1",
            "local host",
            "localhost.",
        ),
    ],
)
def test_other_names_are_not(host: str) -> None:
    """Whoever makes one of them point to our address gets nothing."""
    assert not Visitors().are_here(host)


def ours(is_page: bool = False, /, **headers: str) -> bool:
    """Return whether a request with these headers may be done. In their names, _ stands for -."""
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return are_from_our_page(message, "chat.example:8080", is_page=is_page)


@pytest.mark.parametrize(
    "origin", ["http://chat.example:8080", "https://chat.example:8080", "http://CHAT.example:8080"]
)
def test_our_own_page_may(origin: str) -> None:
    """So may whoever is no browser, and says nothing of a page."""
    assert ours(Origin=origin, Sec_Fetch_Site="same-origin")
    assert ours()
    assert ours(Sec_Fetch_Site="none")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://chat.example", "http://chat.example:8081", "null", "", "chat.example:8080"],
)
def test_another_page_may_not(origin: str) -> None:
    """The port counts, too."""
    assert not ours(Origin=origin)
    assert not ours(True, Origin=origin)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "x"])
def test_a_request_that_another_page_has_caused_may_not(site: str) -> None:
    """But a link to our page may be followed, by whoever clicks on it."""
    assert not ours(Sec_Fetch_Site=site)
    link = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ours(True, **link)
    assert not ours(**link)
    assert not ours(True, **{**link, "Sec_Fetch_Dest": "iframe"})
    assert not ours(True, **{**link, "Sec_Fetch_Mode": "no-cors"})
