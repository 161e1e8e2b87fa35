"""`/register`, `/login`, `/password`, `/unregister`: names that belong to somebody, and words that wait for them.

The functions here run in the handler's thread of whoever asks, which waits for the disk and for those who came before.
What they have found out becomes an entry, and the log decides what it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..chat import names, texts
from ..chat.events import Done
from ..chat.kept import Keeping
from ..chat.logins import Answer, ChangePassword, HandOver, KeepWord, LogIn, Register, Unregister
from ..chat.looks import Look, Nothing, is_next
from ..chat.owners import Account, Owners, Word
from ..chat.refusals import Refuse, Trouble
from ..chat.room import Entry, Member, Room
from ..chat.sessions import Session
from ..chat.told import Told
from .basic import Whisper
from .registry import Command, Registry, Request, Way, guarded
from .slips import refuse_slip
from .turns import Turns

SHORTEST, LONGEST = 6, 128  # characters of a password

Question = Callable[[Room, Member, Told], bool]


class Desk(Protocol):
    """Who keeps accounts. Each call may wait, for the disk and for other calls, and raises Trouble where it cannot be done."""

    def register(self, key: str, name: str, password: str, host: str) -> Account:
        """Make an account of a name, for somebody who comes from `host`."""

    def verify(self, key: str, password: str, host: str) -> Account:
        """Return the account of a folded name, if the password is right."""

    def renew(self, account: Account, password: str) -> Account:
        """Give an account another password, and return it as it is then."""

    def remove(self, account: Account) -> None:
        """Forget an account, and all that waits for its owner."""

    def keep(self, key: str, sender: str, text: str, now: float, line: tuple[str, int] | None, host: str) -> Word:
        """Keep a word for the owner of a name. `line` says which line of a program it is: its session and its number."""

    def hand_out(self, key: str) -> Sequence[Word]:
        """Return the words that wait, oldest first. Those handed out before are repeated. Raises nothing."""

    def settle(self, words: Sequence[Word], place: int, has_arrived: Callable[[], bool]) -> None:
        """Keep words no longer, as soon as they have arrived, or a history has what stands at `place`. Raises nothing."""

    def forget(self, word: Word) -> None:
        """Keep a word no longer, which is said now or never. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands at one place of the log."""

    name: str
    key: str
    is_named: bool  # whether the name is not just the address
    account: Account | None  # theirs, if they have logged in and have its name now
    line: tuple[str, int] | None  # the next line of a program: its session and its number
    may_keep: bool  # whether a word of theirs may be kept at that place; True for commands that do not ask


class Accounts:
    """The family. One object serves all connections, and any thread may call its methods."""

    def __init__(self, desk: Desk, room: Room, accounts: Sequence[Account]) -> None:
        """`accounts` are all that there are when the server starts."""
        self._desk = desk
        self._room, self._turns = room, Turns()
        self._owners = room.of(Owners)
        self._owners.accounts.update({account.key: account for account in accounts})

    def add_to(self, registry: Registry) -> None:
        """Add the commands, and take part in what the registry and the room do."""
        for word, usage, help, run in (
            ("register", "register 密码", "注册当前用户名", self._register),
            ("login", "login 用户名 密码", "登录已注册的用户名", self._login),
            ("password", "password 旧 新", "修改密码", self._password),
            ("unregister", "unregister 密码", "注销当前用户名", self._unregister),
        ):
            registry.add(Command(word, usage, help, guarded(run)))
        registry.checks += [refuse_slip, self._keep_for_owner]
        self._room.families.claims.append(_claim)
        self._room.families.offline.append(_say_how_to_leave_a_word)
        self._room.families.facts.append(_describe)

    def _register(self, request: Request) -> Entry:
        """`/register PASSWORD`: for the present name."""
        (password,) = _words(request, 1)
        _check_password(password)
        standing = _look(request.number, request.time, request.way)
        if not standing.is_named:
            raise Trouble(texts.NEEDS_NAME, "no_name")
        if standing.account:
            raise Trouble(texts.IS_YOURS, "name_owned")
        account = self._desk.register(standing.key, standing.name, password, request.way.host)
        request.way.ask(Register(request.number, request.time, account))
        return Answer(request.number, request.time, Done(texts.REGISTERED.format(account.name)))

    def _login(self, request: Request) -> Entry:
        """`/login NAME PASSWORD`."""
        name, password = _words(request, 2)
        account = self._desk.verify(names.fold(name), password, request.way.host)
        login = LogIn(request.number, request.time, account)
        request.way.ask(login)
        if login.done and not login.done.code:
            self._hand_over(request, account)
        return _answer(login, login.done)

    def _hand_over(self, request: Request, account: Account) -> None:
        """Tell an owner who has logged in what has waited. The file notes it before, and once more when it has arrived."""
        if words := self._desk.hand_out(account.key):
            hand_over = HandOver(request.number, request.time, account, words)
            request.way.ask(hand_over)
            request.way.ask(Nothing(request.number, request.time))  # when this is applied, the words have been sent
            if hand_over.is_done:
                self._desk.settle(words, hand_over.place, request.way.has_arrived)

    def _password(self, request: Request) -> Entry:
        """`/password OLD NEW`."""
        old, new = _words(request, 2)
        _check_password(new)
        account = self._desk.verify(self._account(request).key, old, request.way.host)
        request.way.ask(ChangePassword(request.number, request.time, self._desk.renew(account, new)))
        return Answer(request.number, request.time, Done(texts.PASSWORD_CHANGED))

    def _unregister(self, request: Request) -> Entry:
        """`/unregister PASSWORD`."""
        (password,) = _words(request, 1)
        account = self._desk.verify(self._account(request).key, password, request.way.host)
        self._desk.remove(account)
        request.way.ask(Unregister(request.number, request.time, account))
        return Answer(request.number, request.time, Done(texts.UNREGISTERED))

    def _account(self, request: Request) -> Account:
        account = _look(request.number, request.time, request.way).account
        if account is None:
            raise Trouble(texts.NOT_LOGGED_IN, "not_logged_in")
        return account

    def _keep_for_owner(self, entry: Entry, way: Way) -> Entry:
        """Keep a word for an owner who is offline. A check, for the registry."""
        if type(entry) is Whisper and entry.key in self._owners.accounts and self._is_away(entry.key):
            try:
                return self._keep(entry, way)
            except Trouble as trouble:
                return Refuse(entry.number, entry.time, trouble.text, trouble.code)
        return entry

    def _is_away(self, key: str) -> bool:
        """Return whether nobody here has a folded name. This is a hint when a handler asks; `may_keep` decides in the log."""
        return self._room.find(key) is None

    def _keep(self, entry: Whisper, way: Way) -> Entry:
        """Keep a word, if at this place of the log its receiver is offline, and its author may say it.

        A session has one turn at a time: its last connection may still be here, and must not undo what this one does.
        """

        def may_keep(room: Room, member: Member, told: Told) -> bool:
            return self._is_away(entry.key) and not room.families.refusal(room, member, entry)

        standing = _look(entry.number, entry.time, way, may_keep)
        with self._turns.turn(standing.line[0] if standing.line else entry.number):
            if standing.line:  # the session may have gone to another connection while this one has waited
                standing = _look(entry.number, entry.time, way, may_keep)
            account = self._owners.accounts.get(entry.key)
            if account is None or not standing.may_keep:
                return entry
            word = self._desk.keep(entry.key, standing.name, entry.text, entry.time, standing.line, way.host)
            keeping = KeepWord(entry.number, entry.time, account, word, entry)
            way.ask(keeping)
            if keeping.done is None or keeping.done.code:
                self._desk.forget(word)
        return Answer(entry.number, entry.time, keeping.done) if keeping.done else entry


def _answer(entry: Entry, done: Done | None) -> Entry:
    return Answer(entry.number, entry.time, done) if done else Nothing(entry.number, entry.time)


def _words(request: Request, count: int) -> list[str]:
    """Return the words of a command with passwords. On a way where others could read them, it has to come twice."""
    words = request.rest.split()
    if words and not request.way.is_private and "passwords" not in request.way.explained:
        request.way.explained.add("passwords")
        raise Trouble(texts.NOT_PRIVATE, "not_private")
    if len(words) != count:
        raise Trouble(request.form, "bad_format")
    return words


def _check_password(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise Trouble(texts.PASSWORD_BAD, "password_bad")


def _look(number: int, time: float, way: Way, may_keep: Question = lambda *_: True) -> Standing:
    """Return how the author of a line stands in front of it, and what `may_keep` says there.

    Raises Trouble if they have gone, or the line was taken before.
    """

    def question(room: Room, member: Member, told: Told) -> Standing | None:
        return _standing(room, member, may_keep(room, member, told)) if is_next(member, way.line) else None

    look = Look(number, time, question)
    way.ask(look)
    if look.answer is None:
        raise Trouble(texts.NOT_ONLINE, "not_online")
    return look.answer


def _standing(room: Room, member: Member, may_keep: bool) -> Standing:
    owners, session = room.of(Owners), member.session
    account = owners.accounts.get(member.key) if owners.is_owner(member, member.key) else None
    line = (session.digest, session.line + 1) if session else None
    return Standing(member.name, member.key, member.name != member.addr, account, line, may_keep)


def _claim(room: Room, who: Keeping | None, key: str) -> Done | None:
    """Refuse a name that belongs to somebody who has not logged in, with the command to type."""
    owners = room.of(Owners)
    account = owners.accounts.get(key)
    if account is None or owners.is_owner(who, key):
        return None
    return Done(texts.NAME_OWNED.format(account.name), "name_owned")


def _say_how_to_leave_a_word(room: Room, key: str) -> Done | None:
    """Say how to leave a word, for commands other than `to`. A word is kept only before it comes into the log."""
    account = room.of(Owners).accounts.get(key)
    return Done(texts.WORD_NOT_KEPT.format(account.name), "not_online") if account else None


def _describe(room: Room, who: Keeping, now: float) -> str:
    """Return whether somebody has logged in as the owner of their name."""
    assert isinstance(who, (Member, Session))
    is_owner = room.of(Owners).is_owner(who, who.key)
    return (texts.IS_OWNER if is_owner else texts.IS_GUEST).format(who.name)
