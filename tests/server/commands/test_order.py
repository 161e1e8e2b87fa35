"""What operators may do, and what nobody may do to them, by value."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.chat.announcing import Announced
from server.chat.bans import BanNetwork, Unban
from server.chat.entries import Join, Opening
from server.chat.events import Bye, Done, Left
from server.chat.kinds import LOBBY
from server.chat.order import Order
from server.chat.owners import Owners
from server.chat.room import Entry
from server.commands.sessions import Json

from ...support.owning import OwningChat, again

NOT_OPERATOR = "只有管理员可以这样做"
OPERATORS = frozenset(["op", "second"])


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[OwningChat]:
    """A room with alice (1) and bob (2), who is registered, and the operator op (8)."""
    chat = OwningChat(tmp_path / "accounts.db", OPERATORS)
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "bob")
    chat.say(2, "/register secret")
    operator(chat, 8, "op")
    for number in (1, 2, 8):
        chat.read(number)
    yield chat
    chat.end()


def operator(chat: OwningChat, number: int, name: str) -> None:
    chat.join(number, f"o:{number}", name)
    chat.answer(number, "/register secret")


LINES = [
    *("/kick bob", "/mute bob", "/unmute bob", "/announce hi", "/motd hi"),
    *("/ban bob", "/ban-address bob", "/bans", "/unban bob"),
]


@pytest.mark.parametrize("line", LINES)
def test_only_operators_may(chat: OwningChat, line: str) -> None:
    """Neither somebody who is not one, nor an operator's connection that has another name now."""
    assert chat.answer(1, line) == NOT_OPERATOR
    chat.say(8, "rename other")
    assert chat.answer(8, line) == NOT_OPERATOR
    assert chat.store.bans == []
    assert "bob" in chat.room.online_map


def test_an_operator_has_to_log_in(chat: OwningChat) -> None:
    """The name alone is nothing, and is another's until its owner has come."""
    chat.leave(8)
    assert chat.answer(1, "rename op") == "该用户名已被注册，请输入 /login op 密码"
    assert chat.answer(1, "/login op secret") == "登录成功，用户名: op"
    assert chat.answer(1, "/kick bob").endswith("已移出 bob")


def test_the_name_of_an_operator_is_registered_on_this_machine_only(chat: OwningChat) -> None:
    """Else whoever comes first would be the operator."""
    chat.join(3, "c:3", "second")
    chat.way(3).host = "10.0.0.1"
    assert chat.answer(3, "/register secret") == "该用户名属于管理员，请在服务器本机上注册"
    chat.way(3).host = "::1"
    assert chat.answer(3, "/register secret") == "注册成功，以后请用 /login second 密码 登录"


def test_the_name_of_an_operator_who_has_not_registered_is_nobodys(chat: OwningChat) -> None:
    """But for whoever comes from this machine, who has no power yet, and no protection either."""
    refused = "该用户名属于管理员，请在服务器本机上注册"
    chat.way(1).host = chat.way(3).host = "10.0.0.1"
    assert chat.answer(1, "rename SECOND") == refused
    opening = chat.entry(3, "/json second")
    assert isinstance(opening, Json)
    chat.apply(Join(3, chat.now, "c:3", opening))
    assert chat.room.members[3].name == "c:3"
    assert chat.values(3)[-1] == Done(refused, "name_owned")
    assert chat.answer(2, "rename second") == "修改用户名为: second"
    assert chat.answer(8, "/mute second") == "已禁言 second，直到解除"
    assert chat.answer(8, "/kick second").endswith("已移出 second")
    chat.way(8).host = "10.0.0.8"
    operator(chat, 9, "second")
    chat.say(9, "rename other")
    assert chat.answer(1, "rename second") == "该用户名已被注册，请输入 /login second 密码"


