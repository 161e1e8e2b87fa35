"""What a crowd may count on where somebody keeps order, has a name of their own, or does not want to hear others. Pure.

Each rule yields its faults, each as a line of text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from server.chat import texts
from server.chat.names import fold

from .crowd_lines import WRONG
from .crowd_story import Record, State, Story, Typed, holder_of
from .transcript import text_in

_DONE = (texts.IS_KICKED, texts.IS_MUTED, texts.IS_UNMUTED, texts.IS_BANNED, texts.IS_UNBANNED)
_ORDER = re.compile(r"/(kick|mute|unmute|ban|unban) (\S+)(?: (k\S+))?")


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator has done to somebody in a round. Nobody changed their name or went elsewhere in that round."""

    round: int
    word: str
    key: str
    addr: str  # of whoever had the name; empty if nobody had it
    reason: str


def orders_of(record: Record) -> list[Order]:
    """Return all that operators have done, in order."""
    found = []
    for story in record.stories:
        for typed in story.typed:
            order = _ORDER.fullmatch(typed.line)
            if order and (typed.reply or "").startswith(tuple(text.partition("{}")[0] for text in _DONE)):
                key, census = fold(order[2]), record.censuses.get(typed.round, {})
                found.append(Order(typed.round, order[1], key, holder_of(key, census), order[3] or ""))
    return sorted(found, key=lambda order: order.round)


def muted_lines_are_refused(record: Record) -> Iterator[str]:
    """From the pause after `/mute` to `/unmute`, nothing that somebody says is taken, under whatever name; else it is."""
    orders = orders_of(record)
    for story in record.stories:
        for typed in story.typed:
            if not text_in(typed.line, "mp") or typed.reply is None:
                continue
            muted = _is_muted(record, orders, story, typed)
            if muted is not None and muted != (typed.reply == texts.MUTED):
                yield f"{story.addr} is {'' if muted else 'not '}muted and was told for {typed.line}: {typed.reply}"


def _is_muted(record: Record, orders: list[Order], story: Story, typed: Typed) -> bool | None:
    """Return whether the author of a line was muted. None means that it cannot be told."""
    if any(order.round == typed.round and order.word in ("mute", "unmute") for order in orders):
        return None
    is_muted: dict[str, bool | None] = {}  # by address and by folded name
    names: dict[str, str] = {}  # under which each address was muted
    for order in orders:
        if order.round < typed.round and order.word == "mute":
            is_muted[order.addr] = is_muted[order.key] = True  # an address as a name is kept for its owner alone
            names[order.addr] = order.key
        elif order.round < typed.round and order.word == "unmute":
            is_muted[order.key] = None if order.key in names else False
            for addr, name in names.items():
                if addr == order.addr:
                    is_muted[addr], is_muted[name] = False, None if name != order.key else is_muted[name]
                elif name == order.key and is_muted[addr]:
                    is_muted[addr] = None  # whoever has another name by now may be meant
    if story.addr in is_muted and is_muted[story.addr] is not False:
        return is_muted[story.addr]
    known = {is_muted.get(fold(name), False) for name in record.names.get((typed.round, story.addr), {story.addr})}
    return known.pop() if len(known) == 1 else None


def whoever_is_removed_hears_why(record: Record) -> Iterator[str]:
    """It is the last that they read. Everyone in their room, and nobody else, sees them leave once."""
    removed = {}  # how the last line begins, which for a ban may go on with what is banned
    for order in orders_of(record):
        if order.word not in ("kick", "ban") or order.addr not in record.by_addr:
            continue
        removed[order.addr] = f"{texts.KICKED}：{order.reason}" if order.reason else texts.KICKED
        room = record.censuses[order.round][order.addr][1]
        for story in record.stories:
            if story.addr != order.addr and (state := _all_round(record, story, order.round)):
                times = sum(
                    one.round == order.round and (heard.kind, heard.addr) == ("left", order.addr)
                    for one, heard in story.heard
                )
                if times != (state.room == room and not state.is_quiet):
                    yield f"{story.addr} in {state.room!r} saw {order.addr}, who was removed from {room!r}, go {times} times"
    for story in record.stories:
        lines = list(story.transcript.lines())
        count = sum(line.startswith(texts.KICKED) for line in lines)
        due = removed.get(story.addr, "")
        if count != bool(due) or not "".join(lines[-1:]).startswith(due):
            yield f"{story.addr} was to hear {due!r} and heard {count} such lines, and in the end {lines[-1:]}"


