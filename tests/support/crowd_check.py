"""The check of the transcripts of all members of a crowd together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from . import crowd_kept_rules as kept
from . import crowd_order_rules as order
from . import crowd_rules as common
from .crowd_story import Record, read
from .transcript import Transcript

Rule = Callable[[Record], Iterator[str]]

RULES: list[Rule] = [
    common.texts_are_whole,
    common.nothing_comes_twice,
    common.authors_hear_themselves,
    common.refused_lines_reach_nobody,
    common.one_order,
    common.a_room_hears_its_lines,
    common.everyone_comes_and_goes_once,
    common.comings_add_up,
    common.nobody_stays_behind,
    common.who_is_a_snapshot,
    order.muted_lines_are_refused,
    order.whoever_is_removed_hears_why,
    order.banned_names_are_nobodys,
    order.registered_names_are_their_owners,
    order.ignored_users_are_not_heard,
    order.the_quiet_see_nobody_come_or_go,
    order.announcements_reach_everyone,
    order.whoever_is_away_answers_once,
    order.wrong_passwords_are_refused,
    *kept.KEPT_RULES,
]


def check(transcripts: Sequence[Transcript], rules: Sequence[Rule] = RULES) -> list[str]:
    """Return all faults, each as a line of text behind the name of its rule. There is none if every promise is kept."""
    record = read(transcripts)
    return [f"{rule.__name__}: {fault}" for rule in rules for fault in rule(record)]
