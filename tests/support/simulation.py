"""A chat in one process and one thread: users, connections that are cut at any byte, and a server that is killed.

What happens next, the seed decides.
"""

from __future__ import annotations

from server.chat import texts
from server.chat.entries import Close
from server.commands.sessions import Expire

from .session_peer import QUIT
from .simulation_server import NOBODY, NOW
from .simulation_stage import EVERYTHING, Stage
from .simulation_users import NAMES, Program, TextUser, User

# Each is a method, and has a weight.
OPERATIONS = {
    "type": 30,
    "up": 25,
    "apply": 20,
    "down": 25,
    "connect": 20,
    "write": 6,
    "cut": 4,
    "abandon": 3,
    "vanish": 6,
    "hurry": 6,
    "notice": 2,
    "hang_up": 2,
    "kick": 1,
    "take_note": 2,
    "expire": 1,
    "quit": 1,
    "kill": 1,
    "stop": 1,
}
NEEDED = ("type", "up", "apply", "down", "connect", "write", "notice")


class World(Stage):
    """A stage, and all that can happen on it."""

    wishes = 0.07  # how often users say what they want to hear, and of whom

    def run(self) -> list[str]:
        """Let a number of things happen, then let everything come to rest. Return what went wrong by then."""
        chance = self.chance
        for user in self.users:
            user.wishes = self.wishes
        names = [name for name in OPERATIONS if name in NEEDED or chance.random() < 0.7]
        weights = [OPERATIONS[name] * chance.choice((0.3, 1, 3)) for name in names]
        operations = [getattr(self, name) for name in names]
        for operation in chance.choices(operations, weights, k=chance.choice((30, 80, 160))):
            operation()
        return [] if self.settle() else ["it does not come to rest"]

    def type(self) -> None:
        """Let a user type a line, or some."""
        user = self.chance.choice(self.users)
        if user.is_away and self.chance.random() < 0.8:
            return
        user.is_away = False
        for _ in range(self.chance.choice((1, 1, 4)) if not user.is_quitting else 0):
            line = user.make_line(self.users)
            self.say(f"{user} types {line!r}")
            user.type(line)

    def quit(self) -> None:
        """Let a program quit."""
        user = self.chance.choice(self.users)
        if isinstance(user, Program) and not user.is_quitting:
            self.say(f"{user} types {QUIT}")
            user.type(QUIT)

    def down(self) -> None:
        """Let a user read some of what is on its way."""
        user = self.some_user(True)
        if user:
            self.hear(user, self.size())

    def write(self) -> None:
        """Let the history write some of what waits."""
        if self.disk:
            self.disk.write(self.chance.choice((1, 3, EVERYTHING)))

    def cut(self) -> None:
        """Cut a connection. Each side finds out when it has read what has reached it."""
        if (user := self.some_user(True)) and user.link:
            self.say(f"the connection of {user} is cut")
            del user.link.up[self.cut_at(len(user.link.up)) :]
            user.link.up_ends = True
            user.link.pipe.cut(self.cut_at(user.link.pipe.waiting))
            user.link.is_dead = True

    def abandon(self) -> None:
        """Let a user give a connection up. What was sent on it still comes, and then its end."""
        if (user := self.some_user(True)) and user.link:
            self.say(f"{user} closes the connection")
            del user.link.up[self.cut_at(len(user.link.up)) :]
            user.link.up_ends = True
            if self.chance.random() < 0.5:  # the server cannot send any more
                user.link.pipe.close()
            user.leave()

    def vanish(self) -> None:
        """Let a user give a connection up, of which the server does not hear for a while. Some come back at once."""
        if (user := self.some_user(True)) and user.link:
            self.say(f"{user} is away, and the server does not know")
            del user.link.up[self.cut_at(len(user.link.up)) :]
            user.leave()
            if self.chance.random() < 0.5:
                self.connect(user)

    def hurry(self) -> None:
        """Let a user connect twice. Of the first connection, the server may hear last."""
        if user := self.some_user(False):
            self.connect(user)
            link = user.link
            user.leave()
            self.connect(user)
            if link in self.connections and link.is_busy:
                self.read(link, EVERYTHING, patient=False)

    def notice(self) -> None:
        """Let the server notice that somebody has gone."""
        present = [user.link for user in self.users]
        gone = [one for one in self.connections if one not in present and not one.up_ends]
        if gone:
            self.chance.choice(gone).up_ends = True

    def hang_up(self) -> None:
        """Cut a connection. The server knows at once, and the user does not for a while."""
        if (user := self.some_user(True)) and user.link in self.connections:
            assert user.link
            self.say(f"the server loses {user}")
            user.link.pipe.cut(self.cut_at(user.link.pipe.waiting))
            self.end(user.link, "lost", "")

    def kick(self) -> None:
        """Let the watchdog kick somebody."""
        if self.connections and (connection := self.chance.choice(self.connections)).is_in:
            self.say(f"{connection.addr} is kicked")
            self.end(connection, "idle", texts.IDLE)

    def take_note(self) -> None:
        """Note who is away, as whoever ends sessions does some time before they end."""
        self.since = list(self.life.broadcaster.held().items())

    def expire(self) -> None:
        """End a session that was away, unless it has come back by then."""
        if self.since:
            digest, since = self.chance.choice(self.since)
            self.life.broadcaster.offline([Expire(NOBODY, NOW, digest, since)])
            self.life.collect()

    def kill(self) -> None:
        """Kill the server. What it has not written to the disk is lost, and what it has not sent, too."""
        if self.disk:
            lost = self.disk.kill()
            self.say(f"the server is killed; lost: {[event.at for event in lost]}")
            self.lost += lost
        self.restart(in_order=False)

    def stop(self) -> None:
        """Stop the server in order. Most users get all that is on its way to them."""
        self.say("the server is stopped")
        self.life.broadcaster.broadcast([Close(NOBODY, NOW)])
        self.life.collect()
        self.life.apply(EVERYTHING)
        if self.disk:
            self.disk.stop()
        self.restart(in_order=True)


class Quarrel(World):
    """A small world whose users have little else to do than to ignore each other."""

    wishes = 0.4
    replays = (3,)

    def kinds(self) -> list[type[User]]:
        """Return of which kind each user is."""
        return [Program, Program, self.chance.choice((Program, TextUser)), TextUser]

    def run(self) -> list[str]:
        """Let them quarrel about few names."""
        for user in self.users:
            user.names = NAMES[:2]
        return super().run()

    def type(self) -> None:
        """Let several users type."""
        for _ in range(3):
            super().type()
