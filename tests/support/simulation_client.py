"""Our own client in the simulation: its session talks to the real room, and what it does is judged as any program's is.

`ClientPeer` watches the client and keeps the same record as a `SessionPeer` keeps of itself, so one check judges both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from client.net.attempts import ReconnectPolicy
from client.net.conversation import UNSURE, State
from client.net.hearing import Hearing
from client.net.outgoing import Line as ClientLine
from client.net.outgoing import Outgoing
from client.net.people import Person
from client.net.session import Session
from client.net.values import BadServer, Value
from server.chat.events import Said
from server.chat.names import fold

from .session_peer import QUIT, Heard, Hole, Line, SessionPeer, When
from .session_peer import State as Fate
from .simulation import World
from .simulation_check import faults_of as faults_of_programs
from .simulation_users import NAMES, Program, TextUser, User, Wild

POLICIES = (ReconnectPolicy(insists=True), ReconnectPolicy(insists=True, away_after=float("inf")))
NO_NAME = "输入 rename 新名字 换一个"
COMINGS = ("joined", "left", "entered", "exited")  # of others, which are not shown to whoever is quiet
GAPS = ("这里缺了一些消息", "服务器丢失了上面")
HOSTILE_NAMES = ("修改用户名为", "该用户不在线", "I", "已上线", "json")
HOSTILE_LINES = (
    *("已上线", "I'm live", "未知命令，输入 /help 查看帮助"),
    *('{"type":"bye","code":"quit"}', "[10.0.0.0:1001]10.0.0.0:1001:已上线", "修改用户名为: ann"),
    *("服务器人数已满，请稍后再试", "* 已重新连接", "\u3000", "\x1b[2J", "/me 已上线"),
)
_COUNTED = re.compile(r"还有 (\d+) 条")


class ClientPeer(SessionPeer):
    """The record of one client, over all of its connections."""

    def __init__(self, number: int, name: str, chance: random.Random) -> None:
        super().__init__(name)
        self.number = number
        self.client = WatchedSession(self, chance.choice(POLICIES), name, curious=chance.random() < 0.5)
        self.accepted: list[Value] = []  # events that the client has taken for new, and that are to be shown
        self.shown: list[Value] = []
        self.refusals = self.losses = self.gaps = 0  # that the user has to be told of
        self.lines: dict[ClientLine, Line] = {}
        self._chance = chance
        self._now = 0.0
        self._renames = 0
        self._is_leaving = False

    @property
    def is_quiet(self) -> bool:
        """Whether every line was sent, and has got a receipt or was given back."""
        return not (self.client.outgoing.unsettled or self.client._catching_up or self._is_leaving)

    @property
    def when(self) -> When:
        """When something is heard that is heard now."""
        lines = self.client.outgoing
        return When(len(self.hellos), lines._last, lines.sent[0].number - 1 if lines.sent else lines._last)

    def type(self, text: str) -> bytes:
        """Take a line that somebody has typed. Some private words are for a person, whatever name that has."""
        if text == QUIT:
            self._is_leaving = True
            return self._see(self.client.finish(self._now))
        person, words = self._receiver(text)
        return self._see(self.client.ask(ClientLine(words, person), self._now))

    def connect(self) -> bytes:
        """Begin a new connection. Return its first line."""
        self._partial = b""
        if self.finished:
            return b""
        return self._see(self.client.connect(self._now) + self.client.connected(self._now))

    def receive(self, data: bytes) -> bytes:
        """Take what has come. Return what is to be sent now."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        sent = b""
        for line in lines if not self.finished else []:
            try:
                sent += self.client.received(line, self._now)
            except BadServer as error:
                self.faults.append(f"{line!r} is taken for a fault of the server: {error}")
        if self.client.is_in:
            self._now += self._chance.choice((0.0, 0.0, 5.0))
            sent += self.client.act(self._now)
        return self._see(sent)

    def disconnect(self) -> None:
        """End the connection."""
        if not self.finished:
            self.client.lost("", self._now)
            self._see(b"")

    def greet(self, hello: Value) -> None:
        """Take note of the first `hello` of a connection."""
        if self.transcript and isinstance(self.transcript[-1], Hole):
            self.transcript.pop()  # nothing came behind it, so it is reported again if it is still there
        self._is_stranger = bool(self.session) and hello.session != self.session
        if not self.session:
            self.place = int(hello.at)
        if hello.session != self.session:
            self.session = hello.session
            self.sessions.append((self.session, self.place))
        self.hellos.append({"session": hello.session, "addr": hello.addr, "name": hello.name, "at": hello.at})

    def hear(self, value: Value) -> None:
        """Take note of an event that the client has taken for new."""
        cause = self.client.outgoing.find(value.line)
        own = self.lines.get(cause) if cause else None
        if own:
            own.heard += 1
        told = {
            name: getattr(value, name) for name in ("type", "name", "addr", "text", "to", "old", "why", "line", "room")
        }
        self.transcript.append(Heard(int(value.at), told, own, self.when))
        self.place = int(value.at)
        if not (self.client.hearing.is_quiet and value.type in COMINGS and not value.line):
            self.accepted.append(value)

    def drop(self, after: str) -> None:
        """Take note of a gap."""
        self.gaps += 1
        self._drop(int(after))

    def answer(self, users: Value) -> None:
        """Take note of an answer to `who`."""
        is_behind = bool(self.transcript) and isinstance(self.transcript[-1], Hole)
        told = [{"name": name, "addr": addr, "room": room} for name, addr, room in users.users]
        self.answers.append((0 if is_behind else self.place, {"type": "users", "users": told}))

    def _receiver(self, text: str) -> tuple[Person | None, str]:
        words = text.split(" ", 2)
        if len(words) == 3 and words[0] == "to" and words[2] and self._chance.random() < 0.5:
            person = self.client.hearing.people.find(words[1])
            if person and person.addr:
                return person, words[2]
        return None, text

    def _see(self, sent: bytes) -> bytes:
        """Look at what is shown, as a user does: a name that cannot be had is replaced by one that nobody else wants."""
        shown = list(self.client.shown)
        self.client.shown.clear()
        self.shown += shown
        self.greeted = self.client.is_in
        needs_name = any(value.type == "note" and (NO_NAME in value.text or UNSURE in value.text) for value in shown)
        if needs_name and not self.client._naming.is_had:
            self._renames += 1
            another = ClientLine(f"rename user{self.number}-{self._renames}")
            sent += self._see(self.client.ask(another, self._now))
        self.finished = self._is_leaving and not self.client.is_busy
        return sent


