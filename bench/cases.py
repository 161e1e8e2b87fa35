"""What can be measured: cases, and the scenarios that they belong to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

DELIVERIES_PER_S = 50_000  # of a paced case: lines a second, times users


@dataclass(frozen=True)
class Case:
    """One measurement: who is there, and how they talk."""

    scenario: str
    users: int
    senders: int = 5
    size: int = 32  # bytes of a line as it is sent, with its end
    window: int = 0  # lines that each sender keeps in flight; 0 if the case is paced
    rate: float = 0.0  # lines a second of all senders together, if the case is paced
    share: float = 0.0  # sets the rate: a share of the capacity just measured with as many users
    seconds: float = 2.0
    silent: int = 0  # how many of the users never read
    churn: float = 0.0  # users a second that come and go besides
    json: bool = False  # whether the users are programs, which ask for JSON lines
    tls: bool = False  # whether the users come in with TLS
    rooms: int = 0  # in how many rooms they are, as many in each; 0 is the lobby
    apart: bool = False  # whether each sender is in a room of its own, and not all in the first

    def room(self, number: int) -> int:
        """Return the room of a user, by its number. The first users are those who talk."""
        if not self.rooms:
            return 0
        return number % self.rooms if self.apart else number * self.rooms // self.users

    @property
    def label(self) -> str:
        """The text for the table and under the bars."""
        parts = [f"{self.users:,} users"]
        if self.window:
            parts.append(f"{self.window} in flight")
        elif self.share:
            parts.append(f"at {self.share:.0%}")
        else:
            parts.append(f"{self.rate:g} lines/s")
        if self.rooms:
            parts.append(f"{self.rooms} rooms, {'some talk' if self.apart else 'one talks'}")
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
    settle: float  # seconds until everyone was in and had been announced to everyone
    missing: int  # deliveries that did not come, or came twice
    disorder: int  # samples of a sender's lines out of their order
    sent: int = 0  # lines, by all senders together
    delivered: int = 0  # lines, to all that read
    busy: float = 0.0  # share of the time in which the load itself had work; near 1, the load may be what is measured
    processor: float | None = None  # µs of the server's processor time for each delivery; None if it is not known
    memory: float | None = None  # KiB of the server for each user; None if it is not known
    left: float | None = None  # seconds until the last of the server's handlers had ended, after all left at once
    kept: float | None = None  # MiB more than at first that the server then still held
    stored: float | None = None  # share of the lines that the history has kept

    @property
    def cost(self) -> float:
        """Microseconds for each delivery."""
        return 1e6 / self.deliveries if self.deliveries else 0.0


@dataclass(frozen=True)
class Answer:
    """How a question about the past was answered, over all repetitions."""

    question: str
    lines: int  # how many lines the answer has
    times: tuple[float, ...]  # ms from the question to the end of the answer, one for each repetition


PAST = "past"  # the scenario that asks questions, and so has no cases

SCENARIOS = {
    "flood": "as many lines as the server takes: throughput",
    "pace": f"{DELIVERIES_PER_S:,} deliveries a second: latency",
    "growth": "a flood with more and more users: cost of a delivery",
    "load": "25, 50, 75 and 90 % of the capacity: latency",
    "slow": "a flood while 5 % of the users never read",
    "churn": "200 users who talk, while 200 a second come and go",
    "crowd": "10,000 users: joining, memory, latency, leaving",
    "rooms": "10 users alone, and 100 rooms of 10 of which one talks, or some: throughput",
    PAST: "questions to a server with a long history: time to answer",
}


def cases(scenario: str, users: list[int], seconds: float, senders: int, window: int) -> list[Case]:
    """Return the cases of a scenario in the order they are to run. Only flood and pace look at `users`."""
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
        case "rooms":
            hundred = {"users": 1000, "rooms": 100}
            return [_case(flood, users=10), _case(flood, **hundred), _case(flood, **hundred, apart=True)]
        case "past":
            return []
    raise ValueError(f"no scenario {scenario}")


def _case(common: dict[str, object], **special: object) -> Case:
    return Case(**(common | special))  # type: ignore[arg-type]
