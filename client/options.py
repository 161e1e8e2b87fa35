"""What the user has chosen, by flags and by what the input and the output are."""

from __future__ import annotations

from dataclasses import dataclass

from .net.backoff import ReconnectPolicy
from .ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Options:
    """What the user has chosen."""

    server: tuple[str, int]
    name: str
    policy: ReconnectPolicy
    plain: bool
    listen: bool
    person: bool  # somebody types; else it is a pipe
    bell: bool
    theme: Theme
