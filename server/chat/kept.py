"""What families of commands keep of a person or of the whole room, so that neither needs a field for it. Pure.

One object of each kind is kept. It is made when it is first asked for, and it is the same one for a program over all of
its connections.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, ClassVar, TypeVar, cast

from .kinds import Placed

T = TypeVar("T")


class Hider:
    """Something kept of a member that hides events from it. See `Hiding`, which has to be told of it."""

    def hides(self, event: Placed) -> bool:
        """Return whether the member is not told of an event. Any thread may ask."""
        raise NotImplementedError


class Stored:
    """Something kept of a program that a history stores with the program's session, and that outlives the server.

    Whoever changes it calls `Sessions.note`, unless it is the session's own line that changes it.
    """

    key: ClassVar[str]  # under which it is stored

    def dump(self) -> object:
        """Return it as a JSON value. None means that there is nothing to be stored."""
        raise NotImplementedError

    def load(self, value: Any) -> None:
        """Become what was stored. Raise LookupError, TypeError or ValueError if it is nothing that is known here."""
        raise NotImplementedError


class Kept:
    """What is kept: one object of each kind, which is a class that can be called without arguments."""

    __slots__ = ("_objects", "_stored", "hiders")

    def __init__(self, stored: str = "") -> None:
        """`stored` is what `dump` has returned before a restart. In a damaged file it may be anything, and is lost then."""
        self._objects: dict[type[object], object] = {}
        self._stored: dict[str, object] = {}  # what nobody has asked for yet
        with contextlib.suppress(ValueError, RecursionError):
            values = json.loads(stored or "{}")
            self._stored = values if isinstance(values, dict) else {}
        self.hiders: tuple[Hider, ...] = ()

    def of(self, kind: type[T]) -> T:
        """Return the object of a kind."""
        found = self._objects.get(kind)
        if found is None:
            found = self._objects[kind] = self._make(kind)
        return cast(T, found)

    def find(self, kind: type[T]) -> T | None:
        """Return the object of a kind, or None if nobody has asked for it yet, and none was stored."""
        if kind in self._objects or (issubclass(kind, Stored) and kind.key in self._stored):
            return self.of(kind)
        return None

    def hides(self, event: Placed) -> bool:
        """Return whether some of it hides an event."""
        return any(hider.hides(event) for hider in self.hiders)

    def dump(self) -> str:
        """Return what is to be stored, as JSON. It is empty if there is nothing."""
        if not self._objects and not self._stored:
            return ""
        values = dict(self._stored)
        for found in self._objects.values():
            if isinstance(found, Stored) and (value := found.dump()) is not None:
                values[found.key] = value
        return json.dumps(values, ensure_ascii=False) if values else ""

    def _make(self, kind: type[object]) -> object:
        made = kind()
        if isinstance(made, Stored) and kind.key in self._stored:  # type: ignore[attr-defined]
            try:
                made.load(self._stored.pop(made.key))
            except (LookupError, TypeError, ValueError):  # another version of this server has stored it
                made = kind()
        if isinstance(made, Hider):
            self.hiders += (made,)
        return made


class Keeping:
    """Whoever has something kept: a member, a session, the room."""

    __slots__ = ()
    kept: Kept

    def of(self, kind: type[T]) -> T:
        """Return the object of a kind that is kept here."""
        return self.kept.of(kind)
