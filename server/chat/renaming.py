"""Somebody gets another name, and everyone in the room is told. Pure."""

from __future__ import annotations

from .events import Done
from .for_programs import Renamed
from .room import Member, Room
from .told import Told


def rename(
    room: Room, member: Member, name: str, key: str, time: float, told: Told, author: Member | None = None
) -> Done | None:
    """Give a member another name, and tell everyone in its room. Return why not if it cannot be had.

    `author` is the member if a line of its own asks for the name.
    """
    old = member.name
    refused = room.rename(member, name, key)
    tell_renamed(member, old, time, told, author)
    return refused


def tell_renamed(member: Member, old: str, time: float, told: Told, author: Member | None = None) -> None:
    """Tell everyone in a member's room that its name was `old` before, if it has another one now."""
    if member.name != old:
        told.tell_everyone(Renamed(time, old, member.name, member.addr, room=member.room), author)
