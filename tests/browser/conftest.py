"""A real browser for the tests of the page. It starts once, and each test has tabs of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..support.owning import owning
from ..support.peers import PATIENCE, Peer, StrictServer, need
from ..support.tabs import ARGUMENTS, Tab
from ..support.web import StrictWebServer, web

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Its driver has threads and descriptors, so it starts before those of a test are counted."""
    chromium = need("chromium")
    if not os.environ.get("REQUIRE_PROGRAMS"):
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        contextlib.closing(playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)) as browser,
    ):
        yield browser


@pytest.fixture
def door(browser: Browser) -> Iterator[StrictWebServer]:
    """A web door. The browser starts before it."""
    with web() as door:
        yield door


@pytest.fixture
def house(browser: Browser, tmp_path: Path) -> Iterator[StrictWebServer]:
    """A web door whose server has accounts, and an operator whose name is boss."""

    def add(server: StrictServer) -> None:
        server.doors.append(StrictWebServer(server, (), None))

    with owning(tmp_path / "accounts.db", "boss", add=add) as server:
        door = server.doors[-1]
        assert isinstance(door, StrictWebServer)
        yield door


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open tabs, each with storage of its own. No script of a page may have failed when the test is over."""
    with contextlib.ExitStack() as stack:
        tabs: list[Tab] = []

        def open_tab(port: int, name: str | None = None, **options: object) -> Tab:
            chosen = {"locale": "zh-CN", "viewport": {"width": 1000, "height": 680}, **options}
            context = browser.new_context(**chosen)  # type: ignore[arg-type]
            stack.enter_context(contextlib.closing(context))
            context.set_default_timeout(PATIENCE * 1000)
            tab = Tab(context.new_page(), f"http://127.0.0.1:{port}/")
            tabs.append(tab)
            if name is not None:
                tab.enter(name)
            return tab

        yield open_tab
        assert [error for tab in tabs for error in tab.errors] == []


Open = Callable[..., Tab]


@contextlib.contextmanager
def named_peer(port: int, name: str) -> Iterator[Peer]:
    """Somebody who comes by telnet, under a name."""
    with contextlib.closing(Peer(port)) as peer:
        peer.until(f"{peer.prefix}已上线")
        peer.rename(name)
        yield peer
