"""From a line of JSON to a value: the right ones, and whatever a broken or hostile server may send."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.net.values import FIELDS, BadServer, Value, parse
from server.chat.events import Bye as ServerBye
from server.chat.events import Done as ServerDone
from server.chat.events import Said as ServerSaid
from server.chat.kept_words import KeptWord
from server.chat.moves import Entered
from server.commands.rooms import Rooms
from server.wire.values import Values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["at", "text", "name", "line"]), inner),
    max_leaves=10,
)
NAMES = [
    "at",
    "time",
    "name",
    "addr",
    "text",
    "line",
    "code",
    "users",
    "session",
    "hold",
    "idle",
    "after",
    "old",
    "to",
]

SAID = Value("said", "hi", "n", "a", at="5")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (
            '{"type":"hello","version":"1","hold":60,"idle":0.5,"session":"s","line":3,"addr":"a:1","name":"n","at":"5"}',
            Value("hello", session="s", line=3, addr="a:1", name="n", at="5", hold=60.0, idle=0.5),
        ),
        (
            '{"type":"said","at":"5","name":"n","addr":"a","text":"hi","line":2}',
            Value("said", "hi", "n", "a", at="5", line=2),
        ),
        (
            '{"type":"emote","at":"5","time":"t","name":"n","addr":"a","text":"hi"}',
            Value("emote", "hi", "n", "a", at="5", time="t"),
        ),
        (
            '{"type":"users","line":1,"users":[{"name":"n","addr":"a"}]}',
            Value("users", line=1, users=(("n", "a", ""),)),
        ),
        (
            '{"type":"users","line":1,"users":[{"name":"n","addr":"a","room":"r"},{"name":"m","addr":"b"}]}',
            Value("users", line=1, users=(("n", "a", "r"), ("m", "b", ""))),
        ),
        (
            '{"type":"rooms","line":1,"rooms":[{"users":2},{"room":"r","users":1}]}',
            Value("rooms", line=1, rooms=(("", 2), ("r", 1))),
        ),
        (
            '{"type":"entered","at":"5","name":"n","addr":"a","room":"r","line":2}',
            Value("entered", name="n", addr="a", room="r", at="5", line=2),
        ),
        ('{"type":"exited","at":"5","name":"n","addr":"a"}', Value("exited", name="n", addr="a", at="5")),
        (
            '{"type":"kept","at":"5","name":"n","to":"m","text":"hi","word":3}',
            Value("kept", "hi", "n", to="m", at="5", word=3),
        ),
        ('{"type":"announced","at":"5","name":"n","text":"hi"}', Value("announced", "hi", "n", at="5")),
        ('{"type":"done","line":1}', Value("done", line=1)),
        ('{"type":"done","code":"no_session","text":"x"}', Value("done", "x", code="no_session")),
        ('{"type":"notice","text":"a\\nb","past":{"type":"other"}}', Value("notice", "a\nb")),
        (
            '{"type":"notice","text":"T [a]n:t","past":{"type":"said","at":"1","name":"n","addr":"a","text":"t"}}',
            Value("notice", "T [a]n:t", past=Value("said", "t", "n", "a", at="1", missed=True)),
        ),
        ('{"type":"gap","after":"7"}', Value("gap", after="7")),
        ('{"type":"bye","code":"quit"}', Value("bye", code="quit")),
        (
            '{"type":"said","at":"5","name":"n\\u001b","addr":"a","text":"x\\n* forged\\u202e"}',
            Value("said", "x* forged", "n", "a", at="5"),
        ),
        ('{"type":"of tomorrow","at":7}', None),
        ('{"type":"note","text":"only the client says so"}', None),
        ('{"type":"said","at":"5","name":"n","addr":"a","text":"hi","missed":true,"why":7}', SAID),
    ],
)
def test_a_value(line: str, value: object) -> None:
    """Its fields have the right types, and nothing in its texts drives a terminal."""
    assert parse(line) == value


@pytest.mark.parametrize(
    "line",
    [
        *("", "hi", "{", "[]", "7", "null", "{}", '{"type":7}', '{"type":"done","line":NaN}', '{"type":"done"} x'),
        *('{"type":"done","line":-1}', '{"type":"done","line":1.5}', '{"type":"done","line":true}'),
        *('{"type":"done","line":"1"}', '{"type":"gap"}', '{"type":"gap","after":""}', '{"type":"gap","after":"a b"}'),
        *('{"type":"notice","text":"a","past":7}', '{"type":"notice","text":"a","past":{"type":"said"}}'),
        *('{"type":"gap","after":"1\\n/quit"}', '{"type":"users","line":1,"users":{}}', '{"type":"bye","code":null}'),
        *('{"type":"rooms","line":1,"rooms":[{"room":"r"}]}', '{"type":"rooms","line":1,"rooms":[{"users":-1}]}'),
        *('{"type":"users","line":1,"users":[{"name":"n"}]}', '{"type":"rooms","line":1,"rooms":[7]}'),
        '{"type":"kept","at":"5","name":"n","to":"m","text":"hi","word":"3"}',
        '{"type":"users","line":1,"users":[{"name":"n","addr":"a","room":7}]}',
        *('{"type":"users","line":1,"users":[{"name":1,"addr":"a"}]}', '{"type":"users","line":1,"users":[7]}'),
        '{"type":"done","line":' + "9" * 100_000 + "}",
        '{"type":"notice","text":' + "[" * 100_000,
        '{"type":"hello","hold":1e999,"session":"s","line":0,"addr":"a","name":"n","at":"5"}',
    ],
)
def test_what_is_no_value(line: str) -> None:
    """It is refused in one short line, whatever it is."""
    with pytest.raises(BadServer) as error:
        parse(line)
    assert len(str(error.value)) < 300
    assert str(error.value).isprintable()


@given(st.sampled_from(sorted(FIELDS)), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_its_fields_are(kind: str, fields: dict[str, object]) -> None:
    """It is a value or is refused."""
    try:
        parse(json.dumps({**fields, "type": kind}))
    except BadServer:
        pass


def test_what_the_server_writes_is_read() -> None:
    """Both sides mean the same."""
    values = Values("1", 60, 10)
    said = ServerSaid(1.0, "小明", "a:1", 'q"\\')
    said.at = 7
    assert parse(values.encode(said).decode()) == Value(
        "said", 'q"\\', "小明", "a:1", at="7", time="1970-01-01T00:00:01.000Z"
    )
    assert parse(values.encode(ServerDone("no", "not_online", 3)).decode()) == Value(
        "done", "no", line=3, code="not_online"
    )
    entered = Entered(1.0, "小明", "a:1", room="茶馆")
    entered.at = 8
    assert parse(values.encode(entered).decode()) == Value(
        "entered", name="小明", addr="a:1", room="茶馆", at="8", time="1970-01-01T00:00:01.000Z"
    )
    kept = KeptWord(1.0, "bob", "小明", "hi", word=3)
    kept.at = 9
    assert parse(values.encode(kept).decode()) == Value(
        "kept", "hi", "bob", to="小明", at="9", time="1970-01-01T00:00:01.000Z", word=3
    )
    assert parse(values.encode(Rooms([("", 1), ("茶馆", 2)], 4)).decode()) == Value(
        "rooms", line=4, rooms=(("", 1), ("茶馆", 2))
    )
    assert parse(values.encode(ServerBye("idle", "x")).decode()) == Value("bye", "x", code="idle")
