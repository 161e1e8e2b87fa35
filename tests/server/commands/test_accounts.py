"""`/register`, `/login`, `/password`, `/unregister`, and words that are kept, by value, with a real file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.accounts import desk as desk_module
from server.accounts import store as store_module
from server.accounts.passwords import Passwords
from server.chat.entries import Say
from server.chat.events import Done, Notice
from server.chat.for_programs import Renamed
from server.chat.kept_words import KeptWord
from server.chat.owners import Owners
from server.chat.refusals import Refuse
from server.chat.room import Entry
from server.commands.sessions import Expire
from server.wire.values import Values

from ...support.chatting import COMMANDS, NOW
from ...support.owning import OwningChat

OWNED = "该用户名已被注册，请输入 /login {} 密码"
WRONG = "用户名或密码不正确"
KEPT = "该用户不在线，消息会在其登录时送达"


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[OwningChat]:
    """A room with alice (1) and bob (2), who is registered and has the password `secret`."""
    chat = OwningChat(tmp_path / "accounts.db")
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "Bob")
    assert chat.answer(2, "/register secret") == "注册成功，以后请用 /login Bob 密码 登录"
    yield chat
    chat.end()


def plain(lines: list[str]) -> list[str]:
    """Return lines without the times in front of them."""
    return [re.sub(r"^\d\d:\d\d:\d\d ", "TIME ", line) for line in lines]


def test_a_registered_name_cannot_be_taken(chat: OwningChat) -> None:
    """Whoever tries is told the exact command to type, also in another case, and also a program that comes."""
    chat.leave(2)
    assert chat.answer(1, "rename bob") == OWNED.format("Bob")
    assert chat.answer(1, "rename ＢＯＢ") == OWNED.format("Bob")
    assert chat.open(3, "c:3", "/json BOB").name == "c:3"
    assert chat.values(3)[-1] == Done(OWNED.format("Bob"), "name_owned")
    chat.say(3, "/json bob")
    assert chat.values(3)[-1] == Done(OWNED.format("Bob"), "name_owned", 1)


def test_the_owner_logs_in_from_anywhere(chat: OwningChat) -> None:
    """Under the name as it was registered. Programs hear of the new name."""
    chat.open(9, "p:9", "/json watcher")
    chat.leave(2)
    chat.join(3, "c:3")
    assert chat.answer(3, "/login bob secret") == "登录成功，用户名: Bob"
    assert chat.room.online_map["bob"].number == 3
    assert chat.values(9)[-1] == Renamed(chat.now, "c:3", "Bob", "c:3")
    assert chat.answer(3, "rename BOB") == "修改用户名为: BOB"


def test_names_change_in_the_room_of_their_holder(chat: OwningChat) -> None:
    """Programs there hear of it, and nobody elsewhere."""
    for number, name in ((7, "near"), (9, "far")):
        chat.open(number, f"p:{number}", f"/json {name}")
    chat.say(2, "/join elsewhere")
    chat.say(7, "/join elsewhere")
    chat.values(7)
    chat.values(9)
    chat.join(3, "c:3")
    chat.values(9)
    chat.say(3, "/login bob secret")
    assert chat.values(7) == [Renamed(chat.now, "Bob", "b:2", "b:2", room="elsewhere")]
    assert chat.values(9) == [Renamed(chat.now, "c:3", "Bob", "c:3")]


def test_an_account_survives_a_restart(chat: OwningChat) -> None:
    """And only the right password opens it."""
    other = chat.restart()
    other.join(1, "a:1")
    assert other.answer(1, "rename bob") == OWNED.format("Bob")
    assert other.answer(1, "/login bob wrong!") == WRONG
    assert other.room.members[1].name == "a:1"
    assert other.answer(1, "/login bob secret") == "登录成功，用户名: Bob"


def test_a_wrong_password_leaves_a_guest(chat: OwningChat) -> None:
    """Nobody can tell from the answer whether the name is registered."""
    chat.leave(2)
    assert chat.answer(1, "/login bob wrong") == WRONG
    assert chat.answer(1, "/login nobody wrong") == WRONG
    assert chat.room.members[1].name == "alice"


def test_tries_are_limited(chat: OwningChat) -> None:
    """By name: the right password does not help any more, for a while."""
    chat.leave(2)
    answers = [chat.answer(1, "/login bob wrong") for _ in range(12)]
    assert answers == [WRONG] * 10 + ["尝试过于频繁，请稍后再试"] * 2
    assert chat.answer(1, "/login bob secret") == "尝试过于频繁，请稍后再试"


def test_a_name_is_registered_once(chat: OwningChat) -> None:
    """By whoever has it, and under a name, not an address."""
    assert chat.answer(2, "/register another") == "你已注册并登录，修改密码请用 /password"
    chat.join(3, "c:3")
    assert chat.answer(3, "/register secret") == "请先用 rename 取一个用户名"
    assert chat.answer(1, "/register short") == "密码须为 6 到 128 个字符"
    assert chat.answer(1, f"/register {'x' * 129}") == "密码须为 6 到 128 个字符"


def test_of_two_who_register_a_name_at_once_one_gets_it(chat: OwningChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder leaves, and a second one has the name and an account, while the first one's password is hashed.

    The file decides. Whoever came too late is refused.
    """
    chat.join(3, "c:3", "Carol")
    real = Passwords.make

    def slow(passwords: Passwords, password: str) -> str:
        monkeypatch.setattr(Passwords, "make", real)
        chat.leave(3)
        chat.join(4, "d:4", "carol")
        assert chat.answer(4, "/register other1") == "注册成功，以后请用 /login carol 密码 登录"
        return real(passwords, password)

    monkeypatch.setattr(Passwords, "make", slow)
    assert chat.entry(3, "/register secret") == Refuse(3, chat.now, OWNED.format("Carol"), "name_owned")
    assert [account.name for account in chat.room.of(Owners).accounts.values()] == ["Bob", "carol"]
    chat.leave(4)
    assert chat.answer(1, "/login carol secret") == WRONG
    assert chat.answer(1, "/login carol other1") == "登录成功，用户名: carol"


