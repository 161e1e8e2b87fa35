"""A crowd in a room with accounts and an operator, that acts at random, and a model that knows what must come of it.

No sockets and no threads: the entries of one line are applied before the next line is typed. What may happen between them is
made to happen by `between`.
"""

from __future__ import annotations

import random
from pathlib import Path

from server.chat import texts
from server.chat.entries import Join, Opening
from server.chat.events import Bye, Joined, Left, Said, Whispered
from server.chat.kept_words import KeptWord
from server.chat.kinds import Event, Own
from server.chat.moves import Entered, Exited
from server.chat.names import fold
from server.chat.owners import Owners

from .owning import OwningChat

OPERATIONS = 150
MEMBERS = 8
NAMES = ("bob", "BOB", "carol", "小明", "eve")
KEYS = sorted({fold(name) for name in NAMES})
KEPT = "该用户不在线，消息会在其登录时送达"
# How often each thing is done.
WEIGHTS = {"join": 14, "leave": 10, "rename": 12, "register": 6, "login": 14, "say": 16, "whisper": 16, "go": 8}
WEIGHTS |= {"ignore": 10, "unignore": 4, "be_quiet": 2}
WEIGHTS |= {"mute": 5, "unmute": 4, "kick": 3, "ban": 2, "unban": 2, "restart": 1, "kill": 1}


def password(key: str) -> str:
    return f"secret of {key}".replace(" ", "-")