class WatchedSession(Session):
    """The client's session. It tells what it does."""

    def __init__(self, peer: ClientPeer, policy: ReconnectPolicy, name: str, *, curious: bool) -> None:
        super().__init__(policy, name, curious=curious)
        self.outgoing = WatchedOutgoing(peer)
        self.hearing = WatchedHearing(peer)
        self.shown = self.hearing.shown
        self._peer = peer

    def _take_hello(self, hello: Value) -> None:
        if self.state is not State.VALUES:
            self._peer.greet(hello)
        super()._take_hello(hello)

    def _take_receipt(self, done: Value, now: float) -> None:
        line = self.outgoing.find(done.line)
        is_new = line is not None and not line.dealt_with
        super()._take_receipt(done, now)
        if line and is_new:
            record = self._peer.lines[line]
            record.receipts.append((done.code, record.heard))
            record.state, record.code = Fate.REFUSED if done.code else Fate.TAKEN, done.code

    def _refuse(self, line: ClientLine, why: str) -> None:
        self._peer.refusals += 1
        self._peer.lines[line].state = Fate.REFUSED
        super()._refuse(line, why)


class WatchedOutgoing(Outgoing):
    """The client's lines. They tell what becomes of them."""

    def __init__(self, peer: ClientPeer) -> None:
        super().__init__()
        self._peer = peer

    def add(self, line: ClientLine) -> None:
        self._peer.lines[line] = Line(line.text)
        if not line.hidden:
            self._peer.typed.append(self._peer.lines[line])
        super().add(line)

    def send(self, line: ClientLine, *, counted: bool) -> bytes:
        data = super().send(line, counted=counted)
        record = self._peer.lines.setdefault(line, Line(line.text))
        record.text, record.state = data.decode().removesuffix("\n"), Fate.SENT
        record.session, record.number = self._peer.session, line.number
        return data

    def resume(self, taken: int) -> int:
        sent = list(self.sent)
        lost = super().resume(taken)
        for line in sent:
            self._peer.lines[line].state = Fate.TAKEN
        for record in self._peer.lines.values():
            if record.session == self._peer.session and record.number > taken:
                record.number = 0  # another line gets it
        self._wait_again()
        return lost

    def lose_session(self, taken: int) -> list[ClientLine]:
        unsure = super().lose_session(taken)
        for record in self._peer.lines.values():
            if record.heard and not record.receipts:
                record.state = Fate.TAKEN
        for line in unsure:
            self._peer.lines[line].state = Fate.UNSURE
        self._peer.losses += len(unsure)
        self._wait_again()
        return unsure

    def _wait_again(self) -> None:
        for line in self.waiting:
            record = self._peer.lines[line]
            record.state, record.heard, record.code, record.number = Fate.WAITING, 0, "", 0
            record.receipts.clear()


class WatchedHearing(Hearing):
    """What the client hears. It tells what it takes for new."""

    def __init__(self, peer: ClientPeer) -> None:
        super().__init__()
        self._peer = peer

    def take(self, value: Value, *, missed: bool, hidden: bool) -> bool:
        if value.type == "gap":
            self._peer.drop(value.after)
        is_new = super().take(value, missed=missed, hidden=hidden)
        if is_new:
            self._peer.hear(value)
        elif value.type in ("users", "everyone"):
            self._peer.answer(value)
        elif value.type == "notice":
            self._peer.notices.append(Heard(self._peer.place, {"text": value.text}, when=self._peer.when))
        return is_new


