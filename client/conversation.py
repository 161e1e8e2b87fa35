"""What we say and what we hear, over all connections: nothing that is typed is lost or sent twice.

Pure: knows no socket, no thread, no terminal and no clock. The rules:

1. A line waits until it is sent, and then until its receipt comes; receipts come in the order of the lines.
2. After the idle kick or the server's stop, a line without a receipt was not taken: it waits to be sent again.
3. After any other end nobody can know: the line is given back as unsure, for its author to decide.
4. A server may send no receipts. Then the line itself, coming back, says that it was taken, and what does not come
   back counts as taken once it is sent.
5. Who has a name takes it again on each connection, before anything else is said.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from . import replies, requests
from .replies import Announcement, Answer, Farewell, Receipt, Renamed, Talk
from .requests import Rename, Request, Say
from .shown import Shown, when_taken

# How many characters may be sent ahead of their receipts: less than any kernel holds, so that to send never waits.
WINDOW = 16 * 1024


@dataclass(frozen=True, slots=True)
class Loss:
    """What the end of a connection leaves: WHY, if the server said so, and the lines that may or may not be taken."""

    why: str
    unsure: list[str]


class Conversation:
    """The lines on their way, who is online, and what we are called."""

    def __init__(self, name: str = "") -> None:
        self.name = name  # to be taken on each connection; empty for the one the server gives
        self.name_refused = ""  # why we do not have it
        self.online: dict[str, str] = {}  # names by address
        self.connected = False
        self.named = True  # on this connection we are called what we want
        self.had_name = False  # on any we were
        self.receipts: bool | None = None  # whether this server sends them; None until that is seen
        self._addr = ""
        self._addr_seen = False
        self._farewell: Farewell | None = None
        self._unsent: deque[Request] = deque()
        self._unanswered: deque[Request] = deque()
        self._ahead = 0  # characters in the lines that are unanswered
        self._due: Request | None = None  # what has just been answered, so that its receipt is the next line
        self._wants_list = False

    @property
    def waiting(self) -> int:
        """How many lines have been typed and not taken."""
        return sum(not request.hidden for request in (*self._unsent, *self._unanswered))

    @property
    def ending(self) -> bool:
        """Whether the server has said that it ends the connection."""
        return self._farewell is not None

    @property
    def unsent(self) -> list[str]:
        """The lines that have been typed and not sent."""
        return [request.line for request in self._unsent if not request.hidden]

    @property
    def listing(self) -> bool:
        """Whether list_online() has no answer yet."""
        return self._wants_list or any(request.is_list for request in (*self._unsent, *self._unanswered))

    def say(self, line: str) -> None:
        """Have LINE, which somebody typed, sent."""
        self._unsent.append(Request(line, requests.parse(line)))
        if self.name_refused:
            self._claim_another_name()

    def sign_of_life(self) -> None:
        """Have something sent that keeps the connection, and that nobody sees."""
        self._ask(requests.SIGN_OF_LIFE)

    def list_online(self) -> None:
        """Ask who is online, for `online`; nothing is shown."""
        if self.receipts:
            self._ask(requests.WHO)
        elif self.receipts is None and self.connected:
            # Nothing but a receipt ends the list: first see whether there are any.
            self._wants_list = True
            self._ask(requests.SIGN_OF_LIFE)

    def connect(self, addr: str) -> None:
        """A connection is there; ADDR is our end of it, as the server is likely to call us."""
        self.connected = True
        self.receipts = None
        self.online.clear()
        self._addr, self._addr_seen = addr, False
        self._due = None
        self._ahead = 0
        self._wants_list = False
        self.named = not self.name
        self.claim_name()

    def claim_name(self) -> None:
        """Ask for our name, ahead of all that waits."""
        self.name_refused = ""
        if self.connected and self.name:
            self.named = False
            self._unsent.appendleft(Request(requests.rename(self.name), Rename(self.name), hidden=True))

    def next_line(self) -> tuple[str, list[Shown]] | None:
        """The next line to send now, if there is one, and what is to be shown for it."""
        if not self._may_send():
            return None
        request = self._unsent.popleft()
        if self.receipts is False and not isinstance(request.meaning, Say | Rename):
            return request.line, when_taken(request, None)
        self._unanswered.append(request)
        self._ahead += len(request.line)
        return request.line, []

    def receive(self, line: str) -> list[Shown]:
        """What LINE, which the server said, shows."""
        oldest = self._unanswered[0] if self._unanswered else None
        reply = replies.parse(line, renaming=oldest is not None and isinstance(oldest.meaning, Rename))
        due, self._due = self._due, None
        if isinstance(reply, Receipt):
            return self._receipt()
        if due and self.receipts is None:
            self._do_without_receipts(due)
        match reply:
            case Farewell():
                self._farewell = reply
                return []
            case Announcement():
                return self._announced(reply, oldest)
            case Talk():
                return [self._said(reply)]
            case Renamed() | Answer() if oldest:
                return self._answered(reply, oldest)
        return [reply]

    def lose(self, *, at_our_end: bool = False) -> Loss:
        """The connection has ended; AT_OUR_END if the server has read all and then closed, as it was asked to."""
        self.connected = False
        typed = [request for request in self._unanswered if not request.hidden]
        self._unanswered.clear()
        self._unsent = deque(request for request in self._unsent if not request.hidden)
        farewell, self._farewell = self._farewell, None
        if farewell is None and at_our_end and not self.receipts:
            return Loss("", [])
        why = farewell.text if farewell else ""
        # Without a single receipt it cannot be told whether there would have been one.
        if typed and not (farewell and farewell.final and (farewell.refusal or self.receipts is not None)):
            return Loss(why, [request.line for request in typed])
        self._unsent.extendleft(reversed(typed))
        return Loss(why, [])

    def _claim_another_name(self) -> None:
        """If our name is refused and another one has been typed, ask for that, ahead of all that waits."""
        for request in self._unsent:
            if isinstance(request.meaning, Rename):
                self._unsent.remove(request)
                self._unsent.appendleft(request)
                self.name = request.meaning.name
                self.name_refused = ""
                return

    def _ask(self, line: str) -> None:
        if self.connected:
            self._unsent.append(Request(line, requests.parse(line), hidden=True))

    def _may_send(self) -> bool:
        if not self.connected or self._farewell or not self._unsent:
            return False
        if not self.named and self._unsent[0].meaning != Rename(self.name):
            return False
        # Without receipts nothing tells how much is under way.
        return not self.receipts or self._ahead < WINDOW

    def _do_without_receipts(self, answered: Request) -> None:
        self.receipts = False
        self._wants_list = False
        keep = (request for request in self._unanswered if isinstance(request.meaning, Say | Rename))
        self._unanswered = deque(request for request in keep if request is not answered)

    def _receipt(self) -> list[Shown]:
        self.receipts = True
        if self._wants_list:
            self._wants_list = False
            self._ask(requests.WHO)
        if not self._unanswered:
            return []
        request = self._unanswered.popleft()
        self._ahead -= len(request.line)
        return when_taken(request, True)

    def _announced(self, reply: Announcement, oldest: Request | None) -> list[Shown]:
        if reply.what == replies.OFFLINE:
            self.online.pop(reply.addr, None)
        else:
            self._see(reply.addr, reply.name)
        return [] if reply.what == replies.LISTED and oldest and oldest.is_list else [reply]

    def _said(self, reply: Talk) -> Talk:
        self._see(reply.addr, reply.name)
        said = next((request for request in self._unanswered if isinstance(request.meaning, Say)), None)
        if said and not self._addr_seen and said.meaning == Say(reply.text):
            # Something between us and the server gives us another address, or the server a tag instead.
            self._addr, self._addr_seen = reply.addr, True
        if reply.addr != self._addr:
            return reply
        self._answer(said)
        return replace(reply, own=True)

    def _answered(self, reply: Renamed | Answer, oldest: Request) -> list[Shown]:
        """What REPLY to our OLDEST request shows."""
        show = not oldest.hidden
        if isinstance(oldest.meaning, Rename):
            self._answer(oldest)
            if isinstance(reply, Renamed):
                show |= not self.had_name
                self.name = reply.name
                self.name_refused = ""
                self.named = self.had_name = True
            elif not self.named:
                show = False  # whoever asks why we do not have it is told
                if oldest.meaning.name == self.name:
                    self.name_refused = reply.text
                    self._claim_another_name()
        elif self.receipts is False:
            self._answer(oldest)
        if isinstance(reply, Answer):
            oldest.refused = True
        return [reply] if show else []

    def _answer(self, request: Request | None) -> None:
        """REQUEST has its answer; its receipt, if there are any, is the next line."""
        self._due = request
        if request and self.receipts is False:
            self._unanswered.remove(request)

    def _see(self, addr: str, name: str) -> None:
        self.online[addr] = name
        self._addr_seen |= addr == self._addr
