"""The text format in which Prometheus reads metrics, version 0.0.4. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def counter(name: str, about: str, value: float | None) -> str:
    """Return a figure that only grows."""
    return _family(name, "counter", about, _single(name, value))


def gauge(name: str, about: str, value: float | None) -> str:
    """Return a figure that rises and falls. Where it is not known, return nothing."""
    return _family(name, "gauge", about, _single(name, value))


def counters(name: str, about: str, label: str, values: Mapping[str, float]) -> str:
    """Return figures that only grow, one for each value of a label."""
    return _family(name, "counter", about, [f"{name}{_labels({label: key})} {values[key]}" for key in sorted(values)])


def info(name: str, about: str, labels: Mapping[str, str]) -> str:
    """Return what is no figure, as labels."""
    return _family(name, "gauge", about, [f"{name}{_labels(labels)} 1"])


def histogram(name: str, about: str, bounds: Iterable[float], counts: Iterable[int], total: float) -> str:
    """Return how many values lie between bounds. `counts` has one number more, of what is larger; `total` is their sum."""
    upto = list(accumulate(counts))
    limits = [*(f"{bound:g}" for bound in bounds), "+Inf"]
    lines = [f"{name}_bucket{_labels({'le': limit})} {count}" for limit, count in zip(limits, upto, strict=True)]
    return _family(name, "histogram", about, [*lines, f"{name}_sum {total}", f"{name}_count {upto[-1]}"])


def _single(name: str, value: float | None) -> list[str]:
    return [] if value is None else [f"{name} {value}"]


def _family(name: str, kind: str, about: str, samples: list[str]) -> str:
    if not samples:
        return ""
    return "".join(f"{line}\n" for line in (f"# HELP {name} {about}", f"# TYPE {name} {kind}", *samples))


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{key}="{_quoted(value)}"' for key, value in labels.items()) + "}"


def _quoted(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
