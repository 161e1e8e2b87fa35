"""In which room a program was at each place of the log, so that it can be told what it has missed there. Pure."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import Any

from .kept import Stored
from .kinds import LOBBY

MOST_STAYS = 16  # that are known; what a program has missed before the first of them is not known any more

_place = itemgetter(0)


class Trail(Stored):
    """The last rooms in which somebody was."""

    key = "rooms"

    def __init__(self) -> None:
        self._stays: list[tuple[int, str]] = [(0, LOBBY)]  # from which place on, and in which room

    @property
    def room(self) -> str:
        """The room where they are now, or will be when they come back."""
        return self._stays[-1][1]

    @property
    def start(self) -> int:
        """The place from which on it is known where they were."""
        return self._stays[0][0]

    def enter(self, place: int, room: str) -> None:
        """Take note that they hear a room from a place on."""
        self._stays = [*self._stays[1 - MOST_STAYS :], (place, room)]  # anew, because other threads may read the list

    def room_at(self, place: int) -> str:
        """Return in which room they were at a place."""
        stays = self._stays
        return stays[max(0, bisect_right(stays, place, key=_place) - 1)][1]

    def dump(self) -> object:
        """Return the list, unless they have never left the lobby."""
        return self._stays if self._stays != [(0, LOBBY)] else None

    def load(self, value: Any) -> None:
        """Take a list of that kind over."""
        self._stays = [(int(place), str(room)) for place, room in value] or self._stays
