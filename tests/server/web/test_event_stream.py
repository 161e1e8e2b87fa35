"""Server-sent events, by value."""

from __future__ import annotations

import pytest

from server.chat.archive import Gap
from server.chat.events import Bye, Done, Said, Whispered
from server.chat.kinds import Event, Own, Placed
from server.web.event_stream import EventStream
from server.wire.values import Values

from ..wire.test_values import OBJECTS

VALUES = Values("1.2", 60.0, 0.0)
STREAM = EventStream(VALUES)


@pytest.mark.parametrize(("event", "text"), OBJECTS)
def test_each_object_is_one_event(event: Event, text: str) -> None:
    """What has a place in the log has it as its id."""
    data = STREAM.encode(event).decode()
    head, end = f"data: {{{text}}}\n\n", "id: 7\n"
    assert data == (end + head if isinstance(event, (Placed, Own)) else head)


@pytest.mark.parametrize("event", [Done(number=4), Bye("quit", ""), Gap(7)])
def test_what_has_no_place_has_no_id(event: Event) -> None:
    """So whoever resumes names a place that they have really reached."""
    assert STREAM.encode(event).startswith(b"data: ")


@pytest.mark.parametrize("event", [Said(1.0, "a", "a:1", "x"), Whispered(1.0, "a", "b", "x")])
def test_the_number_of_a_line_goes_into_its_event(event: Placed) -> None:
    """The bytes that everyone gets, and those of the author."""
    event.at, event.number = 7, 3
    assert STREAM.number(STREAM.encode(event), 3) == STREAM.encode(Own(event))
    assert b',"line":3}\n\n' in STREAM.encode(Own(event))
    assert STREAM.number(STREAM.encode(event), 0) == STREAM.encode(event)