def test_whoever_leaves_before_they_are_looked_at_registers_nothing(chat: OwningChat) -> None:
    chat.join(3, "c:3", "carol")
    chat.way(3).before = lambda entry: chat.leave(3)
    chat.say(3, "/register secret")
    assert list(chat.room.of(Owners).accounts) == ["bob"]


@pytest.mark.parametrize("line", ["/register secret", "/password secret secret2", "/unregister secret"])
def test_a_line_that_is_not_the_next_one_does_nothing(chat: OwningChat, line: str) -> None:
    """Else the file would know what the room does not: of a line that was taken before, the log takes nothing."""
    chat.open(3, "c:3", "/json" if line.startswith("/register") else "/json carol")
    chat.say(3, "/login bob secret" if not line.startswith("/register") else "rename carol")
    before = chat.store.find("bob"), chat.store.find("carol")
    chat.way(3).line = 7
    chat.say(3, line)
    assert (chat.store.find("bob"), chat.store.find("carol")) == before
    assert list(chat.room.of(Owners).accounts) == ["bob"]


@pytest.mark.parametrize(
    ("line", "password"), [("/password secret secret2", "secret2"), ("/unregister secret", ""), ("", "secret")]
)
def test_what_is_in_the_file_holds_although_its_author_has_left(chat: OwningChat, line: str, password: str) -> None:
    """The room knows it as soon as the line would have been done."""
    way = chat.way(2)
    way.before = lambda entry: setattr(way, "before", lambda entry: chat.leave(2))
    chat.say(2, line)
    chat.join(3, "c:3")
    if password:
        assert chat.answer(3, f"/login bob {password}") == "登录成功，用户名: Bob"
    else:
        assert chat.answer(3, "rename bob") == "修改用户名为: bob"


def test_a_guest_who_has_a_name_that_is_registered_now_gives_it_up(chat: OwningChat) -> None:
    """The account was committed when its holder lost the name to a guest. No guest ever holds a registered name."""
    chat.join(3, "c:3", "carol")
    way = chat.way(3)

    def change(entry: Entry) -> None:
        chat.leave(3)
        chat.join(4, "d:4", "carol")

    way.before = lambda entry: setattr(way, "before", change)  # when the account is in the file
    chat.say(3, "/register secret")
    assert chat.read(4) == ["carol 的主人已登录，你的用户名改为 d:4"]
    assert chat.room.members[4].name == "d:4"
    assert chat.answer(4, "/login carol secret") == "登录成功，用户名: carol"


