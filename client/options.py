"""What the user has chosen, by flags and by what the input and the output are."""

from __future__ import annotations

from dataclasses import dataclass

from .net.attempts import ReconnectPolicy
from .net.tls import Trust
from .ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Options:
    """How the client is to behave."""

    server: tuple[str, int]
    trust: Trust | None  # for TLS
    name: str
    policy: ReconnectPolicy
    plain: bool
    listen: bool
    person: bool  # somebody types; else it is a pipe
    theme: Theme