class OwningCrowd:
    """One crowd. `faults` says what went wrong."""

    def __init__(self, path: Path, seed: int) -> None:
        self.faults: list[str] = []
        self._chance = random.Random(seed)
        self._numbers = 0
        self._texts = 0
        self._gone: dict[int, str] = {}  # why members have gone
        self._muted: dict[int, str] = {}  # and under which name
        self._muted_keys: set[str] = set()
        self._ignored: dict[int, dict[str, str]] = {}  # whom each member ignores: keys, and addresses if they have one
        self._quiet: set[int] = set()
        self._authors: dict[str, tuple[int, str]] = {}  # of private words, by text: their numbers, and keys
        self._kept: dict[str, str] = {}  # texts that were kept, and for whom
        self._passed_over: set[str] = set()  # those that may have been, because their receiver ignores their author
        self._delivered: dict[str, list[int]] = {}  # the numbers under which they came
        self._whispered: set[str] = set()  # texts that came at once
        self._was_killed = False
        self.chat = OwningChat(path, frozenset(["op"]))
        self._begin()

    def run(self) -> list[str]:
        """Do `OPERATIONS` things. Return the faults."""
        for _ in range(OPERATIONS):
            getattr(self, f"_{self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]}")()
            self._look()
        self._finish()
        self.chat.end()
        return self.faults

    def _begin(self) -> None:
        self.chat.store._connection.execute("PRAGMA synchronous = OFF")
        self._online: list[int] = []
        self._op = self._join(is_program=False)
        self._online.remove(self._op)
        self._type(self._op, f"rename {'op'}")
        self._type(self._op, f"/register {password('op')}")
        self._type(self._op, f"/login op {password('op')}")

    def _type(self, number: int, line: str) -> tuple[str, list[Event]]:
        """Let a member type a line. Return its receipt, and all that the member has heard."""
        self.chat.now += 1
        self.chat.say(number, line)
        heard = self._hear(number)
        done = [event for event in heard if type(event).__name__ == "Done"]
        return (done[-1].line() if done else ""), heard

    def _hear(self, number: int) -> list[Event]:
        heard = self.chat.values(number)
        for event in heard:
            event = event.event if isinstance(event, Own) else event
            if self._is_hidden(number, event):
                self.faults.append(f"{number} ignores {self._ignored.get(number)} and hears {event}")
            if isinstance(event, KeptWord):
                self._delivered.setdefault(event.text, []).append(event.word)
            elif isinstance(event, Whispered):
                self._whispered.add(event.text)
        if number in self._gone and heard:
            self.faults.append(f"{number} hears {heard} after {self._gone[number]}")
        return heard

    def _is_hidden(self, number: int, event: Event) -> bool:
        """Return whether a member does not want to hear something."""
        if isinstance(event, KeptWord):  # of its author, no more is known than the name
            return fold(event.name) in self._ignored.get(number, {})
        if isinstance(event, Whispered):
            return self._ignores(number, *self._authors[event.text])
        is_move = isinstance(event, Joined | Left | Entered | Exited)
        return is_move and number in self._quiet and getattr(event, "addr", "") != f"a:{number}"

    def _ignores(self, number: int, author: int, key: str) -> bool:
        ignored = self._ignored.get(number, {})
        return number != author and (key in ignored or f"a:{author}" in ignored.values())

    def _hear_all(self) -> dict[int, list[Event]]:
        return {number: self._hear(number) for number in [self._op, *self._online, *self._gone]}

    def _key(self, number: int) -> str:
        return self.chat.room.members[number].key

    def _someone(self) -> int:
        return self._chance.choice(self._online) if self._online else self._join()

    def _text(self) -> str:
        self._texts += 1
        return f"text-{self._texts}"

    def _join(self, is_program: bool | None = None) -> int:
        if len(self._online) >= MEMBERS:
            return self._online[0]
        self._numbers += 1
        number, addr = self._numbers, f"a:{self._numbers}"
        if self._chance.random() < 0.4 if is_program is None else is_program:
            opening = self.chat.registry.parse(number, self.chat.now, f"/json {self._chance.choice(NAMES)}")
            assert isinstance(opening, Opening)
            self.chat.apply(Join(number, self.chat.now, addr, opening))
        else:
            self.chat.apply(Join(number, self.chat.now, addr))
        self._online.append(number)
        return number

    def _leave(self) -> None:
        if self._online:
            number = self._someone()
            self._hear_all()
            rooms = self._rooms()
            self.chat.leave(number, self._chance.choice(["quit", "lost"]))
            self._online.remove(number)
            self.chat.values(number)
            self._gone[number] = "leaving"
            for hearer, heard in self._hear_all().items():
                count = sum(isinstance(event, Left) and event.addr == f"a:{number}" for event in heard)
                is_there = hearer not in self._gone and rooms.get(hearer) == rooms[number]
                if count != (is_there and hearer not in self._quiet):
                    self.faults.append(f"{hearer} hears {count} times that {number} has left")

    def _go(self) -> None:
        self._type(self._someone(), self._chance.choice(["/join here", "/join there", "/leave"]))

    def _rename(self) -> None:
        self._type(self._someone(), f"rename {self._chance.choice(NAMES)}")

    def _register(self) -> None:
        number = self._someone()
        if self._key(number) in KEYS:
            self._type(number, f"/register {password(self._key(number))}")

    def _login(self) -> None:
        key = self._chance.choice(KEYS)
        secret = password(key) if self._chance.random() < 0.8 else "a-wrong-one"
        number = self._someone()
        if self._chance.random() < 0.3:  # a word comes while the password is looked at
            self.chat.way(number).before = lambda entry: self._whisper(key)
        self._log_in(number, key, secret)

    def _log_in(self, number: int, key: str, secret: str) -> None:
        if self._type(number, f"/login {key} {secret}")[0].startswith(texts.LOGGED_IN):
            ignored = self._ignored.get(number, {})
            kept = (text for text, receiver in self._kept.items() if receiver == key and text not in self._delivered)
            self._passed_over.update(text for text in kept if self._authors[text][1] in ignored)

    def _rooms(self) -> dict[int, str]:
        return {member.number: member.room for member in self.chat.room.members.values()}

    def _ignore(self) -> None:
        number = self._someone()
        online = self.chat.room.members[self._someone()].name
        name = online if self._chance.random() < 0.7 else self._chance.choice(NAMES)
        holder = self.chat.room.online_map.get(fold(name))
        if self._type(number, f"/ignore {name}")[0].startswith("已屏蔽"):
            self._ignored.setdefault(number, {})[fold(name)] = holder.addr if holder else ""

    def _unignore(self) -> None:
        ignoring = [number for number in self._online if self._ignored.get(number)]
        number = self._chance.choice(ignoring) if ignoring else self._someone()
        ignored = self._ignored.get(number, {})
        key = self._chance.choice([*ignored, *ignored, self._chance.choice(KEYS)])
        done, _ = self._type(number, f"/unignore {key}")
        if done.startswith("不再") != (key in ignored):
            self.faults.append(f"{number} ignores {ignored}, and {key} no longer: {done}")
        ignored.pop(key, None)

    def _be_quiet(self) -> None:
        number = self._someone()
        self._type(number, "/quiet")
        self._quiet ^= {number}

    def _say(self) -> None:
        number, text = self._someone(), self._text()
        may = number not in self._muted and self._key(number) not in self._muted_keys
        rooms, key = self._rooms(), self._key(number)
        self._hear_all()
        self.chat.now += 1
        self.chat.say(number, text)
        for hearer, heard in self._hear_all().items():
            events = [event.event if isinstance(event, Own) else event for event in heard]
            count = sum(isinstance(event, Said) and event.text == text for event in events)
            is_there = hearer not in self._gone and rooms.get(hearer) == rooms.get(number)
            if count != (may and is_there and not self._ignores(hearer, number, key)):
                self.faults.append(f"{hearer} hears {text} of {number} {count} times; muted: {not may}")

    def _whisper(self, key: str = "") -> None:
        number, key, text = self._someone(), key or self._chance.choice(KEYS), self._text()
        may = number not in self._muted and self._key(number) not in self._muted_keys
        self._authors[text] = number, self._key(number)
        holder = self.chat.room.online_map.get(key)
        if (
            not holder and self._chance.random() < 0.3 and not self.chat.way(number).line
        ):  # its receiver comes meanwhile
            other, way = self._someone(), self.chat.way(number)
            if other != number:
                way.before = lambda entry: self._come(other, key)
                if self._chance.random() < 0.5:  # not before the word is in the file
                    come, way.before = way.before, lambda entry: setattr(way, "before", come)
        done, own = self._type(number, f"to {key} {text}")
        if done == KEPT:
            self._kept[text] = key
        for hearer, heard in {**self._hear_all(), number: own}.items():
            is_heard = any(isinstance(event, Whispered) and event.text == text for event in heard)
            if not may and is_heard:
                self.faults.append(f"the muted {text} was heard")
            is_hidden = self._ignores(hearer, *self._authors[text])
            if may and holder and hearer == holder.number != number and (is_heard == is_hidden or done):
                self.faults.append(f"{hearer} hears {text} of {number}: {is_heard}, with the receipt {done}")

    def _come(self, number: int, key: str) -> None:
        self._log_in(number, key, password(key))

    def _order(self, line: str) -> str:
        return self._type(self._op, line)[0]

    def _mute(self) -> None:
        target = self._someone()
        key = self._key(target)
        if self._order(f"/mute {self.chat.room.members[target].name}").startswith("已禁言"):
            self._muted[target] = key
            self._muted_keys.add(key)

    def _unmute(self) -> None:
        target = self._someone()
        if self._order(f"/unmute {self.chat.room.members[target].name}").startswith("已解除禁言"):
            key = self._key(target)
            self._muted_keys.discard(key)
            for number in self._muted.keys() & self._online:
                if key in (self._key(number), self._muted[number]):
                    self._muted_keys.discard(self._muted.pop(number))

    def _kick(self) -> None:
        target = self._someone()
        self._hear(target)
        if self._order(f"/kick {self.chat.room.members[target].name} reason").startswith("已移出"):
            self._is_removed(target)

    def _is_removed(self, number: int) -> None:
        heard = self.chat.values(number)
        if not heard or not isinstance(heard[-1], Bye) or heard[-1].code != "kicked":
            self.faults.append(f"{number} was removed and heard {heard[-1:]}")
        self._gone[number] = "being removed"
        self._online.remove(number)

    def _ban(self) -> None:
        key = self._chance.choice(KEYS)
        holder = self.chat.room.online_map.get(key)
        if holder:
            self._hear(holder.number)
        self._order(f"/ban {key}")
        if holder:
            self._is_removed(holder.number)

    def _unban(self) -> None:
        self._order(f"/unban {self._chance.choice(KEYS)}")

    def _restart(self) -> None:
        self._hear_all()
        self.chat = self.chat.restart()
        self._gone, self._muted, self._muted_keys = {}, {}, set()
        self._begin()

    def _kill(self) -> None:
        """Kill the server when somebody has heard kept words, and the file does not know it yet."""
        key, number = self._chance.choice(KEYS), self._someone()
        self.chat.desk.settle = lambda *_: None  # type: ignore[method-assign]
        self._type(number, f"/login {key} {password(key)}")
        self._was_killed = True
        self._restart()

    def _look(self) -> None:
        """Look at the room: who has a registered name has logged in, and the operator is there."""
        room, owners = self.chat.room, self.chat.room.of(Owners)
        self._hear_all()
        for key, who in (*room.online_map.items(), *room.sessions.names.items()):
            if key in owners.accounts and not owners.is_owner(who, key):
                self.faults.append(f"{key} is held by somebody who has not logged in")
            if key in KEYS and owners.ban_of(key, self.chat.now):
                self.faults.append(f"{key} is banned and held")
        if self._op not in room.members or self._key(self._op) != "op":
            self.faults.append("the operator is gone")

    def _finish(self) -> None:
        """Let every owner come. Each word that was kept must have come once, or again under the same number."""
        for key in KEYS:
            self._order(f"/unban {key}")
            self.chat.tries.__init__()  # type: ignore[misc]
            if self._online:
                self._leave()
            self._type(self._join(is_program=True), f"/login {key} {password(key)}")
        for text, key in self._kept.items():
            numbers = self._delivered.get(text, [])
            if not numbers and text in self._passed_over:
                continue
            if len(set(numbers)) != 1 or (len(numbers) > 1 and not self._was_killed):
                self.faults.append(f"{text} for {key} was delivered as {numbers}")
        self.faults += [f"{text} was kept, and came at once, too" for text in self._delivered.keys() & self._whispered]
        for text in self._delivered.keys() - self._kept.keys():
            if len(self._delivered[text]) > 1 and not self._was_killed:
                self.faults.append(f"{text} was delivered twice")
