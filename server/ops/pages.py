"""The pages of the ops port."""

from __future__ import annotations

from collections.abc import Callable

from .exposition import CONTENT_TYPE
from .health import trouble_of
from .journal import Journal
from .meter import Meter
from .metrics import Keeper, Metrics, Watched
from .requests import Page


def make_pages(
    server: Watched, meter: Meter, journal: Journal, history: Keeper | None
) -> dict[str, Callable[[], Page]]:
    """Return what makes each page, by its path."""
    metrics = Metrics(server, meter, journal, history)

    def show_metrics() -> Page:
        return Page(metrics.text(), content_type=CONTENT_TYPE)

    def show_health() -> Page:
        trouble = trouble_of(server, history)
        return Page(f"{trouble}\n", 503) if trouble else Page("ok\n")

    return {"/metrics": show_metrics, "/health": show_health}
