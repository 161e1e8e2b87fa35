"""Words that are kept for whoever is offline, while the server is killed again and again; and planted bugs that are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..support.killed_crowd import KilledCrowd

SEEDS = max(1, int(os.environ.get("CROWD_SEEDS", "100")) // 33)
ENOUGH = 10  # seeds with which every planted bug is found

# Statements that a server runs before it starts.
KEEP_IN_MEMORY = """
from collections import defaultdict
from server.accounts.store import Store
from server.chat.owners import Word
real_keep, real_hand_out, late = Store.keep, Store.hand_out, defaultdict(list)
def keep(store, key, *word):
    late[key].append(word)
    return Word(10**9, *word[:3])
def hand_out(store, key, now):
    for word in late.pop(key, ()):
        real_keep(store, key, *word)
    return real_hand_out(store, key, now)
Store.keep, Store.hand_out = keep, hand_out
"""
MARK_NOTHING = "from server.chat import texts; texts.KEPT_WORDS_AGAIN = texts.KEPT_WORDS"


def test_what_was_kept_comes_once_although_the_server_is_killed(tmp_path: Path) -> None:
    """In order, and nothing is lost. What comes again was in nobody's hands for sure, and is marked."""
    for seed in range(SEEDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        assert (seed, KilledCrowd(folder, seed).run()) == (seed, [])


PLANTS = {KEEP_IN_MEMORY: "kept_words_come", MARK_NOTHING: "kept_words_come_once"}


@pytest.mark.parametrize(("before", "rule"), PLANTS.items(), ids=["keep in memory", "mark nothing"])
def test_a_bug_of_the_server_is_found(tmp_path: Path, before: str, rule: str) -> None:
    """By the rule for it."""
    for seed in range(ENOUGH):
        folder = tmp_path / str(seed)
        folder.mkdir()
        if any(fault.startswith(f"{rule}: ") for fault in KilledCrowd(folder, seed, before).run()):
            return
    raise AssertionError("it was not found")
