"""The benchmark's questions about the past: the talk that is made for them, and a small run."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cases import Answer
from bench.measure import Failed, Server
from bench.past import FEWEST, FOUND, ask_for_lines
from bench.report import answer_table
from bench.talk import BLOCK, COMMON, RARE, RARELY, UNUSUAL, blocks

from ..support.peers import PATIENCE, running


def test_the_talk_has_as_many_lines_as_wanted() -> None:
    """They come in blocks, the last of which may be shorter. They are the same every time."""
    talk = list(blocks(2 * BLOCK + 1))
    assert [block.count("\n") for block in talk] == [BLOCK, BLOCK, 1]
    assert talk == list(blocks(2 * BLOCK + 1))


def test_the_talk_is_varied_and_has_no_commands() -> None:
    """Almost no line is said twice, and every line is said to everyone."""
    lines = "".join(blocks(5_000)).splitlines()
    assert len(set(lines)) > 4_900
    assert all(lines)
    assert not [line for line in lines if line.startswith("/") or line.split()[0] in ("who", "to", "rename")]


@pytest.mark.parametrize("lines", [FEWEST, 5_000])
def test_words_are_as_frequent_as_a_search_expects(lines: int) -> None:
    """Common ones fill an answer. Rare ones are known to the line, and spread from the beginning to the end."""
    talk = "".join(blocks(lines)).splitlines()
    assert all(sum(word in line for line in talk) > FOUND for word in COMMON)
    for word in RARE + UNUSUAL:
        places = [number for number, line in enumerate(talk) if word in line]
        assert len(places) == RARELY
        assert places[0] < lines / RARELY
        assert places[-1] >= lines - lines / RARELY


def test_answers_are_aligned_on_a_terminal() -> None:
    """A Chinese character is two columns wide there. The table has the median and the worst of the times."""
    text = answer_table([Answer("/last 20", 20, (1.0, 2.0, 9.0)), Answer("/search 我们", 5, (3.0,))])
    assert text.splitlines() == [
        "question      lines  median ms  slowest ms",
        "/last 20         20       2.00        9.00",
        "/search 我们      5       3.00        3.00",
    ]


def test_a_wrong_answer_is_no_result() -> None:
    """A server that has heard nothing cannot say what was said."""
    with running() as server, pytest.raises(Failed, match=r"^/last 20: 0 lines came, instead of 20$"):
        list(ask_for_lines(Server("127.0.0.1", server.port), FEWEST, lambda _: contextlib.nullcontext()))


def test_a_run_asks_every_question() -> None:
    """Each answer had as many lines as it should have, or there would be no table. No chart is drawn."""
    command = [sys.executable, "-m", "bench", "past", "--lines", str(FEWEST), "--svg", "never-written.svg"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE * 4, check=False)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["question", "lines", "median", "ms", "slowest", "ms"]
    assert [row.split()[0] for row in rows] == ["/last"] * 2 + ["/search"] * 8 + ["/resume,"] * 2
    assert not Path("never-written.svg").exists()
