"""WEB.md: its examples for curl work as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..support.peers import PATIENCE, need
from ..support.web import web

TEXT = (Path(__file__).parents[2] / "WEB.md").read_text(encoding="utf-8")
OPEN, RESUME, SAY = re.findall(r"^    (curl .*)$", TEXT, re.MULTILINE)


@contextmanager
def reading(command: str) -> Iterator[IO[str]]:
    """Run a command that reads a stream. Yield its output."""
    with subprocess.Popen(["sh", "-c", f"exec {command}"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.kill()


def until(output: IO[str], kind: str) -> tuple[str, dict[str, Any]]:
    """Return the next event of one type, with the id in front of it."""
    place = ""
    while line := output.readline():
        if line.startswith("id: "):
            place = line[4:-1]
        elif line.startswith("data: "):
            value: dict[str, Any] = json.loads(line[6:])
            if value["type"] == kind:
                return place, value
            place = ""
    raise AssertionError(f"the stream has ended before {kind}")


def test_the_examples_are_real() -> None:
    """Somebody comes in, says something twice, which is heard once, and comes back."""
    need("curl")
    with web() as door:

        def here(command: str, token: str = "", at: str = "") -> str:
            return command.replace(":8080/", f":{door.port}/").replace("TOKEN", token).replace(" AT'", f" {at}'")

        with reading(here(OPEN)) as output:
            _, hello = until(output, "hello")
            assert hello["name"] == "小明"
            place, _ = until(output, "joined")
            token = hello["session"]
            for _ in range(2):
                subprocess.run(here(SAY, token), shell=True, check=True, timeout=PATIENCE)
            assert until(output, "said")[1]["text"] == "大家好"
            assert until(output, "done")[1] == {"type": "done", "line": 1}
        with reading(here(RESUME, token, place)) as output:
            assert until(output, "hello")[1]["line"] == 1
            assert until(output, "said")[1]["line"] == 1
