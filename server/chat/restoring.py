"""How a room begins with what a history has kept of the one before. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .archive import Archive, Restored
from .events import Left
from .kinds import LOBBY
from .memory import TALK, Memory
from .room import Entry, Room
from .told import Told


@dataclass(slots=True)
class Departed(Entry):
    """Somebody was online when the server ended. The number is no member's."""

    name: str
    addr: str
    where: str = LOBBY  # the room in which they were

    def apply(self, room: Room, told: Told) -> None:
        """Take note that they have left. Nobody can be online yet who would hear it."""
        told.tell_everyone(Left(self.time, self.name, self.addr, "closing", room=self.where))


def open_room(start: int, archive: Archive, restored: Restored, remember: int, replay: int) -> Room:
    """Return a room that begins with what a history knows, if it knows anything. Its sessions wait for their programs.

    `start` is the place after which its log goes on, if the history is not further. `remember` is how many events its
    memory keeps, `replay` how many lines a newcomer is shown.
    """
    memory = Memory(max(start, restored.end), remember)
    if restored.end:
        memory.restore(restored.events, restored.forgotten, archive.last(TALK, restored.end, LOBBY))
    room = Room(memory=memory, archive=archive, replay=replay)
    for session in restored.sessions:
        room.sessions.restore(session, memory.end)
    return room
