"""What each command does. Knows the room, no socket."""

from __future__ import annotations

from . import names, protocol
from .protocol import Alive, Help, Quit, Refused, Rename, Say, To, Who
from .room import Room
from .user import User


def do_message(room: Room, user: User, text: str) -> bool:
    """Do what a line of USER's asks for; False if it asks to leave. For USER's handler thread.

    Go: User.DoMessage
    """
    match protocol.parse(text):
        case Say(said):
            room.broadcast(user, said)
        case To(name, content):
            _to(room, user, name, content)
        case Rename(name):
            _rename(room, user, name)
        case Refused(reason):
            room.send(user, reason)
        case Who():
            room.send(user, "\n".join(tag + protocol.LISTED for tag in room.who()))
        case Help():
            room.send(user, protocol.HELP)
        case Alive():
            pass
        case Quit():
            return False
    return True


def _to(room: Room, user: User, name: str, content: str) -> None:
    receiver = room.find(name)
    if receiver is None:
        room.send(user, protocol.NOT_ONLINE)
    else:
        room.whisper(user, receiver, content)


def _rename(room: Room, user: User, name: str) -> None:
    try:
        name = names.check(name)
    except names.BadName as error:
        room.send(user, f"{protocol.NAME_BAD}{error}")
        return
    if user.renames and not user.renames.try_take():
        room.send(user, protocol.RENAMED_TOO_OFTEN)
        return
    renamed = room.rename(user, name)
    room.send(user, protocol.RENAMED + name if renamed else protocol.NAME_TAKEN)
