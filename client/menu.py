"""The menu and its modes: what the user is asked, and what is sent for it. Go: Client.menu"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from . import completion, requests

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
/menu 或 exit     回到菜单
/quit             退出
Tab 补全用户名和命令；上下键翻看输入过的内容；Ctrl-A E U W K Y 编辑；Ctrl-D 退出
其他内容发送给所有人"""

EXIT = "exit"
QUIT = "/quit"


class Leave(Exception):
    """The user wants to leave."""


class Talker(Protocol):
    """Whoever asks the user, shows what is said, and sends."""

    def ask(self, prompt: str, candidates: completion.Candidates = ..., *, talk: bool = ...) -> str:
        """A line the user types behind PROMPT. TALK will be heard of again; an answer is left on the screen."""

    def show(self, text: str) -> None:
        """Show the user TEXT, one or more lines."""

    def send(self, line: str) -> None:
        """Send LINE."""


class Menu:
    """The user's side of the client. Every mode raises Leave at the end of input."""

    def __init__(self, talker: Talker) -> None:
        self._ask = talker.ask
        self._show = talker.show
        self._send = talker.send

    def run(self) -> None:
        """Offer the menu until the user leaves. Go: Client.Run"""
        modes = {"1": self.public_chat, "2": self.private_chat, "3": self.update_name}
        while True:
            self._show(MENU)
            choice = self._ask("").strip()
            if choice == "0":
                return
            if choice in modes:
                modes[choice]()
            else:
                self._show(WRONG_CHOICE)

    def public_chat(self) -> None:
        """Say each line to everyone, but what is a command of the client's own. Go: Client.PublicChat"""
        for line in self._lines(PUBLIC_PROMPT, completion.in_chat):
            command = line.rstrip()
            if command == "/menu":
                return
            if command == QUIT:
                raise Leave
            if command == "/help":
                self._show(HELP)
            else:
                self._send(line)

    def private_chat(self) -> None:
        """Ask for a user, then say each line to that user alone.

        Go: Client.PrivateChat
        Go: Client.Who
        """
        for answer in self._lines(WHOM_PROMPT, completion.for_whom, talk=False):
            name = answer.strip()
            if name == requests.WHO:
                self._send(requests.WHO)
            elif not requests.is_name(name):
                self._show(NO_SUCH_USER)
            else:
                for line in self._lines(PRIVATE_PROMPT, completion.in_private):
                    self._send(requests.private(name, line))

    def update_name(self) -> None:
        """Ask for a new name.

        Go: Client.Rename
        Go: Client.UpdateName
        """
        if name := self._ask(NAME_PROMPT).strip():
            self._send(requests.rename(name))

    def _lines(self, prompt: str, candidates: completion.Candidates, *, talk: bool = True) -> Iterator[str]:
        """The lines that are typed, but empty ones, until `exit`."""
        while (line := self._ask(prompt, candidates, talk=talk)) != EXIT:
            if line:
                yield line
