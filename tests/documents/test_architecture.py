"""What ARCHITECTURE.md says about the code is true: its threads, its Go names, and each "how to add"."""

from __future__ import annotations

import importlib
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from server.chat.entries import Say
from server.flags import parse_arguments, settings_of
from server.log.broadcaster import Broadcaster
from server.settings import Settings

from ..support.chatting import NOW
from ..support.peers import PATIENCE
from ..support.pretend import pretend_user, read

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SOURCES = {
    path: path.read_text(encoding="utf-8") for name in ("server", "client") for path in (ROOT / name).rglob("*.py")
}
COMMAND, ENCODING, SUBSCRIBER = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

OURS = re.sub(r"(?m)^\| .*? \|", "", TEXT)  # without the first column of tables, where Go names stand


def section(title: str) -> str:
    """Return the section of that title."""
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_a_command_can_be_added(tmp_path: Path) -> None:
    """As one new file: a copy of the server that has it knows it, in /help too, and forbids its word as a name."""
    name = COMMAND.partition("\n")[0].removeprefix("# ")
    shutil.copytree(ROOT / "server", tmp_path / "server")
    (tmp_path / name).write_text(COMMAND, encoding="utf-8")
    program = """
from server.commands import discover
from server.chat.entries import Join
from server.chat.room import Room
registry, room = discover(), Room()
room.apply([Join(1, 0.0, "a:1")])
told = room.apply([registry.parse(1, 0.0, line) for line in ("/wave", "wave", "rename wave")])
print(*(event.line() for event in told.heard_by(1)), registry.help, sep="\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[:5] == ["a:1 waves", "", "[a:1]a:1:wave", "", "用户名不合法：不能使用命令的名称"]
    assert "/wave             向大家挥手" in lines


def block(tmp_path: Path, text: str, name: str) -> Any:
    """Return the class of that name from a block of the document."""
    file = tmp_path / "block.py"
    file.write_text(text, encoding="utf-8")
    return runpy.run_path(str(file))[name]


def test_an_encoding_can_be_added(tmp_path: Path) -> None:
    """One user has it, the others read what they always read."""
    broadcaster = Broadcaster()
    users = [pretend_user(1, "a:1", block(tmp_path, ENCODING, "TypedLines")()), pretend_user(2, "b:2")]
    for user in users:
        broadcaster.online(user)
    broadcaster.broadcast([Say(2, NOW, "大家好")])
    broadcaster.close()
    broadcaster.listen_message()
    assert read(users[0]).splitlines() == [
        '["joined", "[a:1]a:1:已上线"]',
        '["joined", "[b:2]b:2:已上线"]',
        '["said", "[b:2]b:2:大家好"]',
    ]
    assert read(users[1]).splitlines() == ["[b:2]b:2:已上线", "[b:2]b:2:大家好", "I'm live"]


def test_a_subscriber_can_be_added(tmp_path: Path) -> None:
    """It gets what is said."""
    loudest = block(tmp_path, SUBSCRIBER, "Loudest")()
    broadcaster = Broadcaster([loudest])
    broadcaster.online(pretend_user(1, "a:1"))
    broadcaster.broadcast([Say(1, NOW, "x"), Say(1, NOW, "y")])
    broadcaster.close()
    broadcaster.listen_message()
    assert loudest.lines == {"a:1": 2}


# Settings without a flag: nobody has needed one yet.
WITHOUT_FLAG = {"burst", "max_renames", "rename_period", "linger"}
FLAGS = """--ip 1.2.3.4 --port 7 --idle-timeout 8 --no-receipt --max-users 9 --max-per-ip 10 --rate 11 --max-line 12 --outbox 13
--hide-addr"""


def test_every_setting_has_a_flag() -> None:
    """Which changes it; those that have none are known."""
    changed, default = settings_of(parse_arguments(FLAGS.split())), Settings()
    same = {field.name for field in fields(Settings) if getattr(changed, field.name) == getattr(default, field.name)}
    assert same == WITHOUT_FLAG
    assert settings_of(parse_arguments([])) == default


def test_the_threads_are_those_of_the_code() -> None:
    """Each name in the table is given to a thread somewhere, and no thread has another."""
    table = {name for name in re.findall(r"^\| (?:client: )?`([^`]+)`", section("Threads"), re.MULTILINE)}
    given: set[str] = set()
    for source in SOURCES.values():
        given |= set(re.findall(r"""(?:name=f?|supervisor\.thread\()"([a-z]+)(?: \{[^"]*\})?\"""", source))
    assert {name.partition(" ")[0] for name in table} == given


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][A-Za-z]+\.[a-z_]+)`", OURS))))
def test_every_name_is_in_the_code(name: str) -> None:
    """A class and its method or attribute that the document speaks of exist."""
    owner, _, member = name.partition(".")
    sources = [source for source in SOURCES.values() if re.search(rf"^class {owner}\b", source, re.MULTILINE)]
    assert any(
        re.search(rf"(?:def|self\.)\s*{member}\b|^    {member}\b", source, re.MULTILINE) for source in sources
    ), name


def test_every_package_can_be_imported() -> None:
    """Each file of the tables, also those that no test needs."""
    for path in SOURCES:
        relative = path.relative_to(ROOT).with_suffix("")
        if relative.name != "__main__":
            importlib.import_module(".".join(relative.parts))
