"""What a crowd may count on for private words that are kept for whoever is offline. Pure.

Each rule yields its faults, each as a line of text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from server.chat import texts
from server.chat.names import fold

from .crowd_story import Record, Typed
from .transcript import text_in


@dataclass(frozen=True, order=True)
class Delivery:
    """A kept word came in a round."""

    round: int
    is_again: bool  # whether its reader was told that it may have come before
    is_sure: bool  # whether the login that brought it had its receipt
    addr: str


def kept_words_come(record: Record) -> Iterator[str]:
    """What was kept, as its author was told, comes at the next login at the latest."""
    came = {heard.text for _, heard in record.all_heard("kept")}
    logins = defaultdict(list)  # of each key: the line, and whether what came of it is not known
    for story in record.stories:
        for typed in story.typed:
            if typed.line.startswith("/login "):
                is_lost = typed.reply is None and story.transcript.was_reset
                logins[_key(typed)].append(
                    (typed, is_lost or bool(typed.state.ignored))
                )  # who is ignored is passed over
    for text, word in _kept(record).items():
        after = [(one, is_unknown) for one, is_unknown in logins[_key(word)] if one.round >= word.round]
        is_due = any(one.is_login and one.round > word.round for one, _ in after)
        is_sure = not any(is_unknown for _, is_unknown in after)
        if text not in came and is_due and is_sure:
            yield f"{text} was kept for {_key(word)} and never came"


def kept_words_come_once(record: Record) -> Iterator[str]:
    """They come again only as long as whoever has read them has no receipt for their login, and they are marked then."""
    deliveries = defaultdict(list)
    for story in record.stories:
        is_sure = all(typed.reply is not None for typed in story.typed if typed.line.startswith("/login "))
        for state, heard in story.heard:
            if heard.kind == "kept":
                deliveries[heard.text].append(Delivery(state.round, heard.is_again, is_sure, story.addr))
    for text, all_of_it in deliveries.items():
        first, *more = sorted(all_of_it)
        for one in more:
            is_over = any(other.is_sure and other.round < one.round for other in all_of_it)
            if is_over or not one.is_again:
                yield f"{one.addr} got {text}, which {first.addr} has had, {'' if one.is_again else 'un'}marked"


def kept_words_come_in_order(record: Record) -> Iterator[str]:
    """Each who logs in gets them in the order in which they were kept."""
    kept = _kept(record)
    for story in record.stories:
        order = [kept[heard.text] for _, heard in story.heard if heard.kind == "kept" and heard.text in kept]
        for place, one in enumerate(order):
            for other in order[:place]:
                if _key(one) == _key(other) and _before(one, other):
                    yield f"{story.addr} got {one.line} behind {other.line}"


KEPT_RULES = [kept_words_come, kept_words_come_once, kept_words_come_in_order]


def _kept(record: Record) -> dict[str, Typed]:
    """Return the lines of which their authors were told that they are kept, by their texts."""
    typed = (typed for story in record.stories for typed in story.typed if typed.reply == texts.WORD_KEPT)
    return {text_in(one.line, "p"): one for one in typed}


def _key(typed: Typed) -> str:
    return fold(typed.line.split(" ")[1])


def _before(one: Typed, other: Typed) -> bool:
    """Return whether one line was certainly dealt with before another."""
    (author, number), (other_author, other_number) = (_sender(typed) for typed in (one, other))
    return one.round < other.round or (author == other_author and number < other_number)


def _sender(typed: Typed) -> tuple[str, int]:
    sender, number, _ = text_in(typed.line, "p").split(".")
    return sender, int(number)
