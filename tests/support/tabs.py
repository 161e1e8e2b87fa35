"""A tab of a browser that shows the page, and what can be seen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What was said, in order, as `NAME>TEXT`, with `→` in front of our own private words, and `私聊` in front of all private ones.
SAID = """rows => rows.map(row => {
  const tag = row.querySelector(".tag"), name = row.querySelector(".name");
  return `${tag ? "私聊 " : ""}${tag && row.matches(".own") ? "→" : ""}${name ? name.dataset.name : ""}>${row.querySelector(".text").textContent}`;
})"""


class Tab:
    """One tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)

    def enter(self, name: str) -> None:
        """Come in under a name."""
        self.page.fill("#name", name)
        self.page.press("#name", "Enter")
        self.page.wait_for_selector("#status.in")

    def type(self, *lines: str) -> None:
        """Type lines, and send each with Enter."""
        for line in lines:
            self.page.fill("#line", line)
            self.page.press("#line", "Enter")

    def until(self, condition: str) -> None:
        """Wait until something is true in the page: an expression, which is looked at in each frame."""
        self.page.evaluate(
            f"new Promise(done => {{ (function look() {{ ({condition}) ? done() : requestAnimationFrame(look) }})() }})"
        )

    def see(self, text: str) -> None:
        """Wait until the conversation has a text."""
        self.page.locator("#rows").get_by_text(text).last.wait_for(state="attached")

    def said(self) -> list[str]:
        """Return what was said, as far as it is in the page."""
        found: list[str] = self.page.eval_on_selector_all("#rows .row:has(.text):not(.refused)", SAID)
        return found

    def news(self) -> list[str]:
        """Return what else the page has told."""
        found: list[str] = self.page.eval_on_selector_all(
            "#rows .news",
            "rows => rows.map(row => [...row.childNodes].filter(node => node.localName !== 'time').map(node => node.textContent).join('').trim())",
        )
        return found

    def people(self) -> list[str]:
        """Return who is online, by name."""
        found: list[str] = self.page.eval_on_selector_all("#people .name", "all => all.map(each => each.dataset.name)")
        return found

    def settle(self) -> None:
        """Wait until everything that was typed has been dealt with."""
        self.until("!document.querySelector('#pending').children.length && chat.caughtUp && !chat.out.oldest")

    def choose(self, name: str, what: str) -> None:
        """Choose something in the menu of somebody who is listed."""
        self.page.locator("#people .name", has=self.page.locator(f"bdi:text-is('{name}')")).click()
        self.page.click(f"#menu >> text={what}")

    def join(self, room: str) -> None:
        """Go into a room by the list of rooms, and wait until the page is there."""
        self.page.click("#room")
        self.page.fill("#rooms input", room)
        self.page.press("#rooms input", "Enter")
        self.page.locator(".place", has_text=room).last.wait_for()
        self.settle()

    def fill_in(self, **fields: str) -> None:
        """Fill in the dialog, and send it."""
        for field, value in fields.items():
            self.page.fill(f"#{field}", value)
        self.page.click("#enter .main")
