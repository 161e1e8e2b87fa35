"""What can be measured: cases, and the scenarios they belong to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

DELIVERIES_PER_S = 50_000  # of a paced case: lines/s times users


@dataclass(frozen=True)
class Case:
    """One measurement: who is there, and how they talk."""

    scenario: str
    users: int
    senders: int = 5
    size: int = 32  # bytes of a line as it is sent, its end included
    window: int = 0  # lines that each sender keeps in flight; 0 when paced
    rate: float = 0.0  # lines a second in all, when paced
    share: float = 0.0  # of the capacity that was measured just before with as many users: sets the rate
    seconds: float = 2.0
    silent: int = 0  # of the users, how many never read
    churn: float = 0.0  # users a second that come and go besides

    @property
    def label(self) -> str:
        """What stands in the table and under the bars."""
        parts = [f"{self.users:,} users"]
        if self.window:
            parts.append(f"{self.window} in flight")
        elif self.share:
            parts.append(f"at {self.share:.0%}")
        else:
            parts.append(f"{self.rate:g} lines/s")
        if self.silent:
            parts.append(f"{self.silent} silent")
        if self.churn:
            parts.append(f"{self.churn:g} come and go a second")
        return ", ".join(parts)


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    deliveries: float  # a second, to those that read
    p50: float  # ms from sending a line to reading it
    p99: float
    settle: float  # s until everyone was in and had been announced to everyone
    missing: int  # deliveries that did not come, or came twice
    disorder: int  # samples of a sender's lines out of their order
    memory: float | None = None  # KiB of the server a user; None where it cannot be known
    left: float | None = None  # s until the last of the server's handlers had ended, after all left at once
    kept: float | None = None  # MiB more than at first that the server then still held

    @property
    def cost(self) -> float:
        """Microseconds a delivery."""
        return 1e6 / self.deliveries if self.deliveries else 0.0


SCENARIOS = {
    "flood": "as much as goes: throughput",
    "pace": f"{DELIVERIES_PER_S:,} deliveries a second: latency",
    "growth": "as much as goes with ever more users: cost of a delivery",
    "load": "at 25, 50, 75 and 90 % of the capacity: latency",
    "slow": "as much as goes while 5 % of the users never read",
    "churn": "200 who talk, while 200 a second come and go",
    "crowd": "10,000 users: joining, memory, latency, leaving",
}


def cases(scenario: str, users: list[int], seconds: float, senders: int, window: int) -> list[Case]:
    """The cases of a scenario in the order they are to run. USERS is for flood and pace alone."""
    flood = {"scenario": scenario, "seconds": seconds, "senders": senders, "window": window}
    paced = {"scenario": scenario, "seconds": seconds, "senders": senders}
    match scenario:
        case "flood":
            return [_case(flood, users=number) for number in users]
        case "pace":
            return [_case(paced, users=number, rate=DELIVERIES_PER_S / number) for number in users if number >= 50]
        case "growth":
            return [_case(flood, users=number) for number in (10, 30, 100, 300, 1000, 3000, 5000)]
        case "load":
            return [
                case
                for number in (100, 1000)
                for case in (
                    _case(flood, users=number),
                    *(_case(paced, users=number, share=share) for share in (0.25, 0.5, 0.75, 0.9)),
                )
            ]
        case "slow":
            return [_case(flood, users=1000), _case(flood, users=1000, silent=50)]
        case "churn":
            return [_case(paced, users=200, rate=100.0), _case(paced, users=200, rate=100.0, churn=200.0)]
        case "crowd":
            return [_case(paced, users=10_000, rate=20.0)]
    raise ValueError(f"no scenario {scenario}")


def _case(common: dict[str, object], **own: object) -> Case:
    return Case(**(common | own))  # type: ignore[arg-type]