def test_a_restart_takes_the_name_of_an_operator_who_has_not_registered_from_a_guest(tmp_path: Path) -> None:
    """It may be anybody's session that a history has kept. The name of an operator who has registered stays."""
    before = OwningChat(tmp_path / "accounts.db")
    before.open(1, "a:1", "/json boss")
    before.open(2, "b:2", "/json second")
    before.say(2, "/register secret")
    for number in (1, 2):
        before.leave(number)
    before.end()
    chat = OwningChat(tmp_path / "accounts.db", frozenset(["boss", "second"]), before.room)
    assert [session.name for session in chat.room.sessions.held.values()] == ["a:1", "second"]
    chat.join(3, "c:3", "boss")
    assert chat.room.members[3].name == "boss"
    chat.end()


def test_a_kicked_user_reads_the_reason_and_nothing_after(chat: OwningChat) -> None:
    """Nobody needs to wait until they have gone: what they still say does nothing."""
    told = chat.apply(chat.entry(8, "/kick bob too  loud"), chat.entry(2, "one more thing"))
    assert told.heard_by(2) == [Bye("kicked", "你已被管理员移出：too  loud")]
    assert told.copies[2].evicted
    assert [event for event in told.parts[LOBBY] if isinstance(event, Left)] == [Left(chat.now, "bob", "b:2", "kicked")]
    assert chat.read(8) == ["[b:2]bob:下线", "已移出 bob", "I'm live"]
    assert chat.read(1) == ["[b:2]bob:下线"]
    assert chat.answer(8, "/kick bob") == "该用户不在线"


def test_a_program_that_is_kicked_has_no_session_any_more(chat: OwningChat) -> None:
    """Else it would be back at once. One that is away for a moment can be kicked as well."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.say(8, "/kick carol")
    assert chat.open(4, "d:4", f"/resume {hello.session} {hello.at}").name == "d:4"
    away = chat.open(5, "e:5", "/json dave")
    chat.leave(5)
    assert chat.answer(8, "/kick dave") == "已移出 dave"
    assert chat.open(6, "f:6", f"/resume {away.session} {away.at}").name == "f:6"


def test_a_session_that_ends_takes_the_place_of_no_other(chat: OwningChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many sessions as are kept wait for their programs. None of them is given up for one that was kicked."""
    monkeypatch.setattr("server.chat.sessions.MOST_HELD", 1)
    chat.open(3, "c:3", "/json carol")
    chat.leave(3)
    chat.open(4, "d:4", "/json dave")
    chat.say(8, "/kick dave")
    assert list(chat.room.sessions.names) == ["carol"]


def test_a_muted_line_reaches_nobody(chat: OwningChat) -> None:
    """Whatever kind of line it is. Everything else goes on."""
    assert chat.answer(8, "/mute bob") == "已禁言 bob，直到解除"
    assert chat.read(2)[-1] == "你已被管理员禁言，直到解除"
    chat.read(1)
    for line in ("hi", "/me waves", "to alice psst", "/reply psst", "//hi", "/away psst"):
        assert chat.answer(2, line) == "你已被管理员禁言"
    assert chat.read(1) == []
    assert chat.answer(2, "who") != "你已被管理员禁言"
    assert chat.answer(8, "/unmute bob") == "已解除禁言 bob"
    assert chat.read(2)[-1] == "禁言已解除"
    chat.say(2, "hi")
    assert chat.read(1) == ["[b:2]bob:hi"]
    assert chat.answer(8, "/unmute bob") == "bob 没有被禁言"


def test_a_mute_is_lifted_from_the_person_and_from_the_name(chat: OwningChat) -> None:
    """Under the name that they have now, or that they had when they were muted."""
    for name in ("alice", "other"):
        chat.say(8, "/mute alice")
        chat.say(1, "rename other")
        assert chat.answer(8, f"/unmute {name}") == f"已解除禁言 {name}"
        assert chat.answer(1, "hi") == "[a:1]other:hi"
        chat.say(1, "rename alice")
        assert chat.answer(1, "hi") == "[a:1]alice:hi"


def test_a_mute_goes_with_the_person(chat: OwningChat) -> None:
    """Another name does not help, nor a new connection under the old one."""
    chat.say(8, "/mute alice")
    chat.say(1, "rename alias")
    assert chat.answer(1, "hi") == "你已被管理员禁言"
    chat.leave(1)
    chat.join(3, "c:3", "alice")
    assert chat.answer(3, "hi") == "你已被管理员禁言"


