"""`/reply`, `/whois` and `/away`: what members want of each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..chat import texts
from ..chat.entries import Heard, Line
from ..chat.events import DONE, Done, Notice, Whispered
from ..chat.kept import Keeping
from ..chat.moment import moment
from ..chat.order import is_muted
from ..chat.private_words import NOT_ONLINE, send
from ..chat.room import Entry, Member, Room
from ..chat.sessions import Session
from ..chat.told import Told
from .registry import Command, Request

MOST_ANSWERED = 1000  # senders who are known to have had an answer


@dataclass(slots=True)
class LastWriter:
    """Who has written to somebody last: a program by its session, a person by the number of the connection."""

    digest: str = ""
    number: int = 0
    key: str = ""  # the folded name that they had then


@dataclass(slots=True)
class Absence:
    """That somebody is away, if there is a text."""

    text: str = ""
    answered: set[str | int] = field(default_factory=set)  # who has been told so


@dataclass(slots=True)
class Reply(Heard):
    """A private word for whoever has written last."""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the same person, under whatever name, and never somebody else who has that name now."""
        last = member.of(LastWriter)
        if not last.key:
            return Done(texts.NO_WRITER, "nobody")
        writer = _find(room, last)
        if writer is None and room.find(last.key):
            return NOT_ONLINE
        key = writer.key if writer else last.key  # somebody who is gone may have words kept
        return send(room, member, key, Whispered(self.time, member.name, "", self.text), told)


@dataclass(slots=True)
class Whois(Line):
    """The question who has the folded name `key`."""

    key: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker what everyone may know."""
        who = room.find(self.key)
        if who is None:
            return NOT_ONLINE
        lines = [fact(room, who, self.time) for fact in room.families.facts]
        told.tell_one(self.number, Notice("\n".join(line for line in lines if line)))
        return DONE


@dataclass(slots=True)
class Away(Heard):
    """Somebody goes away for a while, and leaves a text for those who write to them."""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Keep the text, until the member's next line."""
        absence = member.of(Absence)
        absence.text = self.text
        absence.answered.clear()
        if come_back not in room.families.hearers:  # nobody has been away before
            room.families.hearers.append(come_back)
        return Done(texts.AWAY.format(self.text))


def come_back(room: Room, member: Member, line: Entry, told: Told) -> None:
    """Take note of a line of somebody who may be away."""
    absence = member.kept.find(Absence)
    if absence and absence.text and isinstance(line, Line) and line.speaks and not isinstance(line, Away):
        absence.text = ""
        told.tell_one(member.number, Notice(texts.BACK))


def take_note(room: Room, author: Member, receiver: Keeping, word: Whispered, told: Told) -> None:
    """Remember who has written, and answer for a receiver who is away, once for each who writes.

    Whoever the receiver ignores is answered, too, and so does not notice it, but never gets a `/reply`.
    """
    assert isinstance(receiver, (Member, Session))
    digest = author.session.digest if author.session else ""
    if not receiver.kept.hides(word):
        last = receiver.of(LastWriter)
        last.digest, last.number, last.key = digest, author.number, author.key
    absence, writer = receiver.kept.find(Absence), digest or author.number
    if absence and absence.text and writer not in absence.answered:
        if len(absence.answered) == MOST_ANSWERED:
            absence.answered.clear()
        absence.answered.add(writer)
        told.tell_one(
            author.number, Notice(texts.AWAY_REPLY.format(word.to, _shown(room, receiver, absence, word.time)))
        )


def describe(room: Room, who: Keeping, now: float) -> str:
    """Return from where somebody comes, since when they are here, and whether they are away."""
    assert isinstance(who, (Member, Session))
    if isinstance(who, Session):
        text = texts.WHOIS_HELD.format(who.name)
    else:
        text = texts.WHOIS.format(who.name, who.addr, moment(who.since, now), span(now - who.spoke))
    absence = who.kept.find(Absence)
    if absence and absence.text:
        return f"{text}\n{texts.IS_AWAY.format(who.name, _shown(room, who, absence, now))}"
    return text


def span(seconds: float) -> str:
    """Return how long something takes, in the largest unit of which it has at least one."""
    for unit, size in (("天", 86400), ("小时", 3600), ("分钟", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} 秒"


def furnish(room: Room) -> None:
    """Let these commands hear of private words."""
    room.families.written.append(take_note)
    room.families.facts.append(describe)


def parse_reply(request: Request) -> Entry:
    """`/reply TEXT`: the text is all the rest of the line, with its spaces."""
    if not request.rest.strip(" "):
        return request.refuse()
    return Reply(request.number, request.time, request.rest)


def parse_whois(request: Request) -> Entry:
    """`/whois NAME`."""
    key = request.one_name()
    return Whois(request.number, request.time, key) if key else request.refuse()


def parse_away(request: Request) -> Entry:
    """`/away` or `/away TEXT`."""
    return Away(request.number, request.time, request.rest.strip(" ") or texts.AWAY_TEXT)


def _shown(room: Room, who: Member | Session, absence: Absence, now: float) -> str:
    """Return what others read of somebody who is away. They read no text of a muted user."""
    return texts.AWAY_TEXT if is_muted(room, who, now) else absence.text


def _find(room: Room, last: LastWriter) -> Member | Session | None:
    """Return who has written last, if they are still here or will come back."""
    session = room.sessions.by_digest.get(last.digest)
    return room.members.get(session.member if session else last.number) or session


COMMANDS = [
    Command("reply", "reply 内容", "回复最后一个和你私聊的人", parse_reply),
    Command("whois", "whois 用户名", "查看一个用户", parse_whois),
    Command("away", "away [留言]", "暂时离开，私聊会收到留言；再说话即回来", parse_away),
]
