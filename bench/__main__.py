"""`python3 -m bench`: flags, progress, the table and the chart."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .cases import SCENARIOS, Case, Result, cases
from .chart import chart
from .load import LETTERS
from .measure import Failed, Server, measure, our_server
from .report import Row, summarize, table


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The flags. Exits with status 2 on one that makes no sense."""
    scenarios = "\n".join(f"  {name:8}{what}" for name, what in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure this server, beside others that speak the same lines.",
        epilog=f"scenarios:\n{scenarios}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="see below (default: flood pace)")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        type=_server,
        metavar="[NAME=]HOST:PORT",
        help="measure this one too, in the same run; may be given again",
    )
    parser.add_argument("--users", type=_numbers, default=[10, 100, 1000], help="of flood and pace (10,100,1000)")
    parser.add_argument("--seconds", type=_positive, default=2.0, help="of each case (default: %(default)g)")
    parser.add_argument("--senders", type=_count, default=5, help=f"up to {len(LETTERS)} (default: %(default)s)")
    parser.add_argument("--window", type=_count, default=50, help="lines in flight a sender (default: %(default)s)")
    parser.add_argument("--repeat", type=_count, default=1, help="runs of which the median is shown (default: 1)")
    parser.add_argument("--no-receipt", action="store_true", help="start this server with --no-receipt")
    parser.add_argument("--svg", type=Path, default=Path("bench.svg"), help="the chart (default: %(default)s)")
    parsed = parser.parse_args(arguments)
    parsed.scenarios = parsed.scenarios or ["flood", "pace"]
    for scenario in parsed.scenarios:
        if scenario not in SCENARIOS:
            parser.error(f"no scenario {scenario!r}: choose from {', '.join(SCENARIOS)}")
    if parsed.senders > len(LETTERS):
        parser.error(f"there are at most {len(LETTERS)} senders")
    return parsed


def main() -> int:
    """Measure; the exit status. No result makes it fail."""
    arguments = parse_arguments()
    try:
        rows = run(arguments)
        print(table(rows))
        arguments.svg.write_text(chart(rows), encoding="utf-8")
    except (Failed, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"the chart is in {arguments.svg}", file=sys.stderr)
    return 0


def run(arguments: argparse.Namespace) -> list[Row]:
    """All cases, each on all servers before the next, so that a noisy machine is noisy for all."""
    rows: list[Row] = []
    flags = ["--no-receipt"] if arguments.no_receipt else []
    servers: list[Server | None] = [None, *arguments.against]  # None is ours, started afresh for each case
    capacity: dict[tuple[Server | None, int], float] = {}  # lines a second
    for scenario in arguments.scenarios:
        for case in cases(scenario, arguments.users, arguments.seconds, arguments.senders, arguments.window):
            results: dict[Server | None, list[Result]] = {server: [] for server in servers}
            for turn in range(arguments.repeat):
                for server in servers:
                    real = replace(case, rate=case.share * capacity[server, case.users]) if case.share else case
                    with _running(server, flags) as there, _progress(case, there.name, turn, arguments.repeat):
                        results[server].append(measure(real, there))
            for server in servers:
                row = summarize(case, server.name if server else "this server", results[server])
                if case.window:
                    capacity[server, case.users] = row.result.deliveries / (case.users - case.silent)
                rows.append(row)
    return rows


@contextlib.contextmanager
def _running(server: Server | None, flags: list[str]) -> Iterator[Server]:
    if server:
        yield server
    else:
        with our_server(*flags) as ours:
            yield ours


@contextlib.contextmanager
def _progress(case: Case, server: str, turn: int, turns: int) -> Iterator[None]:
    """Say what is being measured; on a terminal, in place."""
    text = f"{case.scenario}: {case.label}, {server}" + (f", run {turn + 1} of {turns}" if turns > 1 else "")
    in_place = sys.stderr.isatty()
    print(text, end="" if in_place else "\n", file=sys.stderr, flush=True)
    yield
    if in_place:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _server(text: str) -> Server:
    name, _, address = text.rpartition("=")
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return Server(name or address, host, int(port))


def _numbers(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return number


if __name__ == "__main__":
    sys.exit(main())
