"""The check of a whole simulation: what each user has heard and said, and what nobody but the right one may know.

Each function yields faults, each as a line of text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from server.chat import texts
from server.chat.events import Joined, Left, Said, Whispered
from server.chat.for_programs import Renamed
from server.chat.kinds import Placed
from server.chat.moves import Entered, Exited
from server.chat.names import fold
from server.chat.sessions import digest_of

from .session_check import NEVER, Ears, Fact, Log, fields_of, heard_faults, meaning_of, said_faults, text_of
from .session_peer import Heard, Hole, When
from .simulation import World
from .simulation_server import MAX_LINE, Life
from .simulation_stage import ALL
from .simulation_users import Program, TextUser
from .simulation_wishes import ANSWER, MOVES, Wishes

_LISTED = re.compile(rf":{texts.LISTED}( \S+)?$")
_PAST = re.compile(r"\d\d:\d\d:\d\d (\[.*)")
_PRIVATE = re.compile(r"p\d+\.\d+\.")
_TOKEN = re.compile(rb'"type":"hello"[^\n]*"session":"([0-9a-f]{32})"')


def faults_of(world: World) -> list[str]:
    """Return all faults of a simulation that has come to rest."""
    wishes = Wishes(world)
    views = _Views(world, wishes)
    return [
        *wishes.faults,
        *_programs(world, wishes, views),
        *_people(world, wishes),
        *_once(world, views),
        *_secrets(world, wishes),
        *_names(world),
        *_kept_names(world, views),
        *_lists(world),
    ]


def _owner(addr: str) -> int:
    """Return the number of the user who comes from an address."""
    return int(addr.partition(":")[0].rpartition(".")[2])


def _fact(event: Placed, wishes: Wishes) -> Fact:
    readers = None
    if isinstance(event, Whispered):
        readers = frozenset(digest for digest in (event.session, event.receiver) if digest)
    elif event.is_private:
        readers = frozenset()
    value = {"type": event.type, **{name: getattr(event, name) for name in event.shown if name not in ("at", "time")}}
    addr = wishes.addrs.get(event.at, "") if isinstance(event, Whispered) else getattr(event, "addr", "")
    return Fact(event.at, fields_of(value), readers, event.session, event.number, addr)


class _Views:
    """What has happened, as it was known in each life of the server."""

    def __init__(self, world: World, wishes: Wishes) -> None:
        self._world = world
        self._wishes = wishes
        self._lost = {event.at for event in world.lost}
        self._logs: dict[int, Log] = {}

    def at(self, life: int) -> Log:
        """Return what was known in a life: what was lost when another one ended is not in it."""
        if life not in self._logs:
            events = [event for one in self._world.lives[:life] for event in one.events if event.at not in self._lost]
            self._logs[life] = Log([_fact(event, self._wishes) for event in events + self._world.lives[life].events])
        return self._logs[life]


class _Hearing:
    """What one program does not want to hear, and what it need not be told to have missed."""

    def __init__(self, world: World, wishes: Wishes, user: Program, log: Log) -> None:
        self._wishes = wishes
        self._peer = user.peer
        self._log = log
        self._everything = [event.at for life in world.lives for event in life.events]
        self._lives = {connection.addr: world.lives.index(connection.life) for connection, _ in user.streams}
        self._starts = [life.start for life in world.lives]
        self._heard = {item.at for item in user.peer.heard()}
        self._is_sure = world.disk is not None and world.disk.knows_what_was_lost
        self._forgets = not self._is_sure or world.remember < ALL
        self._ears = Ears(user.peer, log, self.hides) if user.peer.sessions else None

    def hides(self, fact: Fact, session: str, when: When | None) -> bool | None:
        """Return whether a session does not want to hear a fact. None means that nobody can know."""
        is_hidden = self._wishes.hides(session, fact, when and self._moment(when.connection, when.line))
        # It hears of its own coming when it comes, and not once more.
        return None if is_hidden and fact.value["type"] in MOVES and fact.addr in self._lives else is_hidden

    def is_missing(self, hole: Hole, until: int) -> bool:
        """Return whether something is missing between a gap and a place, or may be."""
        return (
            bool(hole.dropped)
            or any(hole.after < place < until and self._could_miss(place, hole) for place in self._everything)
            or (not self._is_sure and any(hole.place <= start < until for start in self._starts))
            or hole.place in self._starts  # nothing has happened there, so no history knows the place
        )

    def past_faults(self) -> Iterator[str]:
        """Yield what it was told of the past that it did not want to hear."""
        for notice in self._peer.notices:
            found = _PAST.fullmatch(notice.value["text"])
            facts = self._log.by_text.get(text_of(found[1]), []) if found else []
            if not found or not notice.when.connection:
                continue
            session = digest_of(self._peer.hellos[notice.when.connection - 1]["session"])
            since, until = (
                self._moment(notice.when.connection, line) for line in (notice.when.taken, notice.when.line)
            )
            for fact in facts:
                if fact.session != session and self._wishes.past_hides(session, fact, since, until):
                    yield f"it was told of the past: {notice.value}, which it does not want to hear"

    def _moment(self, connection: int, line: int) -> tuple[int, int]:
        return self._lives[self._peer.hellos[connection - 1]["addr"]], line

    def _could_miss(self, place: int, hole: Hole) -> bool:
        """Return whether a place was not heard. If nothing is forgotten, what was not for this program is no gap."""
        fact = self._log.by_place.get(place)
        if fact is None or hole.is_stranger or self._forgets or not self._ears:
            return place not in self._heard
        return place not in self._heard and self._ears.hears(fact) and not self._ears.hides(fact, hole.when)


def _programs(world: World, wishes: Wishes, views: _Views) -> Iterator[str]:
    for user in world.users:
        if not isinstance(user, Program):
            continue
        peer = user.peer
        log = views.at(_life(world, user))
        hearing = _Hearing(world, wishes, user, log)
        faults = [
            *peer.faults,
            *heard_faults(peer, log, hearing.is_missing, hearing.hides),
            *hearing.past_faults(),
            *said_faults(peer, log, MAX_LINE),
        ]
        for event in log.facts:
            if event.value["type"] == "refused":
                faults += _refusal(user, event)
        yield from (f"{user}: {fault}" for fault in faults)


def _life(world: World, user: Program) -> int:
    """Return the life of the server of which a program should know: the last, unless it has quit before."""
    if not user.peer.finished:
        return len(world.lives) - 1
    last = user.peer.transcript[-1] if user.peer.transcript else None
    if isinstance(last, Heard):
        return max(number for number, life in enumerate(world.lives) if life.start < last.at)
    return world.lives.index(user.streams[-1][0].life)


def _refusal(user: Program, fact: Fact) -> Iterator[str]:
    """Yield a fault if a program does not know that its line was refused."""
    peer = user.peer
    for line in peer.typed:
        if line.number == fact.number and line.session and digest_of(line.session) == fact.session:
            behind = [item for item in peer.transcript if isinstance(item, Hole) and item.after < fact.at]
            is_over = line.session != peer.session or peer.finished
            if not line.code and not behind and not is_over:
                yield f"its line {line.text!r} was refused, and it was never told"


def _people(world: World, wishes: Wishes) -> Iterator[str]:
    """Yield faults in what people have read: each line once and in order while they were there."""
    for user in world.users:
        if not isinstance(user, TextUser):
            continue
        for (connection, stream), typed in zip(user.streams, user.typed, strict=True):
            lines = [line.decode() for line in bytes(stream).replace(b"\r\n", b"\n").split(b"\n")[:-1]]
            number = world.lives.index(connection.life)
            expected = _expected(connection.life, connection.addr, wishes)
            is_all_read = connection is user.link and not connection.is_dead
            faults = [
                *_read(expected, connection.life, lines, typed),
                *_words(wishes, number, connection.addr, lines, is_all_read),
                *_past(world, wishes, number, connection.addr, lines),
            ]
            yield from (f"{user} at {connection.addr}: {fault}" for fault in faults)
            if is_all_read and len(list(filter(_is_public, lines))) < len(expected):
                yield f"{user} at {connection.addr} has not read all of {expected}"


def _is_public(line: str) -> bool:
    return line.startswith("[") and not _LISTED.search(line) and not line.startswith(ANSWER)


def _expected(life: Life, addr: str, wishes: Wishes) -> list[str]:
    """Return all that somebody reads who comes from an address: from the own coming on, until the own leaving."""
    expected: list[str] = []
    room: str | None = None  # where they are, once they are in
    for event in life.events:
        is_own = getattr(event, "addr", "") == addr
        if isinstance(event, Joined | Entered) and is_own:
            room = event.room
        elif isinstance(event, Exited) and is_own:
            room = None
        if isinstance(event, Left) and is_own:
            break
        if room != event.room or event.is_private or not event.line():
            continue
        name, author = getattr(event, "name", ""), getattr(event, "addr", "")
        if is_own or not wishes.state_at(addr, event.at).hides(event.type, name, author):
            expected.append(event.line())
    return expected


def _read(expected: list[str], life: Life, lines: list[str], typed: list[str]) -> Iterator[str]:
    public: list[str] = []
    receipts = 0
    for line in lines:
        if line.startswith("{"):
            yield f"an object: {line}"
        elif _is_public(line):
            if len(public) == len(expected) or line != expected[len(public)]:
                yield f"{line!r} is not what comes behind {public[-1:]} in {expected}"
                return
            public.append(line)
        elif line == texts.RECEIPT:
            kind, text = meaning_of(typed[receipts], MAX_LINE)
            receipts += 1
            if kind in ("said", "emote") and not any(line.endswith(text) for line in public):
                yield f"the receipt of {text!r} came before the line"
    said = [text_of(event.text) for event in life.events if isinstance(event, Said)]
    for line in typed[:receipts]:
        if meaning_of(line, MAX_LINE)[0] == "said" and said.count(text_of(line)) != 1:
            yield f"{line!r} got a receipt and was said {said.count(text_of(line))} times"


def _words(wishes: Wishes, life: int, addr: str, lines: list[str], is_all_read: bool) -> Iterator[str]:
    """Yield private words that a person has read who did not want to, or has not read, or has read twice."""
    read = [text for line in lines for text in _PRIVATE.findall(line)]
    wanted = {text for text, person in wishes.reached[life].items() if person.who == addr}
    yield from (f"it has read {text}, which it does not want to hear" for text in read if text not in wanted)
    yield from (f"it has read {text} {read.count(text)} times" for text in set(read) if read.count(text) > 1)
    yield from (f"it has not read {text}" for text in wanted.difference(read) if is_all_read)


def _past(world: World, wishes: Wishes, life: int, addr: str, lines: list[str]) -> Iterator[str]:
    """Yield what a person was told of the past that it did not want to hear."""
    said = {text_of(event.text): event for one in world.lives for event in one.events if isinstance(event, Said)}
    receipts = 0
    for line in lines:
        receipts += line == texts.RECEIPT
        event = said.get(text_of(line)) if _PAST.fullmatch(line) else None
        if event and event.addr != addr and wishes.past_hides(addr, _fact(event, wishes), (life, receipts), None):
            yield f"it was told of the past: {line!r}, which it does not want to hear"


def _once(world: World, views: _Views) -> Iterator[str]:
    """Yield lines that were said twice, whoever has said them."""
    log = views.at(len(world.lives) - 1)
    yield from (f"{text} was said {len(facts)} times: {facts}" for text, facts in log.by_text.items() if len(facts) > 1)


def _secrets(world: World, wishes: Wishes) -> Iterator[str]:
    """Yield private words and tokens that somebody else has read."""
    raws = {user.number: user.raw for user in world.users}
    owners: dict[str, set[int]] = {}  # who has used each session, by digest
    for life in world.lives:
        for digest, addrs in life.owners.items():
            owners.setdefault(digest, set()).update(map(_owner, addrs))
    yield from (f"the session {digest} was used by {users}" for digest, users in owners.items() if len(users) > 1)
    for number, raw in raws.items():
        for text in set(_PRIVATE.findall(raw.decode("utf-8", "replace"))):
            receivers = {_owner(reached[text].addr) for reached in wishes.reached if text in reached}
            if number not in receivers and not text.startswith(f"p{number}."):
                yield f"user {number} has read {text}, which is for {receivers}"
        for token in set(_TOKEN.findall(raw)):
            others = [other for other in raws if other != number and token in raws[other]]
            yield from (f"user {other} has read the token of user {number}" for other in others)


def _names(world: World) -> Iterator[str]:
    """Yield names with two holders, and private words for whoever does not have the name."""
    lost = {event.at for event in world.lost}
    owners = {digest: _owner(addr) for life in world.lives for digest, addrs in life.owners.items() for addr in addrs}
    holders: dict[str, int] = {}  # who has had a name last
    for life in world.lives:
        online: dict[str, str] = {}  # addresses by folded name
        for event in life.events:
            if event.at in lost:
                continue
            match event:
                case Joined() | Renamed():
                    if isinstance(event, Renamed):
                        online.pop(fold(event.old), None)
                    key = fold(event.name)
                    if key in online:
                        yield f"{event}, and {online[key]} has that name"
                    online[key] = event.addr
                    holders[key] = _owner(event.addr)
                case Left():
                    online.pop(fold(event.name), None)
                case Whispered() if event.receiver and holders.get(fold(event.to)) != owners[event.receiver]:
                    yield f"{event} was kept for user {owners[event.receiver]}"


def _kept_names(world: World, views: _Views) -> Iterator[str]:
    """Yield sessions that do not have the name any more that they had."""
    for user in world.users:
        if not isinstance(user, Program):
            continue
        lives = {connection.addr: world.lives.index(connection.life) for connection, _ in user.streams}
        before: dict[str, list[str]] = {}  # addresses of each session
        for hello in user.peer.hellos:
            addrs = before.setdefault(hello["session"], [])
            for fact in reversed(views.at(lives[hello["addr"]]).between(0, int(hello["at"]) + 1)):
                name, addr = fact.value.get("name"), fact.value.get("addr")
                if fact.value["type"] in ("joined", "renamed") and addr in addrs and name != addr:
                    if name != hello["name"]:
                        yield f"{user} was called {name}, and is greeted with {hello}"
                    break
            addrs.append(hello["addr"])


def _lists(world: World) -> Iterator[str]:
    """Yield answers to `who` and `/who all` that do not tell who was there.

    What happens in another room, a program does not hear. So the latter may be about any moment before it heard more.
    """
    for user in world.users:
        if not isinstance(user, Program):
            continue
        heard = [*sorted({item.at for item in user.peer.heard()}), NEVER]
        asked: dict[int, list[set[tuple[str, ...]]]] = {}
        for place, value in user.peer.answers:
            if value["type"] == "users":
                listed = {(one["addr"], one["name"], *_room(one.get("room", ""))) for one in value["users"]}
                asked.setdefault(place, []).append(listed)
        for place, answers in asked.items():
            moments = list(_moments(world, place, heard[bisect_right(heard, place)]))
            for listed in answers if moments else ():
                where = {room for addr, _, room in moments[0] if _owner(addr) == user.number}
                inside = [{(addr, name) for addr, name, room in moments[0] if room == asker} for asker in where]
                everywhere = [{(addr, name, *_room(room)) for addr, name, room in moment} for moment in moments]
                if listed not in inside + everywhere:
                    yield f"{user} was told that {listed} are online, and it was {moments}"


def _moments(world: World, place: int, until: int) -> Iterator[set[tuple[str, str, str]]]:
    """Yield who was online, and in which room, at a place, and after each event up to another place."""
    for life in world.lives:
        online: dict[str, tuple[str, str]] = {}  # name and room by address
        is_reached = False
        for event in life.events:
            if event.at >= until:
                break
            if isinstance(event, Joined | Renamed | Entered):
                online[event.addr] = event.name, event.room
            elif isinstance(event, Left | Exited):
                online.pop(event.addr, None)
            is_reached = is_reached or event.at == place
            if is_reached:
                yield {(addr, name, room) for addr, (name, room) in online.items()}


def _room(room: str) -> tuple[str, ...]:
    return (room,) if room else ()
