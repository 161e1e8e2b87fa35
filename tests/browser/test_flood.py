"""The page and much talk: floods, and what is further back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ..support.peers import Program
from ..support.tabs import Tab
from ..support.web import StrictWebServer
from .conftest import Open

# Notes how long the longest piece of work has kept the page busy, in milliseconds.
WATCH = """
window.longest = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => window.longest = Math.max(window.longest, entry.duration)))
  .observe({type: "longtask", buffered: true});
"""


@pytest.fixture
def speaker(door: StrictWebServer, request: pytest.FixtureRequest) -> Program:
    """Somebody who says much."""
    program = Program(door.chat.port, "/json bob")
    request.addfinalizer(program.close)
    program.until_type("joined")
    return program


def say(speaker: Program, start: int, end: int) -> None:
    """Let it say lines with numbers, and hear them."""
    speaker.say(*(f"line {number}." for number in range(start, end)))
    while speaker.until_type("done")["line"] < end:
        pass


def numbers(tab: Tab) -> list[int]:
    """Return the numbers of the lines that are in the page."""
    return [int(line.rpartition(" ")[2][:-1]) for line in tab.said()]


def test_a_flood_does_not_stop_the_page(
    door: StrictWebServer, open_tab: Open, speaker: Program, record_property: Callable[[str, object], None]
) -> None:
    """It is drawn in pieces. What is typed meanwhile is said, and what is in the page stays bounded."""
    tab = open_tab(door.port, "小明")
    tab.page.evaluate(WATCH)
    speaker.say(*(f"line {number}." for number in range(1000)))
    tab.type("meanwhile")
    tab.see("meanwhile")
    tab.see("line 999.")
    assert tab.page.evaluate("view.items.filter(item => item.text?.startsWith('line')).length") == 1000
    for start in range(1000, 6000, 1000):
        speaker.say(*(f"line {number}." for number in range(start, start + 1000)))
        tab.see(f"line {start + 999}.")
    assert tab.page.evaluate("document.querySelectorAll('.row').length") <= 2000
    assert tab.page.evaluate("view.following") is True
    record_property("longest_task_ms", tab.page.evaluate("window.longest"))
    print("longest task", tab.page.evaluate("window.longest"), "ms")


def test_scrolling_back(door: StrictWebServer, open_tab: Open, speaker: Program) -> None:
    """What was said before this page was opened comes from the server, as far back as it goes, without a jump."""
    say(speaker, 0, 450)
    tab = open_tab(door.port, "小明")
    tab.see("line 449.")
    tab.until("!chat.asking")
    first = numbers(tab)[0]
    assert 300 < first < 400
    while numbers(tab)[0] > 0:
        first = numbers(tab)[0]
        top = f"[...document.querySelectorAll('.text')].find(text => text.textContent === 'line {first}.').getBoundingClientRect().top"
        tab.page.evaluate("document.querySelector('#log').scrollTop = 0")
        before = tab.page.evaluate(top)
        tab.until(
            f"view.items.findIndex(item => item.text === 'line {first}.') > 0 && document.querySelectorAll('.text')[0].textContent !== 'line {first}.'"
        )
        assert abs(tab.page.evaluate(top) - before) < 60  # the first row may have got or lost a name and a day
    tab.page.evaluate("document.querySelector('#log').scrollTop = 0")
    tab.until("!view.older")
    assert numbers(tab) == list(range(450))


def test_whoever_reads_back_is_not_disturbed(door: StrictWebServer, open_tab: Open, speaker: Program) -> None:
    """New lines wait below, and a button that counts them leads there."""
    say(speaker, 0, 250)
    tab = open_tab(door.port, "小明")
    tab.see("line 249.")
    tab.page.evaluate("document.querySelector('#log').scrollTop = 700")
    tab.until("!view.following && !chat.asking")
    place = tab.page.evaluate("document.querySelector('#log').scrollTop")
    say(speaker, 250, 253)
    tab.until(
        "!document.querySelector('#jump').hidden && document.querySelector('#jump').textContent === '3 条新消息 ↓'"
    )
    assert tab.page.evaluate("document.querySelector('#log').scrollTop") == place
    tab.page.click("#jump")
    assert tab.page.is_hidden("#jump")
    tab.until(
        "document.querySelector('#log').scrollTop > document.querySelector('#log').scrollHeight - document.querySelector('#log').clientHeight - 40"
    )
    assert numbers(tab)[-1] == 252
    say(speaker, 253, 254)
    tab.see("line 253.")
    assert tab.page.evaluate("view.following") is True


def test_reading_back_in_a_long_conversation(door: StrictWebServer, open_tab: Open, speaker: Program) -> None:
    """Up to the first line and down to the last: no line is missing or there twice, and few are in the page at a time."""
    tab = open_tab(door.port, "小明")
    tab.settle()
    for start in range(0, 3000, 500):
        say(speaker, start, start + 500)
        tab.see(f"line {start + 499}.")
    seen: set[int] = set()
    for goal, edge, shown in ((0, "0", "[0]"), (2999, "document.querySelector('#log').scrollHeight", ".at(-1)")):
        while goal not in (found := numbers(tab)):
            seen |= set(found)
            assert found == list(range(found[0], found[-1] + 1))
            assert len(found) <= 2000
            outermost = found[0 if goal == 0 else -1]
            tab.page.evaluate(f"document.querySelector('#log').scrollTop = {edge}")
            tab.until(f"[...document.querySelectorAll('.text')]{shown}.textContent !== 'line {outermost}.'")
        seen |= set(found)
    assert seen == set(range(3000))
