"""Sessions: what is kept of a program between two of its connections. Pure.

A session belongs to whoever knows its token. A history keeps only a digest of the token, so that whoever reads it cannot
take the session over.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from .kept import Keeping, Kept
from .names import fold

MOST_HELD = 10_000  # sessions without a connection; the oldest is given up for one more
MOST_KEPT = 100  # private words to a session without a connection


def digest_of(token: str) -> str:
    """Return what stands for a token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


@dataclass(slots=True)
class Session(Keeping):
    """What a session has: the lines that were taken from it, and a name that nobody else can have."""

    digest: str
    name: str
    key: str  # the folded name
    addr: str  # of its last connection
    line: int = 0  # how many lines were taken from it
    member: int = 0  # the number of the member that it belongs to; 0 while it has no connection
    held_since: int = 0  # the place in the log at which it lost its connection
    words: int = 0  # how many private words have come since then
    ended: bool = False
    token: str = field(default="", repr=False)
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)  # by families of commands


class Author(Protocol):
    """Who has caused an event: a member, as far as this file needs to know them."""

    number: int
    room: str
    session: Session | None


@dataclass(slots=True)
class Sessions:
    """All sessions of a room. The map lock guards them."""

    by_digest: dict[str, Session] = field(default_factory=dict)
    held: dict[str, Session] = field(default_factory=dict)  # those without a connection, by digest, oldest first
    names: dict[str, Session] = field(default_factory=dict)  # their names, folded; an address is not kept for anybody
    changed: dict[str, Session] = field(default_factory=dict)  # since the batch began, by digest

    def open(self, token: str, member: int, name: str, addr: str) -> Session:
        """Return a new session of a member."""
        session = Session(digest_of(token), name, fold(name), addr, member=member, token=token)
        self.by_digest[session.digest] = session
        self.note(session)
        return session

    def restore(self, session: Session, place: int) -> None:
        """Keep a session that a history has kept, which lost its connection before this place."""
        self.by_digest[session.digest] = session
        self.hold(session, place)

    def note(self, session: Session) -> None:
        """Take note that a session has changed, or something that is kept of it."""
        self.changed[session.digest] = session

    def take_line(self, session: Session) -> int:
        """Count a line of a session. Return its number. No number is ever given twice."""
        session.line += 1
        self.note(session)
        return session.line

    def leave(self, session: Session, place: int, for_good: bool) -> None:
        """Take note that a member has left at a place of the log. Whoever leaves for good has no session any more."""
        if for_good:
            self.end(session)
        else:
            self.hold(session, place)

    def hold(self, session: Session, place: int) -> None:
        """Keep a session that has lost its connection at a place of the log."""
        session.member, session.held_since, session.words = 0, place, 0
        self.held[session.digest] = session
        self.note(session)
        if session.name != session.addr:
            self.names[session.key] = session
        if len(self.held) > MOST_HELD:
            self.end(next(iter(self.held.values())))

    def keep_word(self, session: Session) -> bool:
        """Count one more private word that is kept for a session. Return False if no more may be."""
        if session.words == MOST_KEPT:
            return False
        session.words += 1
        return True

    def take_up(self, session: Session, member: int, addr: str, token: str, keep_name: bool = True) -> None:
        """Give a session to a member, who comes from `addr`. The session's name is free for that member."""
        self._release(session)
        if session.name == session.addr or not keep_name:
            session.name, session.key = addr, fold(addr)
        session.member, session.addr, session.token = member, addr, token
        self.note(session)

    def lose_name(self, session: Session) -> None:
        """Give the name of a session without a connection to somebody else. It has its address for one from now on."""
        if self.names.get(session.key) is session:
            del self.names[session.key]
        session.name, session.key = session.addr, fold(session.addr)
        self.note(session)

    def end(self, session: Session) -> None:
        """Forget a session, which frees its name."""
        self._release(session)
        self.by_digest.pop(session.digest, None)
        session.member, session.ended = 0, True
        self.note(session)

    def _release(self, session: Session) -> None:
        self.held.pop(session.digest, None)
        if self.names.get(session.key) is session:
            del self.names[session.key]
