"""JSON lines: each kind of event as an object, exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.archive import Gap
from server.chat.events import Bye, Done, Joined, Left, Notice, Said, Users, Whispered
from server.chat.for_programs import Renamed
from server.chat.kinds import Event, Own, Placed
from server.chat.past import Past
from server.commands.me import Emoted
from server.commands.sessions import Hello
from server.wire.values import Values

VALUES = Values("1.2", 60.0, 0.0)
TIME = 1_764_015_305.1239  # seconds; milliseconds are cut, not rounded
HEAD = '"at":"7","time":"2025-11-24T20:15:05.123Z"'
PERSON = '"name":"小明","addr":"1.2.3.4:5"'


def placed(event: Placed, number: int = 0) -> Placed:
    event.at, event.number = 7, number
    return event


SAID = placed(Said(TIME, "小明", "1.2.3.4:5", 'a "b" \\ \t 世 😀'), 3)
OBJECTS: list[tuple[Event, str]] = [
    (
        Hello("ab12", 0, "1.2.3.4:5", "小明", "", 7),
        '"type":"hello","version":"1.2","hold":60,"idle":0,"session":"ab12","line":0,"addr":"1.2.3.4:5","name":"小明","at":"7"',
    ),
    (placed(Joined(TIME, "小明", "1.2.3.4:5")), f'"type":"joined",{HEAD},{PERSON}'),
    (placed(Left(TIME, "小明", "1.2.3.4:5", "idle")), f'"type":"left",{HEAD},{PERSON},"why":"idle"'),
    (placed(Joined(TIME, "小明", "1.2.3.4:5", room="茶 馆")), f'"type":"joined",{HEAD},{PERSON},"room":"茶 馆"'),
    (placed(Said(TIME, "小明", "1.2.3.4:5", "x", room="go")), f'"type":"said",{HEAD},{PERSON},"room":"go","text":"x"'),
    (
        Users([("1.2.3.4:5", "小明"), ("1.2.3.4:6", "小红", "go")], 4),
        '"type":"users","line":4,"users":[{"name":"小明","addr":"1.2.3.4:5"},{"name":"小红","addr":"1.2.3.4:6","room":"go"}]',
    ),
    (SAID, f'"type":"said",{HEAD},{PERSON},"text":"a \\"b\\" \\\\ \\t 世 😀"'),
    (Own(SAID), f'"type":"said",{HEAD},{PERSON},"text":"a \\"b\\" \\\\ \\t 世 😀","line":3'),
    (placed(Emoted(TIME, "小明", "1.2.3.4:5", "x")), f'"type":"emote",{HEAD},{PERSON},"text":"x"'),
    (
        placed(Whispered(TIME, "小明", "小红", "x", "digest", session="s")),
        f'"type":"whisper",{HEAD},"name":"小明","to":"小红","text":"x"',
    ),
    (placed(Renamed(TIME, "a", "小明", "1.2.3.4:5")), f'"type":"renamed",{HEAD},"old":"a",{PERSON}'),
    (Users((("1.2.3.4:5", "小明"),), 2), f'"type":"users","line":2,"users":[{{{PERSON}}}]'),
    (Done(number=4), '"type":"done","line":4'),
    (Done("该用户不在线", "not_online", 4), '"type":"done","line":4,"code":"not_online","text":"该用户不在线"'),
    (Done("x", "no_session"), '"type":"done","code":"no_session","text":"x"'),
    (Notice("one\ntwo"), '"type":"notice","text":"one\\ntwo"'),
    (Gap(7), '"type":"gap","after":"7"'),
    (Bye("quit", ""), '"type":"bye","code":"quit"'),
    (Bye("slow", "接收过慢"), '"type":"bye","code":"slow","text":"接收过慢"'),
]


@pytest.mark.parametrize(("event", "text"), OBJECTS)
def test_an_event_is_one_object_on_one_line(event: Event, text: str) -> None:
    """Chinese is not escaped, and what does not apply is left out."""
    assert VALUES.encode(event).decode() == f"{{{text}}}\n"
    json.loads(VALUES.encode(event))


def test_what_was_said_before_is_an_object_in_a_notice() -> None:
    """Beside the text that a person would read."""
    shown = json.loads(VALUES.encode(Past(SAID, TIME)))
    assert shown["text"] == Past(SAID, TIME).line()
    assert shown["past"] == json.loads(VALUES.encode(SAID))


def test_an_event_that_shows_nothing_is_a_notice() -> None:
    """So a new command's event reaches programs without any change here."""

    class Waved(Event):
        def line(self) -> str:
            return "bob waves"

    assert json.loads(VALUES.encode(Waved())) == {"type": "notice", "text": "bob waves"}


def test_an_event_may_show_any_value_that_json_has() -> None:
    """So nothing here has to know what a new command's event shows."""

    class Counted(Event):
        type = "counted"
        shown = ("count", "share", "is_even", "names", "by")

        count, share, is_even, names, by = 2, 0.5, True, ["小明", "b"], {"小明": [1]}

        def line(self) -> str:
            return ""

    text = '{"type":"counted","count":2,"share":0.5,"is_even":true,"names":["小明","b"],"by":{"小明":[1]}}\n'
    assert VALUES.encode(Counted()).decode() == text


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(0, 4e9))
def test_any_text_comes_back_as_it_was(text: str, seconds: float) -> None:
    """Whatever is in it, the object is one line, and gives the same text to whoever reads it."""
    data = VALUES.encode(Said(seconds, text, text, text))
    assert data.count(b"\n") == 1
    read = json.loads(data)
    assert [read.get(field, "") for field in ("name", "addr", "text")] == [text] * 3
