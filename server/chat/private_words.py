"""Private words: whom they are for, and who is told what of them."""

from __future__ import annotations

from . import texts
from .events import DONE, Done, Whispered
from .kinds import Own
from .room import Member, Room
from .sessions import Author, Session
from .told import Told

NOT_ONLINE = Done(texts.NOT_ONLINE, "not_online")


def send(room: Room, author: Member, key: str, event: Whispered, told: Told) -> Done:
    """Send a private word to the one whose folded name is `key`, and return its author's receipt.

    That is a member, or a program that is away for a moment. For anybody else a family may know a better receipt than
    NOT_ONLINE. Whoever hides the author's words is told nothing, and the author does not notice.
    """
    receiver = room.find(key)
    if receiver is None:
        for receipt in room.families.offline:
            if done := receipt(room, key):
                return done
        return NOT_ONLINE
    event.to = receiver.name
    event.addr = author.addr
    is_hidden = receiver.kept.hides(event) and receiver.kept is not author.kept
    if isinstance(receiver, Session) and not is_hidden and not room.sessions.keep_word(receiver):
        return NOT_ONLINE
    whisper(event, author, None if is_hidden else receiver, told)
    for hear in room.families.written:
        hear(room, author, receiver, event, told)
    return DONE


def whisper(event: Whispered, author: Author, receiver: Author | Session | None, told: Told) -> None:
    """Tell a member, or a session that will be told when its program comes back; and the author, if it is a program.

    It is remembered only if a program has to do with it. A word to oneself is one object. Without a receiver, only the
    author is told.
    """
    session = receiver if isinstance(receiver, Session) else receiver and receiver.session
    if author.session:
        event.session, event.number = author.session.digest, author.session.line
    if session:
        event.receiver = session.digest
    if session or author.session:
        told.remember(event)
    if (
        receiver
        and not isinstance(receiver, Session)
        and (receiver.session is None or receiver.number != author.number)
    ):
        told.tell_one(receiver.number, event)
    if author.session:
        told.tell_one(author.number, Own(event))