@pytest.mark.parametrize(("mutes", "minutes"), [(("/mute alice 5",), 5), (("/mute alice", "/mute spare 5"), 9)])
def test_a_mute_goes_with_the_person_into_another_session(
    chat: OwningChat, mutes: tuple[str, ...], minutes: int
) -> None:
    """Which they go on with over the same connection. The longer mute holds, and it is lifted under the old name."""
    spare = chat.open(3, "a:3", "/json spare")
    chat.leave(3)
    chat.say(8, *mutes)
    chat.say(1, f"/resume {spare.session} 0")
    chat.now += 60 * minutes - 1
    chat.read(2)
    chat.say(1, "hi")
    assert chat.room.members[1].name == "spare"
    assert chat.read(2) == []
    chat.say(8, "/unmute alice", "/unmute spare")
    chat.say(1, "hi")
    assert chat.read(2) == ["[a:1]spare:hi"]


def test_a_mute_does_not_stay_with_an_address(chat: OwningChat) -> None:
    """Somebody else may have the same port some day."""
    chat.join(3, "c:3")
    chat.say(8, "/mute c:3")
    assert chat.answer(3, "hi") == "你已被管理员禁言"
    chat.leave(3)
    chat.join(4, "c:3")
    chat.read(1)
    chat.say(4, "hi")
    assert chat.read(1) == ["[c:3]c:3:hi"]


def test_a_mute_is_over_after_its_minutes(chat: OwningChat) -> None:
    chat.say(8, "/mute bob 5")
    assert chat.answer(2, "hi") == "你已被管理员禁言"
    chat.now += 299
    assert chat.answer(2, "hi") == "你已被管理员禁言"
    chat.now += 1
    chat.say(2, "hi")
    assert chat.read(1)[-1] == "[b:2]bob:hi"


def test_a_muted_user_leaves_no_words(chat: OwningChat) -> None:
    """Not even in the file."""
    chat.leave(2)
    chat.say(8, "/mute alice")
    assert chat.answer(1, "to bob psst") == "你已被管理员禁言"
    assert chat.store.hand_out("bob", chat.now) == []


def test_nobody_reads_what_a_muted_user_has_left_with_away(chat: OwningChat) -> None:
    """As long as the mute is on."""
    chat.say(1, "/away buy it")
    chat.say(8, "/mute alice 5")
    assert chat.answer(2, "to alice hi") == "[自动回复] alice: 暂时离开"
    assert chat.answer(2, "/whois alice").split("\n")[-2] == "alice 不在：暂时离开"
    chat.now += 300
    assert chat.answer(8, "to alice hi") == "[自动回复] alice: buy it"


@pytest.mark.parametrize("line", ["hi", "to bob psst"])
@pytest.mark.parametrize("first", ["/mute bob", "/away"])
def test_a_muted_user_who_types_is_back(chat: OwningChat, first: str, line: str) -> None:
    """Whether somebody was muted before anybody was away, or the other way round. A word that might be kept is a line, too."""
    chat.say(8, first)
    chat.leave(2)
    chat.say(1, "/away")
    chat.say(8, "/mute alice")
    chat.read(1)
    chat.say(1, line, line)
    muted = ["你已被管理员禁言", "I'm live"]
    assert chat.read(1) == ["欢迎回来，不再显示为不在", *muted, *muted]


def test_a_banned_name_is_nobodys(chat: OwningChat) -> None:
    """Its owner cannot log in, and no guest can take it. Whoever has it is removed, and it holds over a restart."""
    chat.say(8, "/ban bob")
    assert chat.values(2) == [Bye("kicked", "你已被管理员移出：该用户名已被管理员禁用")]
    assert chat.answer(1, "/login bob secret") == "该用户名已被管理员禁用"
    chat.join(3, "c:3")
    assert chat.answer(3, "rename bob") in ("该用户名已被管理员禁用", "该用户名已被注册，请输入 /login bob 密码")
    assert chat.answer(8, "/ban troll") == "已封禁 troll，直到解除"
    assert chat.answer(3, "rename Troll") == "该用户名已被管理员禁用"
    other = chat.restart()
    other.join(1, "a:1")
    assert other.answer(1, "rename troll") == "该用户名已被管理员禁用"
    assert other.answer(1, "/login bob secret") == "该用户名已被管理员禁用"


