"""What is measured of batches."""

from __future__ import annotations

import pytest

from server.chat.entries import Join, Leave, Line, Opening, Say
from server.chat.refusals import EndOfTooLong, Refuse, TooLong
from server.chat.room import Entry
from server.log.broadcaster import Broadcaster
from server.log.subscriber import Batch
from server.ops.meter import Histogram, Meter

from ...support.chatting import COMMANDS, NOW, Chat
from ...support.pretend import pretend_user


def measured(meter: Meter, chat: Chat, *entries: Entry, taken: float = NOW) -> None:
    """Let a batch be applied and measured."""
    meter.record(Batch(entries, chat.apply(*entries), {}, taken))


def lines(number: int, *texts: str) -> list[Entry]:
    """Return what a member types."""
    return [COMMANDS.parse(number, NOW, text) for text in texts]


def test_values_are_counted_by_their_size() -> None:
    """A value on a bound belongs to the bucket below it."""
    histogram = Histogram((1, 2, 5))
    for value in (0, 1, 1.5, 2, 5, 6, 100):
        histogram.add(value)
    assert (histogram.counts, histogram.sum) == ([2, 2, 1, 2], 115.5)


def test_a_batch_is_measured(chat: Chat) -> None:
    """How many entries it has, and how long its fan-out took."""
    now = NOW
    meter = Meter(lambda: now)
    measured(meter, chat, *lines(1, "x", "y", "z"), taken=NOW - 0.25)
    assert (meter.entries.sum, meter.fan_out.sum) == (3, 0.25)
    measured(meter, chat, *lines(1, "x"), taken=NOW + 3600)  # the clock has been set back
    assert (sum(meter.entries.counts), meter.fan_out.sum) == (2, 0.25)


def test_it_knows_who_is_online() -> None:
    """After the last batch."""
    meter = Meter()
    broadcaster = Broadcaster([meter])
    for number in (1, 2, 3):
        broadcaster.online(pretend_user(number, f"a:{number}"))
    broadcaster.offline([Leave(3, NOW, "lost")])
    broadcaster.close()
    broadcaster.listen_message()
    assert meter.users == 2
    assert (sum(meter.fan_out.counts), meter.entries.sum) == (1, 4)


def test_refusals_of_a_text_user(chat: Chat) -> None:
    """Each line that could not be done is counted once, by its code."""
    meter = Meter()
    measured(meter, chat, *lines(1, "hi", "/nothing", "to nobody x", "to bob", "rename bob", "rename !", "who", ""))
    measured(meter, chat, TooLong(1, NOW, "too long"))
    measured(meter, chat, EndOfTooLong(1, NOW, "too long"), Refuse(1, NOW, "too often", "too_often"))
    assert meter.refused == {
        "unknown_command": 1,
        "not_online": 1,
        "bad_format": 1,
        "name_taken": 1,
        "name_bad": 1,
        "too_long": 1,
        "too_often": 1,
    }


def test_refusals_of_a_program(chat: Chat) -> None:
    """They are counted once, although a program that comes back is told of them again."""
    meter = Meter()
    opening = COMMANDS.parse(3, NOW, "/json alice")
    assert isinstance(opening, Opening)
    measured(meter, chat, Join(3, NOW, "c:3", opening))
    assert meter.refused == {"name_taken": 1}
    hello = chat.heard[3][0]
    token, at = getattr(hello, "session"), getattr(hello, "at")  # noqa: B009
    measured(meter, chat, *lines(3, "/nothing", "hi", "to nobody x"))
    measured(meter, chat, Leave(3, NOW, "lost"))
    again = COMMANDS.parse(4, NOW, f"/resume {token} {at}")
    assert isinstance(again, Opening)
    measured(meter, chat, Join(4, NOW, "c:4", again))
    assert [event.type for event in chat.values(4)].count("done") == 2
    assert meter.refused == {"name_taken": 1, "unknown_command": 1, "not_online": 1}


@pytest.mark.parametrize("text", ["hi", "", "who", "/help", "/last", "/search x", "to bob x", "rename carol", "/me x"])
def test_what_can_be_done_is_no_refusal(chat: Chat, text: str) -> None:
    """Whatever is answered to it."""
    (entry,) = lines(1, text)
    assert isinstance(entry, Line)
    meter = Meter()
    measured(meter, chat, entry, Say(2, NOW, "x"))
    assert meter.refused == {}
