"""What the journal counts, and whom it logs."""

from __future__ import annotations

import pytest

from server.chat.entries import Leave, Say
from server.log.broadcaster import Broadcaster
from server.ops.journal import Journal

from ...support.chatting import COMMANDS, NOW
from ...support.pretend import pretend_user


def test_lines_and_deliveries_are_counted() -> None:
    """One event for one user is one delivery, also for users who come or go in the same batch."""
    journal = Journal()
    broadcaster = Broadcaster([journal])
    for number in (1, 2, 3):
        broadcaster.online(pretend_user(number, f"a:{number}"))
    broadcaster.broadcast([Say(1, NOW, "x"), Say(1, NOW, "y")])
    broadcaster.offline([Leave(3, NOW, "lost")])
    broadcaster.close()
    broadcaster.listen_message()
    came, said, left = 3 + 2 + 1, 2 * 3, 2
    assert (journal.lines, journal.deliveries, journal.departures) == (2, came + said + left, {"lost": 1})
    assert journal.summary() == "2 lines, 14 deliveries"


def test_what_is_said_in_rooms_is_counted() -> None:
    """For whoever is there, and for whoever goes from one into another."""
    journal = Journal()
    broadcaster = Broadcaster([journal])
    for number in (1, 2, 3):
        broadcaster.online(pretend_user(number, f"a:{number}"))
    lines = [(1, "/join go"), (1, "x"), (2, "y"), (2, "/join go"), (1, "z"), (3, "/join go"), (3, "/leave")]
    broadcaster.broadcast([COMMANDS.parse(number, NOW, line) for number, line in lines])
    broadcaster.close()
    broadcaster.listen_message()
    came, moved, said = 3 + 2 + 1, (2 + 1) + (1 + 2) + (0 + 3) + (2 + 1), 1 + 2 + 2
    assert journal.deliveries == came + moved + said


@pytest.mark.parametrize(
    ("why", "line"),
    [("idle", "alice 中断连接"), ("slow", "alice dropped: too much waits unread"), ("quit", None), ("lost", None)],
)
def test_a_user_who_was_disconnected_is_logged(why: str, line: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged under its present name. A user who left by itself is not logged."""
    broadcaster = Broadcaster([Journal()])
    broadcaster.online(pretend_user(1, "a:1"))
    broadcaster.broadcast([COMMANDS.parse(1, NOW, "rename alice")])
    broadcaster.offline([Leave(1, NOW, why)])
    broadcaster.close()
    with caplog.at_level("INFO"):
        broadcaster.listen_message()
    assert caplog.messages == ([line] if line else [])