@pytest.mark.parametrize("line", ["/ban troll", "/ban-address 10.0.0.2", "/unban eve"])
def test_what_is_in_the_file_holds_although_its_operator_has_left(chat: OwningChat, line: str) -> None:
    """Else nobody could lift a ban that the room does not know, or could come in although it is lifted."""
    chat.doors.places = {1: "10.0.0.1", 2: "10.0.0.2", 8: "10.0.0.8"}
    chat.say(8, "/ban eve")
    way = chat.way(8)

    def leave(entry: object) -> None:
        if type(entry).__name__ in ("BanName", "BanNetwork", "Unban"):
            chat.leave(8)
        else:
            way.before = leave

    way.before = leave
    chat.say(8, line)
    operator(chat, 9, "second")
    assert [text.split(" ")[0] for text in chat.answer(9, "/bans").split("\n") if "由" in text] == [
        *(["eve"] if line != "/unban eve" else []),
        *(["troll"] if line == "/ban troll" else ["10.0.0.2"] if "10.0.0.2" in line else []),
    ]


@pytest.mark.parametrize("line", ["/ban troll", "/ban-address 10.0.0.2"])
def test_a_deed_that_is_not_the_next_line_is_not_done(chat: OwningChat, line: str) -> None:
    """The log would take nothing of it."""
    chat.open(3, "c:3", "/json")
    chat.leave(8)
    chat.say(3, "/login op secret")
    chat.way(3).line = 7
    chat.say(3, line)
    assert chat.restart().store.bans == []


@pytest.mark.parametrize("name", ["10.0.0.1:40000", "10.0.0.1", "*"])
def test_a_name_that_nobody_can_have_is_not_banned(chat: OwningChat, name: str) -> None:
    """An address as a name is where somebody goes on who has lost their own."""
    assert chat.answer(8, f"/ban {name}").startswith("用户名不合法：")


def test_a_ban_is_over_after_its_minutes(chat: OwningChat) -> None:
    chat.say(8, "/ban troll 10")
    assert chat.answer(1, "rename troll") == "该用户名已被管理员禁用"
    chat.now += 600
    assert chat.answer(1, "rename troll") == "修改用户名为: troll"


def test_a_newcomer_may_have_a_name_whose_ban_is_over(chat: OwningChat) -> None:
    """Although nobody has typed a line since then, or since the server has started."""
    chat.say(8, "/ban troll 10")
    chat.now += 600
    for room in (chat, chat.restart()):
        opening = room.entry(3, "/json troll")
        assert isinstance(opening, Opening)
        room.apply(Join(3, chat.now, "c:3", opening))
        assert room.room.members[3].name == "troll"


def test_bans_are_listed_and_lifted(chat: OwningChat) -> None:
    """By name, by address, or as they are listed. Operators alone see them."""
    assert chat.answer(8, "/bans") == "没有封禁任何人"
    chat.say(8, "/ban troll", "/ban-address 2001:db8::/64")
    lines = chat.answer(8, "/bans").split("\n")
    assert lines[0] == "troll 由 op 永久封禁"
    assert lines[1].startswith("2001:db8::/64 由 op 封禁到 ")
    assert chat.answer(8, "/unban nobody") == "nobody 没有被封禁"
    assert chat.answer(8, "/unban TROLL") == "已解除封禁 troll"
    assert chat.answer(8, "/unban 2001:db8::1234") == "已解除封禁 2001:db8::/64"
    assert chat.answer(8, "/bans") == "没有封禁任何人"
    assert not chat.doors.banned.has("2001:db8::7")
    assert chat.answer(1, "rename troll") == "修改用户名为: troll"
    other = chat.restart()
    assert other.store.bans == []