def test_another_connection_of_the_owner_goes_on_as_a_guest(chat: OwningChat) -> None:
    """The one that logs in last has the name."""
    chat.join(3, "c:3")
    assert chat.answer(3, "/login bob secret") == "登录成功，用户名: Bob"
    assert chat.read(2) == ["Bob 的主人已登录，你的用户名改为 b:2"]
    assert chat.answer(2, "rename bob") == OWNED.format("Bob")


def test_a_session_that_is_away_loses_the_name_to_its_owner(chat: OwningChat) -> None:
    """It has its address for a name when its program comes back."""
    chat.leave(2)
    hello = chat.open(3, "c:3", "/json")
    chat.say(3, "/login bob secret")
    chat.leave(3)
    chat.join(4, "d:4")
    assert chat.answer(4, "/login bob secret") == "登录成功，用户名: Bob"
    assert chat.open(5, "e:5", f"/resume {hello.session} {hello.at}").name == "e:5"
    chat.values(5)
    chat.say(5, "rename bob")
    assert chat.values(5) == [Done(OWNED.format("Bob"), "name_owned", 2)]


def test_a_program_stays_logged_in_over_its_connections(chat: OwningChat) -> None:
    """Its session is enough. While it is away, nobody else can have the name."""
    chat.leave(2)
    hello = chat.open(3, "c:3", "/json")
    chat.say(3, "/login bob secret")
    chat.leave(3)
    assert chat.answer(1, "rename bob") == OWNED.format("Bob")
    assert chat.open(4, "d:4", f"/resume {hello.session} {hello.at}").name == "Bob"
    chat.values(4)
    chat.say(4, "/password secret secret2")
    assert chat.values(4) == [Done("密码已修改", number=2)]


def test_a_login_is_kept_with_the_session(chat: OwningChat) -> None:
    """As text that a history stores, so it outlives the server. Another account of that name is not meant by it."""
    chat.open(3, "c:3", "/json")
    chat.say(3, "/login bob secret")
    session = chat.room.members[3].session
    assert session
    bob = chat.room.of(Owners).accounts["bob"]
    assert session.kept.dump() == f'{{"login": [{bob.number}, {bob.serial}]}}'
    chat.say(3, "/unregister secret")
    chat.say(3, "rename carol")
    chat.join(4, "d:4", "bob")
    chat.say(4, "/register another")
    chat.leave(4)
    chat.values(3)
    chat.say(3, "rename bob")
    assert chat.values(3) == [Done(OWNED.format("bob"), "name_owned", 4)]


def test_whoever_has_another_name_may_come_back_to_theirs(chat: OwningChat) -> None:
    """Without a password. Under the other name they are nobody's owner."""
    chat.say(2, "rename guest")
    assert chat.answer(2, "/password secret secret2") == "请先用 /login 登录"
    assert chat.answer(1, "rename bob") == OWNED.format("Bob")
    assert chat.answer(2, "rename bob") == "修改用户名为: bob"


def test_a_password_is_changed_with_the_old_one(chat: OwningChat) -> None:
    """From then on only the new one is right."""
    assert chat.answer(2, "/password wrong! secret2") == WRONG
    assert chat.answer(2, "/password secret x") == "密码须为 6 到 128 个字符"
    assert chat.answer(2, "/password secret secret2") == "密码已修改"
    chat.leave(2)
    assert chat.answer(1, "/login bob secret") == WRONG
    assert chat.answer(1, "/login bob secret2") == "登录成功，用户名: Bob"
    chat.join(3, "c:3")
    assert chat.answer(3, "/password a b") == "密码须为 6 到 128 个字符"
    assert chat.answer(3, "/password a secret") == "请先用 /login 登录"


