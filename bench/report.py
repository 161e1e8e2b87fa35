"""From results to tables. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from unicodedata import east_asian_width

from .cases import Answer, Case, Result

_COLUMNS = (
    "case",
    "server",
    "deliveries/s",
    "ratio",
    "p50 ms",
    "p99 ms",
    "KiB/user",
    "settle s",
    "server µs",
    "load busy",
    "missing",
    "disorder",
)
_ANSWERS = ("question", "lines", "median ms", "slowest ms")


@dataclass(frozen=True)
class Row:
    """What a server made of a case: the median of each figure over its runs."""

    case: Case
    server: str
    result: Result
    ratio: float | None = None  # to the first server; None for that one itself


def summarize(case: Case, server: str, results: list[Result], first: list[Result] | None = None) -> Row:
    """Return one row for the runs of a server. Faults are not averaged away: the row shows the worst run's.

    `first` are the results of the first server. The ratio to it is the median over the pairs of runs: of the throughput,
    or of the median latency where the case sets the pace.
    """

    def middle(figure: Callable[[Result], float | None]) -> float | None:
        known = [value for result in results if (value := figure(result)) is not None]
        return median(known) if known else None

    return Row(
        case,
        server,
        Result(
            deliveries=middle(lambda result: result.deliveries) or 0.0,
            p50=middle(lambda result: result.p50) or 0.0,
            p99=middle(lambda result: result.p99) or 0.0,
            settle=middle(lambda result: result.settle) or 0.0,
            missing=max(result.missing for result in results),
            disorder=max(result.disorder for result in results),
            busy=middle(lambda result: result.busy) or 0.0,
            processor=middle(lambda result: result.processor),
            memory=middle(lambda result: result.memory),
            left=middle(lambda result: result.left),
            kept=middle(lambda result: result.kept),
            stored=middle(lambda result: result.stored),
        ),
        _ratio(case, results, first) if first else None,
    )


def table(rows: list[Row]) -> str:
    """Return rows as aligned text, with an extra line for what only some of them have."""
    text = _align([_COLUMNS, *(_cells(row) for row in rows)], left=2)
    for row in rows:
        name, result = f"{row.case.label}, {row.server}", row.result
        if result.left is not None and result.kept is not None:
            text.append(f"{name}: all had left after {result.left:.1f} s, {result.kept:.0f} MiB were kept for the next")
        if result.stored is not None:
            text.append(f"{name}: {result.stored:.1%} of the lines are in the history")
    return "\n".join(text)


def answer_table(answers: list[Answer]) -> str:
    """Return answers as aligned text."""
    cells = [
        (answer.question, f"{answer.lines:,}", f"{median(answer.times):.2f}", f"{max(answer.times):.2f}")
        for answer in answers
    ]
    return "\n".join(_align([_ANSWERS, *cells], left=1))


def _ratio(case: Case, results: list[Result], first: list[Result]) -> float | None:
    pairs = [
        (mine.deliveries, other.deliveries) if case.window else (mine.p50, other.p50)
        for mine, other in zip(results, first, strict=True)
    ]
    known = [mine / other for mine, other in pairs if other]
    return median(known) if known else None


def _align(lines: Sequence[Sequence[str]], left: int) -> list[str]:
    """Return lines of cells as text. The first `left` columns are aligned on the left, the others on the right."""
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(_pad, line, widths, [True] * left + [False] * len(line))).rstrip() for line in lines]


def _pad(cell: str, width: int, left: bool) -> str:
    blanks = " " * (width - _width(cell))
    return cell + blanks if left else blanks + cell


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cells(row: Row) -> tuple[str, ...]:
    result = row.result
    return (
        row.case.label,
        row.server,
        f"{result.deliveries:,.0f}",
        "-" if row.ratio is None else f"{row.ratio:.2f}",
        f"{result.p50:.2f}",
        f"{result.p99:.2f}",
        "-" if result.memory is None else f"{result.memory:.1f}",
        f"{result.settle:.2f}",
        "-" if result.processor is None else f"{result.processor:.2f}",
        f"{result.busy:.0%}",
        str(result.missing),
        str(result.disorder),
    )
