"""The client's own session in a whole chat made of chance, and at the mercy of a server that says anything.

`CLIENT_SEEDS=10000` runs more simulations. A failure shows its seed, and what has happened.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from client.net.attempts import ReconnectPolicy
from client.net.conversation import Conversation, State
from client.net.hearing import Hearing
from client.net.naming import Naming
from client.net.outgoing import Line, Outgoing
from client.net.people import MOST, People
from client.net.session import Session
from client.net.values import ServerUnavailable, Value
from client.rules import clean, fold

from ...support.session_peer import State as Fate
from ...support.simulation_client import Client, ClientWorld, faults_of

SEEDS = range(int(os.environ.get("CLIENT_SEEDS", "500")))
ENOUGH = 500  # seeds in which each planted bug has to be found
SHOWN = 60  # of the last things that happened
POLICY = ReconnectPolicy(insists=True)
Patch = pytest.MonkeyPatch


def run(seed: int, trace: list[str] | None = None) -> tuple[ClientWorld, list[str]]:
    """Run the simulation of a seed. Return what went wrong, too."""
    world = ClientWorld(seed, trace)
    return world, [*world.run(), *faults_of(world)]


def test_nothing_is_lost_and_nothing_is_said_twice() -> None:
    """Whatever happens to connections and to the server, and whatever others say."""
    for seed in SEEDS:
        if run(seed)[1]:
            trace: list[str] = []
            faults = run(seed, trace)[1]
            pytest.fail("\n".join([f"seed {seed}", *trace[-SHOWN:], *faults]))


def reached(world: ClientWorld) -> Iterator[str]:
    """Yield what has come to pass for clients in a simulation."""
    for peer in (user.peer for user in world.users if isinstance(user, Client)):
        yield from (line.state.name for line in peer.typed)
        yield from ("a gap" for _ in range(peer.gaps))
        yield from ("a lost session" for _ in peer.sessions[1:])
        yield from ("text before values" for value in peer.shown if value.type == "raw")
        yield from ("missed" for value in peer.shown if value.missed)
        yield from ("left" for _ in range(peer.finished))
        yield from ("quiet" for _ in range(any("不再显示" in value.text for value in peer.shown)))
        yield from ("a private conversation" for line in peer.lines if line.to)


def test_the_simulation_gets_everywhere() -> None:
    """Whatever the promise is about comes to pass, and not only once."""
    counts = Counter(what for seed in range(200) for what in reached(run(seed)[0]))
    states = {Fate.TAKEN.name, Fate.REFUSED.name, Fate.UNSURE.name}
    places = {"a gap", "a lost session", "text before values", "missed", "left", "quiet", "a private conversation"}
    assert {what: counts[what] for what in states | places if counts[what] < 5} == {}


def resend_what_was_taken(patch: Patch) -> None:
    """Each line without a receipt is sent again, also one that was taken."""
    resume = Outgoing.resume

    def plant(self: Outgoing, taken: int) -> int:
        sent = [Line(line.text) for line in self.sent if line.number <= taken and not line.hidden]
        lost = resume(self, taken)
        for line in sent:
            self.add(line)
        return lost

    patch.setattr(Outgoing, "resume", plant)


def send_nothing_again(patch: Patch) -> None:
    """Whatever `hello.line` says, all lines are believed to be taken."""
    resume = Outgoing.resume
    patch.setattr(Outgoing, "resume", lambda self, taken: resume(self, self._last))


def send_all_again(patch: Patch) -> None:
    """Whatever `hello.line` says, no line is believed to be taken."""
    resume = Outgoing.resume
    patch.setattr(Outgoing, "resume", lambda self, taken: resume(self, 0))


def lose_a_line(patch: Patch) -> None:
    """One line that waits is dropped when a session is lost."""
    lose = Outgoing.lose_session

    def plant(self: Outgoing, taken: int) -> list[Line]:
        unsure = lose(self, taken)
        if self.waiting and not self.waiting[-1].hidden:
            self.waiting.pop()
            self.unsettled -= 1
        return unsure

    patch.setattr(Outgoing, "lose_session", plant)


def count_wrong(patch: Patch) -> None:
    """A line that is sent again keeps the number that it had."""
    send = Outgoing.send

    def plant(self: Outgoing, line: Line, *, counted: bool) -> bytes:
        number = line.size and line.number
        data = send(self, line, counted=counted)
        self._last += bool(number)
        return data

    patch.setattr(Outgoing, "_again", lambda self, lines: self.waiting.extendleft(reversed(list(lines))))
    patch.setattr(Outgoing, "send", plant)


def show_twice(patch: Patch) -> None:
    """What was missed is shown twice."""
    take = Hearing._take_event

    def plant(self: Hearing, value: Value, missed: bool) -> None:
        take(self, value, missed)
        if missed:
            take(self, value, missed)

    patch.setattr(Hearing, "_take_event", plant)


def believe_hello(patch: Patch) -> None:
    """The place in `hello` is taken for what was heard."""
    greet = Hearing.greet
    patch.setattr(
        Hearing, "greet", lambda self, hello, is_first, is_new: greet(self, hello, is_first=True, is_new=is_new)
    )


def hide_gaps(patch: Patch) -> None:
    """It is not said that something is missing."""
    patch.setattr(Hearing, "_take_gap", lambda self, after: setattr(self, "at", after))


def hide_refusals(patch: Patch) -> None:
    """It is not shown that a line was refused."""
    patch.setattr(Conversation, "_refuse", lambda self, line, why: None)


def hide_doubts(patch: Patch) -> None:
    """It is not said of which lines nobody knows what has become of them."""
    patch.setattr(Conversation, "_report", lambda self, what, lines: None)


def talk_without_a_name(patch: Patch) -> None:
    """Lines do not wait until the name is had."""
    patch.setattr(Session, "_may_send", lambda self, line: line.hidden or self._catching_up is None)


def miss_the_own_name(patch: Patch) -> None:
    """A name that was got unheard is not known."""

    def plant(self: Naming, name: str, *, is_new: bool) -> None:
        self.is_had = not self.wanted or fold(name) == fold(self.wanted)

    patch.setattr(Naming, "greet", plant)


def believe_talk(patch: Patch) -> None:
    """Whoever says what we have asked makes the server one that knows no values."""
    take = Conversation._take_text

    def plant(self: Conversation, line: str, now: float) -> None:
        take(self, self._first if line.endswith(self._first) else line, now)

    patch.setattr(Conversation, "_take_text", plant)


def miss_renames(patch: Patch) -> None:
    """Who is online is known by old names."""
    patch.setattr(People, "renamed", lambda self, addr, name: None)


def miss_departures(patch: Patch) -> None:
    """Whoever has gone is still believed to be there."""
    patch.setattr(People, "left", lambda self, addr, why, time: None)


PLANTS: list[Callable[[Patch], None]] = [
    *(resend_what_was_taken, send_nothing_again, send_all_again, lose_a_line, count_wrong, show_twice, believe_hello),
    *(hide_gaps, hide_refusals, hide_doubts, talk_without_a_name, miss_the_own_name, believe_talk),
    *(miss_renames, miss_departures),
]


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(plant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    """Each is found, so that the silence of the simulation means something."""
    plant(monkeypatch)
    assert any(run(seed)[1] for seed in range(ENOUGH))


def spoil(line: bytes, others: list[bytes], chance: random.Random) -> list[bytes]:
    """Return what a hostile server says in place of a line."""
    match chance.choice(("", "", "drop", "twice", "other", "cut", "bytes", "field", "field", "field")):
        case "drop":
            return []
        case "twice":
            return [line, line]
        case "other":
            return [chance.choice(others), line]
        case "cut":
            return [line[: chance.randint(0, len(line))]]
        case "bytes":
            place = chance.randint(0, len(line))
            return [line[:place] + chance.randbytes(chance.randint(1, 4)) + line[place:]]
        case "field" if line.startswith(b"{"):
            value = json.loads(line)
            anything: tuple[object, ...] = (
                0,
                1,
                2,
                10**6,
                -1,
                1.5,
                None,
                True,
                "",
                "x",
                "0",
                [],
                {},
                [{"name": "n", "addr": "a"}],
            )
            value[chance.choice(sorted(value))] = chance.choice(anything)
            return [json.dumps(value).encode()]
    return [line]


def test_a_hostile_server_can_only_be_bad() -> None:
    """Its lines are those of a real one, mutated at random. The client says so or goes on, and keeps little of it."""
    ends: Counter[str] = Counter()
    for seed in SEEDS:
        chance = random.Random(seed)
        world = run(seed)[0]
        heard = [line for user in world.users for _, stream in user.streams for line in bytes(stream).split(b"\n")[:-1]]
        session = Session(POLICY, chance.choice(("", "bob")), curious=True)
        try:
            ends["went on"] += suffer(session, heard, chance)
        except ServerUnavailable as error:
            assert clean(str(error)) == str(error)
            ends[type(error).__name__] += 1
        assert len(session.outgoing.waiting) + len(session.outgoing._kept) < 100
        assert len(session.hearing.people.names()) <= MOST
        assert len(session.hearing._places) <= 1000
    assert ends["went on"]
    assert ends["BadServer"]


def suffer(session: Session, heard: list[bytes], chance: random.Random) -> bool:
    """Let a session hear what it should not, over some connections. Return True if it has come to no end by that."""
    now = 0.0
    begin = chance.randrange(len(heard))
    for line in heard[begin : begin + 200]:
        if session.state is State.OFFLINE:
            session.connect(now)
            session.connected(now)
        if chance.random() < 0.2:
            session.ask(Line(chance.choice(("hi", "who", "rename eve", "to bob x", "/quiet", "/join tea"))), now)
        for spoiled in spoil(line, heard, chance):
            session.received(spoiled, now)
        now += chance.choice((0.0, 1.0, 20.0))
        session.act(now)
        session.due()
        if chance.random() < 0.02:
            session.lost("", now)
    session.report_unsent()
    return True
