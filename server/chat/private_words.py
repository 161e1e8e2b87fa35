"""Private words: whom they are for, and who is told what of them."""

from __future__ import annotations

from .events import Whispered
from .kinds import Own
from .sessions import Author, Session
from .told import Told


def whisper(event: Whispered, author: Author, receiver: Author | Session, told: Told) -> None:
    """Tell a member, or a session that will be told when its program comes back; and the author, if it is a program.

    It is remembered only if a program has to do with it. A word to oneself is one object.
    """
    session = receiver if isinstance(receiver, Session) else receiver.session
    if author.session:
        event.session, event.number = author.session.digest, author.session.line
    if session:
        event.receiver = session.digest
    if session or author.session:
        told.remember(event)
    if not isinstance(receiver, Session) and (receiver.session is None or receiver.number != author.number):
        told.tell_one(receiver.number, event)
    if author.session:
        told.tell_one(author.number, Own(event))