def test_a_banned_address_is_kept_out(chat: OwningChat) -> None:
    """Whoever comes from there is removed, and nobody comes in. It holds over a restart, for an hour."""
    chat.doors.places = {1: "10.0.0.1", 2: "10.0.0.2", 8: "10.0.0.8"}
    chat.say(8, "/ban-address bob")
    assert chat.values(2) == [Bye("kicked", "你已被管理员移出：此地址已被管理员封禁")]
    assert set(chat.room.members) == {1, 8}
    assert [chat.doors.banned.has(f"10.0.0.{n}") for n in (1, 2)] == [False, True]
    (ban,) = chat.restart().store.bans
    assert (ban.what, ban.is_address, ban.until, ban.by) == ("10.0.0.2", True, chat.now + 3600, "op")


def test_an_address_that_many_share_has_to_be_confirmed(chat: OwningChat) -> None:
    """The operator is told how many it would hit: a class may sit behind one router."""
    chat.doors.places = {1: "10.0.0.2", 2: "10.0.0.2", 8: "10.0.0.8"}
    assert chat.answer(8, "/ban-address 10.0.0.2 5") == "将断开 2 个在线用户，确认请再输入一次"
    assert {1, 2} <= set(chat.room.members)
    end = time.strftime("%H:%M:%S", time.localtime(chat.now + 300))
    assert chat.answer(8, "/ban-address 10.0.0.2 5").endswith(f"已封禁 10.0.0.2，到 {end}")
    assert set(chat.room.members) == {8}
    chat.say(8, "/unban 10.0.0.2")
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "x")
    assert chat.answer(8, "/ban-address 10.0.0.2") == "将断开 2 个在线用户，确认请再输入一次"


def test_more_connections_do_not_put_a_ban_off(chat: OwningChat) -> None:
    """A confirmation counts for however many there are by then, once, for a minute, and for that address alone."""
    chat.doors.places = {1: "10.0.0.2", 2: "10.0.0.2", 8: "10.0.0.8"}
    assert chat.answer(8, "/ban-address 10.0.0.2") == "将断开 2 个在线用户，确认请再输入一次"
    chat.now += 61
    assert chat.answer(8, "/ban-address 10.0.0.2") == "将断开 2 个在线用户，确认请再输入一次"
    chat.say(8, "/ban-address 10.0.0.3")
    assert chat.answer(8, "/ban-address 10.0.0.2") == "将断开 2 个在线用户，确认请再输入一次"
    chat.join(3, "b:3", "y")
    chat.doors.places[3] = "10.0.0.2"
    chat.now += 60
    assert "已封禁 10.0.0.2，到 " in chat.answer(8, "/ban-address 10.0.0.2")
    assert set(chat.room.members) == {8}


def test_whoever_was_on_the_way_in_is_removed(chat: OwningChat) -> None:
    """They had passed the door before the ban, and what brings them in was still in the log."""
    chat.doors.places = {1: "10.0.0.1", 2: "10.0.0.1", 8: "10.0.0.8"}

    def come_in(entry: Entry) -> None:
        chat.way(8).before = come_in
        if chat.doors.banned.has("10.0.0.2") and 3 not in chat.room.members:
            chat.join(3, "b:3", "late")
            chat.doors.places[3] = "10.0.0.2"

    chat.way(8).before = come_in
    chat.say(8, "/ban-address 10.0.0.2")
    assert 3 not in chat.room.members
    assert chat.values(3)[-1] == Bye("kicked", "你已被管理员移出：此地址已被管理员封禁")


def test_an_operator_who_logs_in_during_the_ban_is_not_removed(chat: OwningChat) -> None:
    """The ban is undone: nobody is kept out, and it is not in the file."""
    operator(chat, 9, "second")
    chat.say(9, "rename guest")
    chat.doors.places = {8: "10.0.0.8", 9: "10.0.0.9"}
    login = chat.entry(9, "/login second secret")

    def log_in(entry: Entry) -> None:
        chat.way(8).before = log_in
        if isinstance(entry, BanNetwork):
            chat.apply(login)

    chat.way(8).before = log_in
    chat.room.of(Order).done.clear()
    assert chat.answer(8, "/ban-address 10.0.0.9").endswith("不能对管理员这样做")
    assert chat.room.members[9].name == "second"
    assert not chat.doors.banned.has("10.0.0.9")
    assert chat.room.of(Order).done == []
    assert again(chat.store, chat.path).bans == []


