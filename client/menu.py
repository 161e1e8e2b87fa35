"""The menu and its modes: what the user is asked, and what is sent for it. Go: Client.menu, Client.Run

Reads with input(), so whoever has Python's readline module can edit the line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import requests

MENU = "1. 群聊\n2. 私聊\n3. 更改用户名\n0. 退出"
WRONG_CHOICE = "请选择合法的操作"
PUBLIC_PROMPT = "请输入聊天内容，exit退出:"
WHOM_PROMPT = "请输入聊天对象[用户名]，who查看当前在线用户，exit退出："
PRIVATE_PROMPT = "请输入聊天内容，exit退出："
NAME_PROMPT = "输入新用户名："
NO_SUCH_USER = "该用户不在线"

EXIT = "exit"


class Menu:
    """The user's side of the client. Raises EOFError at the end of input, OSError if the server is gone."""

    def __init__(self, send: Callable[[str], None], show: Callable[[str], None]) -> None:
        self._send = send
        self._show = show

    def run(self) -> None:
        """Offer the menu until the user leaves. Go: Client.Run"""
        modes = {"1": self.public_chat, "2": self.private_chat, "3": self.update_name}
        while True:
            self._show(MENU)
            choice = input().strip()
            if choice == "0":
                return
            if choice in modes:
                modes[choice]()
            else:
                self._show(WRONG_CHOICE)

    def public_chat(self) -> None:
        """Say each line to everyone. Go: Client.PublicChat"""
        for line in _ask(PUBLIC_PROMPT):
            self._send(line)

    def private_chat(self) -> None:
        """Ask for a user, then say each line to that user alone. Go: Client.PrivateChat"""
        for answer in _ask(WHOM_PROMPT):
            name = answer.strip()
            if name == requests.WHO:
                self._send(requests.WHO)
            elif not requests.is_name(name):
                self._show(NO_SUCH_USER)
            else:
                for line in _ask(PRIVATE_PROMPT):
                    self._send(requests.private(name, line))

    def update_name(self) -> None:
        """Ask for a new name. Go: Client.UpdateName"""
        if name := input(NAME_PROMPT).strip():
            self._send(requests.rename(name))


def _ask(prompt: str) -> Iterator[str]:
    """The lines that are typed, but empty ones, until `exit`."""
    while (line := input(prompt)) != EXIT:
        if line:
            yield line
