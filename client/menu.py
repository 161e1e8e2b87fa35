"""The menu and its modes: what the user is asked, and what is sent for it. Go: Client.menu"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Protocol

from .net.people import Person
from .rules import Kind, loosen, may_be_name, parse
from .ui import completion
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
/last /search 词  查看、查找说过的话
/menu             回到菜单；exit 退出当前模式
/quit             退出
Tab 补全用户名和命令，空行时回复最近的私聊；上下键翻看输入过的内容
Ctrl-A E U W K Y 编辑；Ctrl-D 退出；其他内容发送给所有人"""

QUIT, SHOW_HELP, WHO = "/quit", "/help", "who"


class Leave(Exception):
    """The user wants to leave."""


class Talker(Protocol):
    """Whoever asks the user, shows what is said, and sends."""

    partner: Person | None  # whom every line is for at present
    history: History  # of what was said to everyone

    def ask(self, prompt: str, candidates: completion.Candidates = ..., *, history: History | None = None) -> str:
        """Return a line that the user types behind a prompt. Without a history it is an answer, and stays to be seen."""

    def remember(self, line: str, history: History) -> None:
        """Keep a line, so that Up brings it back."""

    def show(self, text: str) -> None:
        """Show the user one or more lines."""

    def send(self, line: str, to: Person | None = None) -> None:
        """Send a line."""

    def find(self, name: str) -> Person | None:
        """Return who has this name, if anybody has."""


class Menu:
    """The user's side of the client. Every mode raises Leave at the end of input."""

    def __init__(self, talker: Talker) -> None:
        self._talker = talker
        self._private_words = History()  # which are kept in no file
        self._to_menu = False

    def run(self) -> None:
        """Offer the menu until the user leaves. Go: Client.Run"""
        modes = {"1": self.public_chat, "2": self.private_chat, "3": self.update_name}
        while True:
            self._talker.show(MENU)
            choice = _word_of(self._talker.ask(""))
            if choice in ("0", QUIT):
                return
            if choice in modes:
                modes[choice]()
            else:
                self._talker.show(HELP if choice == SHOW_HELP else WRONG_CHOICE)

    def public_chat(self) -> None:
        """Say each line to everyone, unless it is a command. Go: Client.PublicChat"""
        for line in self._lines(PUBLIC_PROMPT, completion.in_chat, self._talker.history):
            self._talker.send(line)

    def private_chat(self) -> None:
        """Ask for a user, then say each line to that user alone, under whatever name.

        Go: Client.PrivateChat
        Go: Client.Who
        """
        for answer in self._lines(WHOM_PROMPT, completion.for_whom):
            name = answer.strip()
            is_name = may_be_name(name) or (":" in name and len(name.split()) == 1)  # or an address
            partner = self._talker.find(name) if is_name else None
            if partner is None:
                self._talker.show(NO_SUCH_USER)
                continue
            self._talker.partner = partner
            try:
                self._talk_to(partner)
            finally:
                self._talker.partner = None
            if self._to_menu:
                return

    def update_name(self) -> None:
        """Ask for a new name.

        Go: Client.Rename
        Go: Client.UpdateName
        """
        if name := self._talker.ask(NAME_PROMPT).strip():
            self._talker.send(f"rename {name}")

    def _is_online(self, name: str) -> bool:
        person = self._talker.find(name)
        return person is not None and bool(person.addr)  # else nobody knows who is online

    def _talk_to(self, partner: Person) -> None:
        for line in self._lines(PRIVATE_PROMPT, completion.in_private, self._private_words):
            is_command = line[0] == "/" and parse(line).kind in (Kind.QUESTION, Kind.PRIVATE, Kind.RENAME)
            self._talker.send(line, None if is_command else partner)
            if partner.is_gone:
                self._talker.show(f"{partner.name} 已经离开；现在叫这个名字的可能是别人，请重新选择")
                return

    def _lines(self, prompt: str, candidates: completion.Candidates, history: History | None = None) -> Iterator[str]:
        """Yield what is typed until `exit` or `/menu`, without empty lines and commands that are alike in all modes."""
        self._to_menu = False
        while True:
            typed = self._talker.ask(prompt, candidates, history=history)
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
                    self._talker.show(HELP)
                    continue
                case "who" | "/who":
                    self._talker.send(WHO)
                    continue
            if history is not None:
                self._talker.remember(typed, history)
            if "\n" in typed:
                # What was pasted is said as it is, and no line of it is a command of the client's or the server's own.
                is_public = history is self._talker.history
                pasted = [line for line in typed.split("\n") if line]
                yield from (f"/{line}" if is_public and line[0] == "/" else line for line in pasted)
            elif history is self._talker.history:
                yield loosen(typed, self._is_online)
            else:
                yield typed


def _word_of(typed: str) -> str:
    """Return a line as a command is compared: in any case and width, with spaces of any kind around it."""
    return unicodedata.normalize("NFKC", typed).strip().casefold() if len(typed) < 20 else typed and "?"
