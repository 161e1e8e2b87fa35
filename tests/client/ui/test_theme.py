"""How what was said looks."""

from __future__ import annotations

import time

import pytest

from client.net.values import Value, moment
from client.ui.theme import Theme

TODAY = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


@pytest.mark.parametrize(
    ("kind", "theme", "line"),
    [
        ("said", Theme(), "{}   老王:hi"),
        ("emote", Theme(), "{}   老王 * hi"),
        ("said", Theme(addresses=True), "{}   [a:1]老王:hi"),
        ("said", Theme(time=False), "  老王:hi"),
    ],
)
@pytest.mark.parametrize(("then", "clock"), [(TODAY, "%H:%M:%S"), ("2001-09-09T01:46:40.000Z", "%m-%d %H:%M:%S")])
def test_what_was_said_before(kind: str, theme: Theme, line: str, then: str, clock: str) -> None:
    """Its own time stands in front, with the date if that is not today, and the address is for whoever wants to see it."""
    place = moment(then)
    assert place
    notice = Value("notice", "a text", past=Value(kind, "hi", "老王", "a:1", time=then, missed=True))
    assert theme.render(notice, "17:00:00") == [line.format(place.astimezone().strftime(clock))]
