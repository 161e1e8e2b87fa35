"""The menu and its modes: what the user is asked, and what is sent for it. Go: Client.menu"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from .client import Client, Leave
from .net.outgoing import Line
from .net.people import Person
from .rules import (
    AGAIN,
    PASSWORDS,
    QUIT,
    WHO,
    WHO_ANYWHERE,
    Kind,
    canonical,
    kind_of,
    loosen,
    may_be_name,
    may_hold_password,
    shorten,
)
from .ui.completion import FOR_WHOM, IN_CHAT, IN_PRIVATE, Candidates
from .ui.history import History

MENU = "1. 群聊\n2. 私聊\n3. 更改用户名\n0. 退出"
WRONG_CHOICE = "请选择合法的操作"
PUBLIC_PROMPT = "请输入聊天内容，exit退出:"
WHOM_PROMPT = "请输入聊天对象[用户名]，who查看当前在线用户，exit退出："
PRIVATE_PROMPT = "请输入聊天内容，exit退出："
NAME_PROMPT = "输入新用户名："
NO_SUCH_USER = "该用户不在线"
HELP = """\
who               查看在线用户
rename 新名字     修改用户名
to 用户名 内容    私聊
/who /rename /to  同上；//内容 发送以 / 开头的话
/me 动作          以第三人称说
/last /search 词  查看、查找说过的话；/motd 查看欢迎辞
/join 房间        进入房间；/leave 离开，/rooms 查看
/whois 用户名     查看一个用户；/who all 查看所有房间
/reply 内容       回复最近的私聊；/away 留言 暂时离开
/ignore 用户名    不看此人的话；/unignore 取消；/quiet 不看上线和下线
/register         注册用户名；/login 用户名 登录
/password         修改密码；/unregister 注销
/kick /mute /unmute /ban /ban-address /unban /bans /announce  管理员用
/menu             回到菜单；exit 退出当前模式
/quit             退出
空行按回车        不再提示未读私聊
Tab 补全用户名和命令，空行时回复最近的私聊；上下键翻看输入过的内容
Ctrl-A E U W K Y 编辑；Ctrl-D 退出；其他内容发送给所有人"""

SHOW_HELP = "/help"
TRIES = 3  # of passwords that the server refuses
# The codes of names that belong to somebody, and of passwords that are worth another try.
OWNED, TRY_AGAIN = "name_owned", ("wrong_password", "password_bad", "not_private")


class Menu:
    """The user's side of the client. Every mode raises Leave at the end of input."""

    def __init__(self, client: Client, *, starts_in_chat: bool = False) -> None:
        self._client = client
        self._starts_in_chat = starts_in_chat
        self._private_words = History()  # which are kept in no file
        self._to_menu = False

    def run(self) -> None:
        """Offer the menu until the user leaves. Go: Client.Run"""
        if self._starts_in_chat:
            self.public_chat()
        modes = {"1": self.public_chat, "2": self.private_chat, "3": self.update_name}
        while True:
            self._client.show(MENU)
            choice = _word_of(typed := self._client.ask(""))
            if choice in ("0", QUIT):
                return
            if choice in modes:
                modes[choice]()
            elif choice == SHOW_HELP:
                self._client.show(HELP)
            elif _is_command(line := loosen(typed, self._is_online)):
                for command in self._with_passwords(line):
                    self._client.settle(Line(command))
            elif choice:
                self._client.show(WRONG_CHOICE)

    def say_all(self) -> None:
        """Say each line that comes from a pipe. Nothing is asked."""
        while kind_of(line := self._client.ask("")) is not Kind.QUIT:
            if line:
                self._client.send(Line(line))

    def public_chat(self) -> None:
        """Say each line to everyone, unless it is a command. Go: Client.PublicChat"""
        for line in self._lines(PUBLIC_PROMPT, IN_CHAT, self._client.history):
            self._client.send(Line(line))

    def private_chat(self) -> None:
        """Ask for a user, then say each line to that user alone, under whatever name.

        Go: Client.PrivateChat
        Go: Client.Who
        """
        for answer in self._lines(WHOM_PROMPT, FOR_WHOM):
            name = answer.strip()
            is_name = may_be_name(name) or (":" in name and len(name.split()) == 1)  # or an address
            partner = self._seek(name) if is_name else None
            if partner is None:
                self._client.show(NO_SUCH_USER)
                continue
            self._client.partner = partner
            try:
                self._talk_to(partner)
            finally:
                self._client.partner = None
            if self._to_menu:
                return

    def update_name(self) -> None:
        """Ask for a new name.

        Go: Client.Rename
        Go: Client.UpdateName
        """
        name = self._client.ask(NAME_PROMPT).strip()
        if name and self._client.settle(Line(f"rename {name}")) == OWNED:
            self._ask_passwords(f"/login {name}", PASSWORDS["login"][1])

    def _seek(self, name: str) -> Person | None:
        """Return who has a name, in whatever room. If it is nobody who is known, the server is asked."""
        if self._client.find(name) is None:
            self._client.settle(Line(WHO_ANYWHERE, hidden=True))
        return self._client.find(name)

    def _is_online(self, name: str) -> bool:
        person = self._client.find(name)
        return person is not None and bool(person.addr)  # else nobody knows who is online

    def _talk_to(self, partner: Person) -> None:
        for line in self._lines(PRIVATE_PROMPT, IN_PRIVATE, self._private_words):
            self._client.send(Line(line, None if _is_command(line) else partner))
            if partner.is_gone:
                self._client.show(f"{partner.name} 已经离开；现在叫这个名字的可能是别人，请重新选择")
                return

    def _lines(self, prompt: str, candidates: Candidates, history: History | None = None) -> Iterator[str]:
        """Yield what is typed until `exit` or `/menu`, without empty lines and commands that are alike in all modes."""
        self._to_menu = False
        while True:
            typed = self._client.ask(prompt, candidates, history=history)
            match _word_of(typed):
                case "":
                    continue
                case "exit":
                    return
                case "/menu":
                    self._to_menu = True
                    return
                case "/quit":
                    raise Leave
                case "/help":
                    self._client.show(HELP)
                    continue
                case "who" | "/who":
                    self._client.send(Line(WHO))
                    continue
            if history is not None and not any(map(may_hold_password, typed.split("\n"))):
                self._client.remember(typed, history)
            yield from self._meant(typed, is_public=history is self._client.history)

    def _meant(self, typed: str, *, is_public: bool) -> Iterator[str]:
        """Yield what is to be sent. A line that was pasted with others is said as it is, and is no command.

        So it is not sent if it is a command with a password, also a mistyped one: everybody would read that.
        """
        if "\n" in typed:
            for line in filter(None, typed.split("\n")):
                if kind_of(line) in (Kind.SECRET, Kind.BAD) and may_hold_password(line):
                    self._client.show(f"✗ {shorten(line)}（这一行可能含有密码，没有发送）")
                    continue
                sign = "/" if line[0] == "/" else "" if kind_of(line) is Kind.TALK else " "
                yield f"{sign}{line}" if is_public else line
        else:
            yield from self._with_passwords(loosen(typed, self._is_online) if is_public else typed)

    def _with_passwords(self, line: str) -> Iterator[str]:
        """Yield a line, unless it is a command that lacks passwords: that is sent with what the user is asked for."""
        word, *others = canonical(line).removeprefix("/").split() or [""]
        before, prompts = PASSWORDS.get(word, (0, ()))
        if kind_of(line) is not Kind.SECRET or len(others) != before:
            yield line
        else:
            self._ask_passwords(line.strip(), prompts)

    def _ask_passwords(self, command: str, prompts: Sequence[str]) -> None:
        """Send a command with passwords. If they are no good, ask again, so that the next one is not said to everyone."""
        with self._client.hidden():
            for _ in range(TRIES):
                if not (given := self._passwords(prompts)):
                    break
                if self._client.settle(Line(" ".join([command, *given])), patient=True) not in TRY_AGAIN:
                    return
            self._client.show("已取消")

    def _passwords(self, prompts: Sequence[str]) -> list[str]:
        """Return the passwords that are typed, hidden. There are none if the user gives up, by an empty line."""
        given: list[str] = []
        while len(given) < len(prompts):
            prompt = prompts[len(given)]
            if not (typed := self._client.ask(prompt).strip()):
                return []
            if len(typed.split()) != 1:
                self._client.show("密码不能有空格")
            elif prompt != AGAIN:
                given.append(typed)
            elif typed == given[-1]:
                break
            else:
                self._client.show("两次输入的密码不一样")
                given.pop()
        return given


def _is_command(line: str) -> bool:
    """Return whether a line is a command of the server's wherever it is typed, and is not said to anybody."""
    return canonical(line).startswith("/") and "\n" not in line and kind_of(line) is not Kind.TALK


def _word_of(typed: str) -> str:
    """Return a line as a command is compared: in any case and width, with spaces of any kind around it."""
    return unicodedata.normalize("NFKC", canonical(typed)).strip().casefold() if len(typed) < 20 else typed and "?"