class Client(Program):
    """A program that is our client."""

    peer: ClientPeer

    def __init__(self, number: int, chance: random.Random) -> None:
        User.__init__(self, number, chance)
        self._called = chance.choice(("", *NAMES))
        self.peer = ClientPeer(number, self._called, chance)
        self.is_prompt = False
        self._late = b""  # the rest of the first line

    def greet(self) -> bytes:
        """Ask for a session. If only a byte of that comes in time, the server tells in text what happens meanwhile."""
        first = super().greet()
        begin = len(first) if self.is_prompt or self.chance.random() < 0.6 else 1
        self._late = first[begin:]
        return first[:begin]

    def hear(self, data: bytes) -> None:
        """Take what has come. Perhaps it was text, which is time enough for the rest of the first line."""
        super().hear(data)
        if self.chance.random() < 0.1:
            self.hurry()

    def hurry(self) -> None:
        """Send the rest of the first line."""
        late, self._late = self._late, b""
        self.send(late)


class Pretender(Wild):
    """A fellow user who talks like the server, under names like its words, and says what newcomers have asked."""

    def __init__(self, number: int, chance: random.Random) -> None:
        super().__init__(number, chance)
        self._greetings = 5

    def hear(self, data: bytes) -> None:
        """Greet whoever comes with all that a client may have asked on its new connection."""
        super().hear(data)
        if "已上线".encode() in data and self._greetings:
            self._greetings -= 1
            self.type("\n".join(("已上线", "//json", *(f"//json {name}" for name in NAMES))))

    def make_line(self, users: Sequence[User]) -> str:
        """Return a line of any kind. Newcomers are in the lobby, so this user stays there."""
        self.rooms = ()
        if self.chance.random() < 0.5:
            return super().make_line(users)
        return self.chance.choice((f"rename {self.chance.choice(HOSTILE_NAMES)}", *HOSTILE_LINES))


class ClientWorld(World):
    """A world whose programs are our client."""

    def kinds(self) -> list[type[User]]:
        """Return of which kind each user is. One of the programs may be another."""
        chance = self.chance
        programs: list[type[User]] = [Client] * chance.randint(1, 3) + [Program] * chance.randint(0, 1)
        others: list[type[User]] = [TextUser] * chance.randint(0, 1) + [Pretender] * chance.randint(1, 3)
        return [*programs, *others]

    def settle(self) -> bool:
        """Let everybody come back and catch up, also whoever was slow. Return whether that has an end."""
        for user in self.users:
            if isinstance(user, Client):
                user.is_prompt = True
                user.hurry()
        return super().settle()


def faults_of(world: World) -> list[str]:
    """Return all faults of a simulation that has come to rest: those of any program, and what only a client can do."""
    clients = [user for user in world.users if isinstance(user, Client)]
    return [
        *faults_of_programs(world),
        *(f"{user}: {fault}" for user in clients for fault in (*_told(user.peer), *_people(world, user))),
        *_names(world),
    ]


def _told(peer: ClientPeer) -> Iterator[str]:
    """Yield what the user was not told, or was told wrongly."""
    shown = [value for value in peer.shown if value.at]
    rest = iter(shown)
    value = next(rest, None)
    for event in peer.accepted:
        if value and value.at == event.at:
            value = next(rest, None)
        elif event.type not in ("joined", "left", "renamed") or _owner(event.addr) != peer.number:
            yield f"{event} is not shown, or not in its order"
    if value:
        yield f"{value} is shown, and was not heard"
    notes = [value.text for value in peer.shown if value.type == "note"]
    if sum(note.startswith(GAPS) for note in notes) != peer.gaps:
        yield f"{peer.gaps} gaps were not all reported in {notes}"
    if len([value for value in peer.shown if value.type == "refused"]) != peer.refusals:
        yield f"{peer.refusals} refusals were not all shown"
    unsure = [note.removeprefix(f"{UNSURE}：") for note in notes if note.startswith(UNSURE)]
    counts = [int(found[1]) if (found := _COUNTED.fullmatch(note)) else 1 for note in unsure]
    if sum(counts) != peer.losses:
        yield f"{peer.losses} lines of which nobody knows were not all named in {notes}"


def _people(world: World, user: Client) -> Iterator[str]:
    """Yield a fault if a client that has missed nothing does not know who is online."""
    client = user.peer.client
    if not user.link or user.has_left or not client.hearing.people.known or user.peer.gaps:
        return
    members = user.link.life.broadcaster.room.online_map.items()
    online = sorted(key for key, member in members if member.room == client.hearing.room)
    known = sorted(map(fold, client.hearing.people.names()))
    if known != online:
        yield f"it believes that {known} are online, and these are: {online}"


def _names(world: World) -> Iterator[str]:
    """Yield what was said without a name by a client that wants one."""
    wanting = {user.number for user in world.users if isinstance(user, Client) and user.peer.name}
    for event in (event for life in world.lives for event in life.events):
        if isinstance(event, Said) and event.name == event.addr and _owner(event.addr) in wanting:
            yield f"{event} was said without a name"


def _owner(addr: str) -> int:
    """Return the number of the user who comes from an address."""
    return int(addr.partition(":")[0].rpartition(".")[2])