def test_whoever_knew_the_old_password_is_logged_out(chat: OwningChat) -> None:
    """A thief who waits under another name cannot come back, nor one whose session waits."""
    chat.say(2, "rename guest")
    hello = chat.open(3, "c:3", "/json")
    chat.say(3, "/login bob secret")
    chat.say(3, "rename thief")
    chat.leave(3)
    chat.join(4, "d:4")
    chat.say(4, "/login bob secret", "/password secret secret2")
    assert chat.answer(4, "/whois bob").endswith("Bob 是已注册的用户")
    chat.leave(4)
    assert chat.answer(2, "rename bob") == OWNED.format("Bob")
    chat.open(5, "e:5", f"/resume {hello.session} {hello.at}")
    chat.values(5)
    chat.say(5, "rename bob")
    assert [event.code for event in chat.values(5) if isinstance(event, Done)] == ["name_owned"]
    other = chat.restart()
    other.join(1, "a:1")
    assert other.answer(1, "/login bob secret2") == "登录成功，用户名: Bob"


def test_whoever_takes_the_name_while_the_password_is_changed_loses_it(
    chat: OwningChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They knew the old password, and nobody has a registered name who has not logged in. The owner can take it again."""
    chat.join(3, "c:3")
    real = Passwords.make

    def slow(passwords: Passwords, password: str) -> str:
        assert chat.answer(3, "/login bob secret") == "登录成功，用户名: Bob"
        return real(passwords, password)

    monkeypatch.setattr(Passwords, "make", slow)
    assert chat.answer(2, "/password secret secret2").endswith("密码已修改")
    assert chat.read(3) == ["Bob 的主人已登录，你的用户名改为 c:3"]
    assert chat.answer(3, "rename bob") == OWNED.format("Bob")
    assert chat.answer(2, "rename bob") == "修改用户名为: bob"


def test_a_name_is_given_up_with_the_password(chat: OwningChat) -> None:
    """Then it is free, and the words that waited for it are gone."""
    assert chat.answer(2, "/unregister wrong!") == WRONG
    assert chat.answer(2, "/unregister secret") == "注销成功"
    chat.leave(2)
    assert chat.answer(1, "rename bob") == "修改用户名为: bob"
    assert chat.answer(1, "/login bob secret") == WRONG


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("/register", "[/register 密码]"),
        ("/register a b", "[/register 密码]"),
        ("/login bob", "[/login 用户名 密码]"),
        ("/login bob a b", "[/login 用户名 密码]"),
        ("/password secret", "[/password 旧 新]"),
        ("/unregister", "[/unregister 密码]"),
    ],
)
def test_each_command_has_its_format(chat: OwningChat, line: str, form: str) -> None:
    assert chat.answer(2, line) == f"消息格式不正确，请使用 {form} 格式"


def test_on_a_way_that_others_can_read_the_risk_is_told_once(chat: OwningChat) -> None:
    """Nothing is done with the first password. The second time, its user knows what they do."""
    risk = "连接未加密，他人可能看到密码；仍要继续请再输入一次"
    chat.way(1).is_private = False
    assert chat.answer(1, "/register") == "消息格式不正确，请使用 [/register 密码] 格式"
    assert chat.answer(1, "/register secret") == risk
    assert chat.answer(1, "rename x") == "修改用户名为: x"
    assert chat.answer(1, "/register secret") == "注册成功，以后请用 /login x 密码 登录"
    assert chat.answer(1, "/password secret secret2") == "密码已修改"
    chat.join(3, "c:3")
    chat.way(3).is_private = False
    assert chat.answer(3, "/login bob secret") == risk
    assert chat.answer(3, "/login bob secret") == "登录成功，用户名: Bob"


@pytest.mark.parametrize(
    "line",
    [
        *("register secret", "Register secret", "login bob secret", "／lgoin bob secret", "//login bob secret"),
        *("regster secret", "、regster secret", "PASSWORD secret other", "unregister|secret", "-login bob secret"),
    ],
)
def test_a_mistyped_password_is_not_said(chat: OwningChat, line: str) -> None:
    """The author is told so. The text is in no entry, so it is in no log, no trace and no history."""
    entry = chat.entry(1, line)
    assert "secret" not in repr(entry)
    chat.apply(entry)
    assert chat.read(1)[-2:] == ["这一行可能含有密码，没有发送，输入 /help 查看帮助", "I'm live"]
    assert [line for line in chat.read(2) if "secret" in line] == []


@pytest.mark.parametrize(
    "line",
    [
        *(
            "/me /login bob secret",
            "to bob /login bob secret",
            "to|bob|/logn bob secret",
            "/to nobody //register secret",
        ),
        *(
            "/reply /login bob secret",
            "/reply 、lgoin bob secret",
            "/away /register secret",
            "/me  ／pass secret secret",
        ),
        *("/announce /login bob secret", "/motd /login bob secret", "/kick bob /login bob secret"),
    ],
)
def test_a_password_behind_another_command_is_not_said(chat: OwningChat, line: str) -> None:
    """The other command was left over in the line. Nobody is told, and no word is kept."""
    chat.say(2, "to alice hi")
    chat.read(1)
    chat.leave(2)
    entry = chat.entry(1, line)
    assert entry == Refuse(1, chat.now, "这一行可能含有密码，没有发送，输入 /help 查看帮助", "like_password")


@pytest.mark.parametrize("line", ["to bob login bob secret", "/me login bob secret", "/away login for lunch"])
def test_talk_about_passwords_is_said_to_whom_it_is_for(chat: OwningChat, line: str) -> None:
    """Only a slash makes a command of it."""
    assert "like_password" not in repr(chat.entry(1, line))


@pytest.mark.parametrize("line", ["/regster secret", "/login|bob|secret", "/LOGN bob secret"])
def test_a_mistyped_command_is_unknown(chat: OwningChat, line: str) -> None:
    """And its text is nowhere either."""
    assert chat.entry(1, line) == Refuse(1, chat.now, "未知命令，输入 /help 查看帮助", "unknown_command")


@pytest.mark.parametrize(
    "line", ["/register secret", "/login bob secret", "/password secret secret", "/unregister secret"]
)
def test_no_entry_shows_a_password(chat: OwningChat, line: str) -> None:
    """Nor a hash of one."""
    seen: list[str] = []
    way = chat.way(2)
    real = way.apply

    def watch(entry: Entry) -> None:
        seen.append(repr(entry))
        real(entry)

    way.apply = watch
    seen.append(repr(chat.entry(2, line)))
    assert [text for text in seen if "secret" in text or "scrypt" in text] == []


def test_talk_about_passwords_is_talk(chat: OwningChat) -> None:
    assert chat.entry(1, "the login is broken") == Say(1, chat.now, "the login is broken")


def test_without_accounts_nothing_is_swallowed() -> None:
    """A server of the notes takes these lines for what they are: talk, and unknown commands."""
    assert COMMANDS.parse(1, NOW, "register x") == Say(1, NOW, "register x")
    assert type(COMMANDS.parse(1, NOW, "/register x")) is Refuse


def test_a_word_to_an_owner_who_is_offline_is_kept(chat: OwningChat) -> None:
    """It is delivered at the next login, in order, each with its time, behind one line that says how many."""
    chat.leave(2)
    assert [chat.answer(1, f"to bob {word}") for word in ("one", "two  words")] == [KEPT, KEPT]
    other = chat.restart()
    other.join(3, "c:3")
    other.say(3, "/login bob secret")
    assert plain(other.read(3)) == [
        *("你有 2 条留言", "TIME alice: one", "TIME alice: two  words", "登录成功，用户名: Bob", "I'm live")
    ]
    other.say(3, "/login bob secret")
    assert other.read(3) == ["登录成功，用户名: Bob", "I'm live"]


def test_a_word_to_anybody_else_is_not_kept(chat: OwningChat) -> None:
    assert chat.answer(1, "to nobody hi") == "该用户不在线"
    assert chat.answer(1, "to bob hi") == ""
    assert chat.read(2)[-1] == "alice: hi"


def test_a_hundred_words_are_kept(chat: OwningChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_FOR_ONE", 3)
    chat.leave(2)
    assert [chat.answer(1, "to bob x") for _ in range(4)] == [KEPT] * 3 + ["留言已满，请稍后再试"]


def test_one_network_does_not_fill_the_places_with_other_names(
    chat: OwningChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is known by its address. Another one has places of its own."""
    monkeypatch.setattr(store_module, "MOST_FROM_ONE", 3)
    chat.leave(2)
    chat.way(1).host = "10.0.0.1"
    assert [chat.answer(1, "to bob x") for _ in range(3)] == [KEPT] * 3
    chat.say(1, "rename alias")
    assert chat.answer(1, "to bob x") == "留言已满，请稍后再试"
    chat.way(1).host = "10.0.0.2"
    assert chat.answer(1, "to bob x") == KEPT


def test_a_program_hears_kept_words_as_objects(chat: OwningChat) -> None:
    """They have places, so it hears them again if its connection ends too soon, and numbers, by which it knows them."""
    chat.leave(2)
    chat.say(1, "to bob one", "to bob two")
    hello = chat.open(3, "c:3", "/json")
    chat.values(3)
    chat.say(3, "/login bob secret")
    heard = chat.values(3)
    notice, *words = [event for event in heard if isinstance(event, (Notice, KeptWord))]
    assert isinstance(notice, Notice)
    assert [(word.name, word.to, word.text, word.word) for word in words if isinstance(word, KeptWord)] == [
        *(("alice", "Bob", "one", 1), ("alice", "Bob", "two", 2))
    ]
    data = Values().encode(words[0]).decode()
    assert re.fullmatch(
        r'{"type":"kept","at":"\d+","time":"[^"]+","name":"alice","to":"Bob","text":"one","word":1}\n', data
    )
    chat.leave(3)
    chat.open(4, "d:4", f"/resume {hello.session} {hello.at}")
    again = [event for event in chat.values(4) if isinstance(event, KeptWord)]
    assert again == words


def test_a_word_is_kept_until_it_was_delivered(chat: OwningChat) -> None:
    """Should the server be killed between delivery and the file, it is delivered again, with the same number."""
    chat.leave(2)
    chat.say(1, "to bob one")
    chat.join(3, "c:3")
    chat.desk.settle = lambda *_: None  # type: ignore[method-assign]  # killed before it
    chat.say(3, "/login bob secret")
    assert plain(chat.read(3))[:2] == ["你有 1 条留言", "TIME alice: one"]
    other = chat.restart()
    other.open(4, "d:4", "/json")
    other.values(4)
    other.say(4, "/login bob secret")
    assert [event.word for event in other.values(4) if isinstance(event, KeptWord)] == [1]


def test_a_word_that_comes_while_its_receiver_logs_in_is_delivered_once(chat: OwningChat) -> None:
    """Whichever of the two is first in the log."""
    chat.leave(2)
    chat.join(3, "c:3")
    chat.way(3).before = lambda entry: chat.say(1, "to bob late")  # the login is not yet in the log
    chat.say(3, "/login bob secret")
    assert plain(chat.read(3))[:2] == ["你有 1 条留言", "TIME alice: late"]
    chat.leave(3)
    chat.join(4, "d:4")
    word = chat.way(1)

    def sooner(entry: object) -> None:  # the word is about to be looked at: nobody is there yet
        word.before = lambda entry: chat.say(4, "/login bob secret")  # it is in the file, and not yet in the log

    word.before = sooner
    chat.say(1, "to bob early")
    assert [line for line in plain(chat.read(4)) if "alice" in line] == ["TIME alice: early"]
    assert chat.read(1)[-1] == "I'm live"
    assert chat.store.hand_out("bob", chat.now) == []


def test_a_word_whose_receiver_has_come_meanwhile_is_said_at_once(chat: OwningChat) -> None:
    """It is in the file, where the login has not seen it, and is forgotten there."""
    chat.leave(2)
    chat.join(3, "c:3")
    chat.desk.hand_out = lambda key: ()  # type: ignore[method-assign]
    word = chat.way(1)
    word.before = lambda entry: setattr(word, "before", lambda entry: chat.say(3, "/login bob secret"))
    assert chat.answer(1, "to bob now") == ""
    assert chat.read(3)[-1] == "alice: now"
    assert chat.store.hand_out("bob", chat.now) == []


def test_words_that_may_have_been_read_are_marked(chat: OwningChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether they have reached whoever reads text, so they come again, behind a line that says so."""
    monkeypatch.setattr(desk_module, "PATIENCE", -1.0)
    chat.leave(2)
    chat.say(1, "to bob one", "to bob two")
    chat.join(3, "c:3")
    chat.way(3).has_arrived = lambda: False
    chat.say(3, "/login bob secret")
    assert plain(chat.read(3))[:3] == ["你有 2 条留言", "TIME alice: one", "TIME alice: two"]
    chat.leave(3)
    chat.say(1, "to bob three")
    chat.join(4, "d:4")
    chat.say(4, "/login bob secret", "/login bob secret")
    assert plain(chat.read(4)) == [
        *("你有 3 条留言，前 2 条可能已经看过", "TIME alice: one", "TIME alice: two", "TIME alice: three"),
        *("登录成功，用户名: Bob", "I'm live") * 2,
    ]


def test_a_line_of_a_program_is_kept_once(chat: OwningChat) -> None:
    """A server that was killed may not know any more that it has taken a line, and the program sends it again."""
    chat.leave(2)
    hello = chat.open(3, "c:3", "/json carol")
    session = chat.room.members[3].session
    assert session
    chat.say(3, "to bob once")
    session.line -= 1  # as after a restart
    chat.say(3, "to bob once")
    session.line -= 1
    chat.join(4, "d:4")
    chat.say(4, "/login bob secret")
    assert plain(chat.read(4))[:2] == ["你有 1 条留言", "TIME carol: once"]
    chat.leave(4)
    chat.say(3, "to bob once")
    assert chat.values(3)[-1] == Done(KEPT, number=1)
    chat.join(5, "e:5")
    chat.say(5, "/login bob secret")
    assert chat.read(5)[0] == "登录成功，用户名: Bob"
    assert hello.name == "carol"


def test_a_line_that_was_taken_is_not_kept_again(chat: OwningChat) -> None:
    """A browser that has heard nothing posts it again, with its number."""
    chat.leave(2)
    chat.open(3, "c:3", "/json carol")
    chat.way(3).line = 1
    chat.say(3, "to bob once")
    chat.entry(3, "to bob once")
    assert len(chat.store.hand_out("bob", chat.now)) == 1


def test_a_session_that_waits_keeps_its_words_itself(chat: OwningChat) -> None:
    """Its program is away for a moment. When it has ended, the file takes over."""
    chat.leave(2)
    chat.open(3, "c:3", "/json")
    chat.say(3, "/login bob secret")
    chat.leave(3)
    assert chat.answer(1, "to bob one") == ""
    (session,) = chat.room.sessions.held.values()
    chat.apply(Expire(0, NOW, session.digest, session.held_since))
    assert chat.answer(1, "to bob two") == KEPT


def test_other_commands_say_how_to_leave_a_word(chat: OwningChat) -> None:
    chat.say(2, "to alice hi")
    chat.leave(2)
    assert chat.answer(1, "/reply hi") == "该用户不在线，可用 to Bob 内容 留言"


def test_a_word_from_somebody_who_is_ignored_is_passed_over(chat: OwningChat) -> None:
    chat.leave(2)
    chat.say(1, "to bob one")
    chat.join(3, "c:3")
    chat.say(3, "/ignore alice")
    chat.read(3)
    chat.say(3, "/login bob secret")
    assert chat.read(3) == ["登录成功，用户名: Bob", "I'm live"]
    assert chat.store.hand_out("bob", chat.now) == []


def test_whois_tells_who_is_registered(chat: OwningChat) -> None:
    """That is, who has logged in as the owner of their name."""
    assert chat.answer(1, "/whois bob").endswith("\nBob 是已注册的用户")
    assert chat.answer(1, "/whois alice").endswith("\nalice 没有注册")


def test_a_fault_of_the_disk_is_told_and_changes_nothing(
    chat: OwningChat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The chat goes on. The log says what has happened."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    chat.leave(2)
    fault = "账号文件暂时不可用，请稍后再试"
    for method, line in (("add", "/register secret"), ("keep", "to bob hi"), ("find", "/login bob secret")):
        with monkeypatch.context() as patch:
            patch.setattr(chat.store, method, fail)
            assert chat.answer(1, line) == fault
    assert "accounts: disk I/O error" in caplog.text
    assert "secret" not in caplog.text
    assert chat.answer(1, "/login bob secret") == "登录成功，用户名: Bob"


def test_the_log_has_no_password_and_no_unknown_name(chat: OwningChat, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever types them in the wrong order has typed a password for a name."""
    caplog.set_level("DEBUG")
    chat.answer(1, "/login secret bob")
    chat.answer(1, "/login bob wrong-secret")
    assert "a wrong password for Bob, from 127.0.0.1" in caplog.text
    assert "secret" not in caplog.text
