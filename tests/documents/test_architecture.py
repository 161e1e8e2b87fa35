"""What ARCHITECTURE.md says about the code is true: its threads, its Go names, and each "how to add"."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from server.flags import parse_arguments, settings_of
from server.settings import Settings

from ..support.peers import PATIENCE

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


def run_with(tmp_path: Path, block: str, program: str) -> list[str]:
    """Put a block of the document into a copy of the server, and return the lines that a program prints there."""
    shutil.copytree(ROOT / "server", tmp_path / "server")
    (tmp_path / block.partition("\n")[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    command = [sys.executable, "-c", PRELUDE + program]
    return subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout.splitlines()


PRELUDE = """
from server.chat.entries import Join, Say
from server.chat.room import Room
from server.commands import discover
registry, room = discover(), Room()
room.apply([Join(1, 0.0, "a:1")])
"""


def test_a_command_can_be_added(tmp_path: Path) -> None:
    """As one new file: the server knows it, /help has it, and its word is no name any more."""
    program = """
told = room.apply([registry.parse(1, 0.0, line) for line in ("/wave", "wave", "rename wave")])
print(*(event.line() for event in told.heard_by(1)), registry.help, sep="\\n")
"""
    lines = run_with(tmp_path, COMMAND, program)
    assert lines[:5] == ["a:1 waves", "", "[a:1]a:1:wave", "", "用户名不合法：不能使用命令的名称"]
    assert "/wave              向大家挥手" in lines


def test_an_encoding_can_be_added(tmp_path: Path) -> None:
    """It encodes whatever a user is told."""
    program = """
from server.wire.pages import Page
from server.wire.typed_lines import TypedLines
told = room.apply([Say(1, 0.0, "大家好"), registry.parse(1, 0.0, "rename 小明")])
print(Page(told.parts[""], TypedLines()).copy(told.copies[1]).decode())
"""
    assert run_with(tmp_path, ENCODING, program)[:3] == [
        '["said", "[a:1]a:1:大家好"]',
        '["done", ""]',
        '["renamed", ""]',
    ]


def test_a_subscriber_can_be_added(tmp_path: Path) -> None:
    """It gets what is said."""
    program = """
import logging, sys
from server.log.broadcaster import Broadcaster
from server.ops.loudest import Loudest
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(message)s")
loudest = Loudest()
broadcaster = Broadcaster([loudest])
broadcaster.broadcast([Join(1, 0.0, "a:1"), *(Say(1, 0.0, str(number)) for number in range(250))])
broadcaster.close()
broadcaster.listen_message()
print(loudest.lines)
"""
    assert run_with(tmp_path, SUBSCRIBER, program) == [
        "a:1 has said 100 lines",
        "a:1 has said 200 lines",
        "{'a:1': 250}",
    ]


# Settings without a flag: nobody has needed one yet.
WITHOUT_FLAG = {"burst", "max_renames", "rename_period", "linger"}
FLAGS = """--hold 3 --remember 4 --replay 2 --memory 5 --limit-loopback --ip 1.2.3.4 --port 7 --idle-timeout 8 --warn 2 --no-receipt --max-users 9 --max-per-ip 10 --rate 11 --max-line 12 --outbox 13
--hide-addr --tls a --tls-key b --tls-only --proxy-from 10.0.0.0/8"""


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