@pytest.mark.parametrize("lines", [("/unban eve", "/ban eve 30"), ("/unban 10.0.0.2", "/ban-address 10.0.0.2 30")])
def test_of_two_operators_one_waits_for_the_other(chat: OwningChat, lines: tuple[str, str]) -> None:
    """So the file, the room and the door say the same: that the later ban holds."""
    operator(chat, 9, "second")
    chat.doors.places = {1: "10.0.0.1", 2: "10.0.0.1", 8: "10.0.0.8", 9: "10.0.0.9"}
    chat.say(8, lines[1])
    other, lock = threading.Thread(target=chat.say, args=(9, lines[1])), AskedLock()
    chat.bans._one_at_a_time = lock  # type: ignore[assignment]

    def let_the_other_try(entry: Entry) -> None:
        chat.way(8).before = let_the_other_try
        if isinstance(entry, Unban):
            other.start()
            while len(lock.asked) < 2 and other.is_alive():
                pass  # the other operator waits for the lock, or would have done everything

    chat.way(8).before = let_the_other_try
    chat.say(8, lines[0])
    other.join()
    in_room = [*chat.room.of(Owners).bans.values(), *chat.room.of(Order).networks.values()]
    assert [(ban.shown, ban.by) for ban in in_room] == [("eve" if "eve" in lines[0] else "10.0.0.2", "second")]
    assert chat.doors.banned.has("10.0.0.2") == ("eve" not in lines[0])
    assert again(chat.store, chat.path).bans == in_room


class AskedLock:
    """A lock that knows who has asked for it."""

    def __init__(self) -> None:
        self.asked: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.asked.append(threading.current_thread())
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_operators_cannot_be_locked_out(chat: OwningChat) -> None:
    """Neither by themselves, nor by one another."""
    operator(chat, 9, "second")
    chat.doors.places = {1: "10.0.0.1", 2: "127.0.0.1", 8: "10.0.0.8", 9: "10.0.0.9"}
    chat.way(8).host = "10.0.0.8"
    for line in ("/kick op", "/mute op", "/ban op", "/ban-address op", "/ban-address 10.0.0.8"):
        assert chat.answer(8, line) == "不能对自己这样做", line
    for line in ("/kick second", "/mute second", "/ban second", "/ban-address second", "/ban-address 10.0.0.9"):
        assert chat.answer(8, line) == "不能对管理员这样做", line
    for line in ("/ban-address bob", "/ban-address 127.0.0.1", "/ban-address ::1", "/ban-address ::ffff:127.0.0.9"):
        assert chat.answer(8, line) == "不能封禁服务器本机", line
    chat.leave(9)
    assert chat.answer(8, "/ban second") == "不能对管理员这样做"
    assert chat.restart().store.bans == []


def test_whoever_was_banned_and_is_an_operator_now_can_log_in(chat: OwningChat) -> None:
    """The flag decides."""
    chat.say(8, "/ban bob")
    chat.operators = frozenset(["bob"])
    other = chat.restart()
    other.join(1, "a:1")
    assert other.answer(1, "/login bob secret") == "登录成功，用户名: bob"
    assert other.answer(1, "/bans") == "没有封禁任何人"


def test_other_operators_are_told(chat: OwningChat) -> None:
    """And the log is. Nobody else is, and nobody hears of what was refused."""
    operator(chat, 9, "second")
    chat.room.of(Order).done.clear()
    for number in (1, 9):
        chat.read(number)
    chat.say(8, "/mute bob 5", "/mute nobody", "/ban-address nobody")
    assert chat.read(9) == ["管理员 op 执行了: /mute bob 5"]
    assert chat.read(1) == []
    assert chat.room.of(Order).done == ["管理员 op 执行了: /mute bob 5"]


