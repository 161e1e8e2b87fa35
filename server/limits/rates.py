"""How fast one connection may talk and change its name."""

from __future__ import annotations

from ..chat import texts
from ..chat.room import Entry
from ..commands.basic import Rename
from ..settings import Settings
from ..wire.addresses import is_loopback
from .token_bucket import TokenBucket


class RateLimits:
    """The rate limits of one connection. Its handler's thread uses them. Loopback is exempt."""

    def __init__(self, settings: Settings, host: str) -> None:
        exempt = is_loopback(host)
        self._lines = TokenBucket(settings.burst, settings.rate) if settings.rate and not exempt else None
        self._renames: TokenBucket | None = None
        if settings.max_renames and not exempt:
            self._renames = TokenBucket(settings.max_renames, settings.max_renames / settings.rename_period)

    def delay(self) -> float:
        """Count a line. Return the seconds that its author has to wait before it is dealt with."""
        return self._lines.take() if self._lines else 0.0

    def refusal(self, entry: Entry) -> str:
        """Return why an entry is refused, or an empty text. This is the filter in front of every command."""
        if self._renames and isinstance(entry, Rename) and not self._renames.try_take():
            return texts.RENAMED_TOO_OFTEN
        return ""
