"""Results to a table. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .cases import Case, Result

_COLUMNS = ("case", "server", "deliveries/s", "p50 ms", "p99 ms", "KiB/user", "settle s", "missing", "disorder")


@dataclass(frozen=True)
class Row:
    """What a server made of a case: the median of each figure over its runs."""

    case: Case
    server: str
    result: Result


def summarize(case: Case, server: str, results: list[Result]) -> Row:
    """One row for RESULTS. Faults are not averaged away: the worst run's are shown."""

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
            memory=middle(lambda result: result.memory),
            left=middle(lambda result: result.left),
            kept=middle(lambda result: result.kept),
        ),
    )


def table(rows: list[Row]) -> str:
    """ROWS as aligned text, with a line of its own for what only some cases have."""
    lines = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    text = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    for row in rows:
        if row.result.left is not None and row.result.kept is not None:
            text.append(
                f"{row.case.label}, {row.server}: all had left after {row.result.left:.1f} s, "
                f"{row.result.kept:.0f} MiB were kept for the next"
            )
    return "\n".join(text)


def _cells(row: Row) -> tuple[str, ...]:
    result = row.result
    return (
        row.case.label,
        row.server,
        f"{result.deliveries:,.0f}",
        f"{result.p50:.2f}",
        f"{result.p99:.2f}",
        "-" if result.memory is None else f"{result.memory:.1f}",
        f"{result.settle:.2f}",
        str(result.missing),
        str(result.disorder),
    )