def test_everyone_reads_an_announcement(chat: OwningChat) -> None:
    """In whatever room they are. Programs get it as an object, with a place, also if they have missed it."""
    chat.open(3, "c:3", "/json carol")
    chat.values(3)
    chat.say(8, "/announce back at  nine")
    assert chat.read(1)[-1] == "[公告] back at  nine"
    assert chat.values(3) == [Announced(chat.now, "op", "back at  nine", room="*")]
    chat.say(1, "/join elsewhere")
    hello = chat.open(4, "d:4", "/json dave")
    chat.say(4, "/join elsewhere")
    at = chat.room.memory.end
    chat.leave(4)
    chat.read(1)
    chat.say(8, "/announce again")
    assert chat.read(1) == ["[公告] again"]
    chat.open(5, "e:5", f"/resume {hello.session} {at}")
    assert [event.text for event in chat.values(5) if isinstance(event, Announced)] == ["again"]


def test_newcomers_read_the_motd(chat: OwningChat) -> None:
    """Programs too. Anybody may ask for it."""
    assert chat.answer(1, "/motd") == "没有欢迎辞"
    assert chat.answer(8, "/motd be  kind") == "欢迎辞已修改"
    assert chat.answer(1, "/motd") == "be  kind"
    chat.apply(Join(3, chat.now, "c:3"))
    assert chat.read(3) == ["[c:3]c:3:已上线", "be  kind"]
    chat.open(4, "d:4", "/json dave")
    assert [event.line() for event in chat.values(4)] == ["[d:4]dave:已上线", "be  kind"]


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("/kick", "[/kick 用户名 [原因]]"),
        ("/mute", "[/mute 用户名 [分钟]]"),
        ("/mute bob x", "[/mute 用户名 [分钟]]"),
        ("/mute bob 0", "[/mute 用户名 [分钟]]"),
        ("/mute bob 9999999999", "[/mute 用户名 [分钟]]"),
        ("/mute bob 5 5", "[/mute 用户名 [分钟]]"),
        ("/unmute", "[/unmute 用户名]"),
        ("/ban", "[/ban 用户名 [分钟]]"),
        ("/ban bob 527041", "[/ban 用户名 [分钟]]"),
        ("/ban-address", "[/ban-address 用户名 [分钟]]"),
        ("/unban", "[/unban 用户名]"),
        ("/announce", "[/announce 内容]"),
    ],
)
def test_each_command_has_its_format(chat: OwningChat, line: str, form: str) -> None:
    assert chat.answer(8, line) == f"消息格式不正确，请使用 {form} 格式"


@pytest.mark.parametrize("text", ["nobody", "10.0.0.2:x", "10.0.0.2:1:2", "[bob]:80", "2001:db8::1/64", "10.0.0"])
def test_an_address_that_is_none(chat: OwningChat, text: str) -> None:
    assert chat.answer(8, f"/ban-address {text}") == "该用户不在线，或地址不合法"


@pytest.mark.parametrize(
    ("text", "network"),
    [
        *((text, "10.0.0.7") for text in ("10.0.0.7", "10.0.0.7:40312", "[10.0.0.7:40312]", "[10.0.0.7]")),
        *(
            (text, "2001:db8::/64")
            for text in ("2001:db8::1", "[2001:db8::1]:80", "[[2001:db8::1]:80]", "[2001:db8::1]")
        ),
        *((text, "2001:db8::/64") for text in ("2001:db8::/64", "2001:DB8::1")),
        *((text, "fe80::%eth0/64") for text in ("fe80::1%eth0", "[fe80::1%eth0]:80", "[[fe80::1%eth0]:80]")),
    ],
)
def test_an_address_as_it_is_shown(chat: OwningChat, text: str, network: str) -> None:
    """It is pasted from in front of a line, from a list, or from the log."""
    assert chat.answer(8, f"/ban-address {text}").startswith(f"已封禁 {network}，")
    assert chat.answer(8, f"/unban {text}") == f"已解除封禁 {network}"


def test_programs_are_told_codes(chat: OwningChat) -> None:
    """As for every other refusal."""
    chat.open(3, "c:3", "/json carol")
    chat.values(3)
    chat.say(3, "/kick bob", "/announce hi")
    assert [event.code for event in chat.values(3) if isinstance(event, Done)] == ["not_operator", "not_operator"]
