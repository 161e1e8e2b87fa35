"""`python3 -m bench`: flags, progress, the tables and the chart."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .cases import PAST, SCENARIOS, Result, cases
from .chart import chart
from .load import LETTERS
from .measure import Contender, Failed, Server, measure_on
from .past import FEWEST, LINES, ask_all
from .report import Row, answer_table, summarize, table

COLUMNS = """\
The ratio in the table is to the first server in the same case: of the deliveries
a second, or of the median latency in a case that sets the pace. "server µs" is the
server's processor time for each delivery. "load busy" is the share of the time in
which the load itself had work: near 100 %, the deliveries a second are as much the
load's as the server's, and only the processor time is the server's alone."""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the flags. Exits with status 2 on one that makes no sense."""
    scenarios = "\n".join(f"  {name:8}{what}" for name, what in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure this server, beside others that speak the same lines.",
        epilog=f"scenarios:\n{scenarios}\n\n{COLUMNS}",
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
        help="measure another server too, in the same run; may be given again",
    )
    parser.add_argument(
        "--against-tls",
        action="append",
        dest="against",
        type=_tls_server,
        metavar="[NAME=]HOST:PORT",
        help="the same for a server to which users come with TLS",
    )
    add = parser.add_argument
    add("--json", action="store_true", help="measure this server with JSON lines too, in the same run")
    add("--history", action="store_true", help="measure this server with a history too, in the same run")
    add("--tls", action="store_true", help="measure this server with TLS too, in the same run; needs openssl")
    add("--ops", action="store_true", help="measure this server with metrics too, in the same run")
    add("--users", type=_numbers, default=[10, 100, 1000], help="how many in flood and pace (default: 10,100,1000)")
    add("--seconds", type=_positive, default=2.0, help="length of each case (default: %(default)g)")
    add("--senders", type=_count, default=5, help=f"how many users talk, up to {len(LETTERS)} (default: %(default)s)")
    add("--window", type=_count, default=50, help="lines that each sender keeps in flight (default: %(default)s)")
    add("--lines", type=_count, default=LINES, help=f"length of the history in {PAST} (default: %(default)s)")
    add("--repeat", type=_count, default=1, help="runs of each case; the median is shown (default: %(default)s)")
    add("--no-receipt", action="store_true", help="start this server with --no-receipt")
    add("--svg", type=Path, default=Path("bench.svg"), help="file for the chart (default: %(default)s)")
    parsed = parser.parse_args(arguments)
    parsed.scenarios = parsed.scenarios or ["flood", "pace"]
    for scenario in parsed.scenarios:
        if scenario not in SCENARIOS:
            parser.error(f"no scenario {scenario!r}: choose from {', '.join(SCENARIOS)}")
    if parsed.lines < FEWEST:
        parser.error(f"a history has at least {FEWEST} lines")
    if parsed.senders > len(LETTERS):
        parser.error(f"there are at most {len(LETTERS)} senders")
    return parsed


def main() -> int:
    """Measure, and return the exit status, which is 1 without a result."""
    arguments = parse_arguments()
    try:
        if rows := run(arguments):
            print(table(rows))
            arguments.svg.write_text(chart(rows), encoding="utf-8")
            print(f"the chart is in {arguments.svg}", file=sys.stderr)
        if PAST in arguments.scenarios:
            answers = ask_all(arguments.lines, lambda text: _progress(f"{PAST}: {text}"))
            print(answer_table(answers))
    except (Failed, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(arguments: argparse.Namespace) -> list[Row]:
    """Measure all cases, each on all servers before the next, so that a noisy machine is noisy for all."""
    rows: list[Row] = []
    flags = ["--no-receipt"] if arguments.no_receipt else []
    contenders = contenders_of(arguments)
    capacity: dict[tuple[Contender, int], float] = {}  # lines a second, by number of users
    for scenario in arguments.scenarios:
        for case in cases(scenario, arguments.users, arguments.seconds, arguments.senders, arguments.window):
            results: dict[Contender, list[Result]] = {contender: [] for contender in contenders}
            for turn in range(arguments.repeat):
                for contender in contenders:
                    rate = case.share * capacity[contender, case.users] if case.share else case.rate
                    text = f"{scenario}: {case.label}, {contender.name}"
                    if arguments.repeat > 1:
                        text += f", run {turn + 1} of {arguments.repeat}"
                    with _progress(text):
                        results[contender].append(measure_on(contender, replace(case, rate=rate), flags))
            first: list[Result] | None = None
            for contender, found in results.items():
                row = summarize(case, contender.name, found, first)
                first = first or found
                if case.window:
                    capacity[contender, case.users] = row.result.deliveries / (case.users - case.silent)
                rows.append(row)
    return rows


def contenders_of(arguments: argparse.Namespace) -> list[Contender]:
    """Return what each case is measured on. The first is what the others are compared with."""
    contenders = [Contender("this server")]
    if arguments.json:
        contenders.append(Contender("this server, JSON", json=True))
    if arguments.history:
        contenders.append(Contender("this server, history", history=True))
    if arguments.tls:
        contenders.append(Contender("this server, TLS", tls=True))
    if arguments.ops:
        contenders.append(Contender("this server, metrics", ops=True))
    return [*contenders, *arguments.against]


@contextlib.contextmanager
def _progress(text: str) -> Iterator[None]:
    """Show what is being measured. On a terminal, the text disappears afterwards."""
    in_place = sys.stderr.isatty()
    print(text, end="" if in_place else "\n", file=sys.stderr, flush=True)
    yield
    if in_place:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _server(text: str) -> Contender:
    name, _, address = text.rpartition("=")
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return Contender(name or address, Server(host, int(port)))


def _tls_server(text: str) -> Contender:
    return replace(_server(text), tls=True)


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