def banned_names_are_nobodys(record: Record) -> Iterator[str]:
    """From the pause after `/ban` to `/unban`, nobody has the name."""
    orders = [order for order in orders_of(record) if order.word in ("ban", "unban")]
    for number, addr, name in record.sightings():
        before = [order.word for order in orders if order.key == fold(name) and order.round < number]
        now = any(order.round == number for order in orders)
        if before and before[-1] == "ban" and not now:
            yield f"{addr} has the banned name {name}"


def registered_names_are_their_owners(record: Record) -> Iterator[str]:
    """From the pause after `/register`, whoever has the name has logged in."""
    since: dict[str, int] = {}
    for story in record.stories:
        for typed in story.typed:
            if typed.is_login:
                since[fold(typed.name)] = min(typed.round, since.get(fold(typed.name), typed.round))
    for number, addr, name in set(record.sightings()):
        key, seen = fold(name), record.by_addr.get(addr)
        if seen and key in since and since[key] < number and key not in seen.owned[number]:
            yield f"{addr} has the name {name} in round {number} and has not logged in"


def ignored_users_are_not_heard(record: Record) -> Iterator[str]:
    """By whoever ignores them, under whatever name: neither what they say to everyone, nor private words.

    Of whoever wrote a word that was kept, only the name is known.
    """
    for story in record.stories:
        for state, heard in story.heard:
            author = record.authors.get(heard.text, "")
            if heard.kind not in ("said", "private", "kept") or author == story.addr:
                continue
            if state.hides("" if heard.kind == "kept" else author, heard.name):
                yield f"{story.addr} ignores {state.ignored} and heard {heard.text} of {heard.name}"


def the_quiet_see_nobody_come_or_go(record: Record) -> Iterator[str]:
    """From one `/quiet` to the next. That they hear all else is another rule."""
    for story in record.stories:
        for state, heard in story.heard:
            comes = heard.kind in ("joined", "left", "entered", "exited")
            if comes and state.is_quiet and heard.addr != story.addr:
                yield f"{story.addr} is quiet and saw {heard}"


def announcements_reach_everyone(record: Record) -> Iterator[str]:
    """Whoever is there from one pause to the next reads each announcement between them once."""
    typed = [one for story in record.stories for one in story.typed if one.line.startswith("/announce ")]
    done = {text_in(one.line): one.round for one in typed if one.reply == ""}
    for story in record.stories:
        times = Counter(heard.text for _, heard in story.heard if heard.kind == "announced")
        yield from (f"{story.addr} read {text} {count} times" for text, count in times.items() if count > 1)
        for text, number in done.items():
            if _is_there(record, story, number) and not times[text]:
                yield f"{story.addr} did not read the announcement {text}"


def whoever_is_away_answers_once(record: Record) -> Iterator[str]:
    """Each who writes to them is told once."""
    for story in record.stories:
        times = Counter(heard.text for _, heard in story.heard if heard.kind == "away")
        yield from (f"{story.addr} read {text} {count} times" for text, count in times.items() if count > 1)


def wrong_passwords_are_refused(record: Record) -> Iterator[str]:
    """Nobody is an owner by one."""
    for story in record.stories:
        for typed in story.typed:
            if typed.is_login and typed.line.endswith(f" {WRONG}"):
                yield f"{story.addr} was told: {typed.reply}"


def _is_there(record: Record, story: Story, number: int) -> bool:
    """Return whether a member was there for all of a round."""
    return all(story.addr in record.censuses.get(one, {}) for one in (number, number + 1))


def _all_round(record: Record, story: Story, number: int) -> State | None:
    """Return how a member stood in a round for all of which it was there, and neither moved nor was quiet for a part of it."""
    if not _is_there(record, story, number):
        return None
    states = [state for state, _ in story.heard if state.round == number]
    same = {(state.moves, state.quiets) for state in states}
    return states[0] if len(same) == 1 else None
