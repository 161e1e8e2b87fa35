"""Random attacks from all sides: `python -m tests.support.siege --minutes 10`, or `make siege`.

Each siege is made from a seed. A server has two bystanders, a crowd of quiet users, and then wave after wave of attackers
that send random mixes of bytes at random paces, from loopback and, for root, from hosts of their own. It must survive:
the bystanders lose nothing, the crowd stays, the memory stays within its bound, and a SIGTERM ends it with status 0.
How long the bystanders wait is shown next to a quiet time of the same server. Nothing fails by it.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import random
import sys
import time
from collections.abc import Iterator, Sequence

from .attacks import Plan
from .bystanders import ServerProcess, server_process
from .peers import Peer
from .rounds import Rounds, percentile, rounds, stop
from .strangers import Stranger, attack, can_make_strangers, stranger

HERE = "127.0.0.1"
WAVES = 3
QUIET = 100  # rounds without an attack
SLACK = 1.1  # how much more memory than allowed may be resident
CONNECTION = 100  # KiB that each connection of an attacker may cost, with its threads

# What attackers say. Random bytes alone would seldom mean anything.
PIECES = (
    *(b"\n", b"\r\n", b"\r\0", b"\0", b"\x04", b"\x08", b"\x7f", b"\x1b[2J", b"a", b"hello everybody\n"),
    *(b"\xff\xf1", b"\xff\xfd\x06", b"\xff\xf4", b"\xff\xfa", b"\xff\xf0", b"\xff\xff", b"\xff", b"a\x04" + b"a" * 500),
    *(
        b"who\n",
        b"/help\n",
        b"/me waves\n",
        b"rename ",
        b"to ",
        b"to|",
        b"//",
        b"/quit\n",
        b"/nothing\n",
        b"[127.0.0.1:1]x:",
    ),
    *(
        b"rename eve\n",
        b"rename bob\n",
        b"to eve hi\n",
        b"to bob hi\n",
        "rename 小明\n".encode(),
        "to 小明 在吗\n".encode(),
    ),
    *(b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8", "世界".encode(), "\u202e\u2028".encode()),
    *(
        "\u0301\u0316".encode() * 300,
        "ﷺ".encode() * 200,
        b"x" * 4096,
        b"y" * 5000,
        b" " * 500,
        b"\n" * 200,
        b"z\n" * 100,
    ),
    *(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /" + b"p" * 5000 + b" HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01"),
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was seen of one siege. Times are in milliseconds, memory in KiB."""

    seed: int
    quiet: tuple[float, float, float]  # p50, p99 and the longest, of the bystanders
    besieged: tuple[float, float, float]
    base: int  # memory before the attacks
    most: int  # memory at the worst time
    allowed: int
    sent: int  # bytes of all attackers
    attackers: int
    exit_seconds: float

    def __str__(self) -> str:
        quiet, besieged = ("/".join(f"{age:g}" for age in ages) for ages in (self.quiet, self.besieged))
        return (
            f"seed {self.seed}: p50/p99/max {quiet} ms quiet, {besieged} ms besieged; "
            f"{self.attackers} attackers sent {self.sent // 1024} KiB; "
            f"memory {self.base // 1024} -> {self.most // 1024} of {self.allowed // 1024} MiB; "
            f"stopped in {self.exit_seconds:.2f} s"
        )


def make_plan(chance: random.Random) -> Plan:
    """Return a random attack."""
    if chance.random() < 0.3:  # one thing over and over
        payload = chance.choice(PIECES)
    else:
        payload = b"".join(
            chance.choice(PIECES) if chance.random() < 0.8 else chance.randbytes(chance.randrange(1, 40))
            for _ in range(chance.randrange(1, 30))
        )
    stays = chance.random() < 0.6
    return Plan(
        payload=payload,
        connections=chance.choice((1, 4, 16, 64)),
        chunk=chance.choice((1, 3, 100, 4096, 65536)),
        pace=chance.choice((0.0, 1e4, 1e5, 1e6)),
        life=0 if stays else chance.choice((1, 40, 4096, 100_000)),
        reset=chance.random() < 0.5,
        comes_back=chance.random() < 0.5,
        reads=chance.random() < 0.6,
        window=chance.choice((0, 4096)),
        lives=2000,
    )


def besiege(seed: int, seconds: float, users: int, memory: int, strangers: Sequence[Stranger]) -> Outcome:
    """Hold one siege of about so many seconds. It fails if the server does not survive it. `memory` is in MiB."""
    chance = random.Random(seed)
    flags = ("--ip", "0.0.0.0" if strangers else HERE, "--idle-timeout", "0", "--memory", str(memory))
    crowd = Plan(first=b"rename crowd#\n", connections=users, seconds=seconds + 100)
    with server_process(*flags) as server, attack(server.port, crowd):
        with rounds(server.port) as talk:
            talk.more(QUIET)
            quiet, base = list(talk.ages), server.status("VmRSS")
            waves = [_make_wave(chance, strangers) for _ in range(WAVES)]
            sent = sum(_attack(server, talk, wave, seconds / WAVES) for wave in waves)
            talk.more(20)
            most = server.status("VmHWM")
            assert _count_crowd(server) == users, "some of the crowd were disconnected"
        took = stop(server)
    connections = max(sum(plan.connections for plan, _ in wave) for wave in waves)
    outcome = Outcome(
        seed=seed,
        quiet=_summary(quiet),
        besieged=_summary(talk.ages[len(quiet) :]),
        base=base,
        most=most,
        allowed=int((base + memory * 1024) * SLACK) + CONNECTION * connections,
        sent=sent,
        attackers=sum(map(len, waves)),
        exit_seconds=took,
    )
    assert outcome.most <= outcome.allowed, f"too much memory: {outcome}"
    return outcome


def _make_wave(chance: random.Random, strangers: Sequence[Stranger]) -> list[tuple[Plan, Stranger | None]]:
    """Return what attacks at the same time, and from where."""
    return [(make_plan(chance), chance.choice([None, *strangers])) for _ in range(chance.randrange(1, 5))]


def _attack(server: ServerProcess, talk: Rounds, wave: list[tuple[Plan, Stranger | None]], seconds: float) -> int:
    """Let a wave attack for a while. Return how many bytes it has sent."""
    with contextlib.ExitStack() as stack:
        attackers = [stack.enter_context(attack(server.port, plan, host)) for plan, host in wave]
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not talk.problems:
            talk.more(1000, left)
        return sum(attacker.finish()["sent"] for attacker in attackers)


def _count_crowd(server: ServerProcess) -> int:
    """Return how many of the quiet users are still there."""
    watcher = Peer(server.port)
    try:
        return sum("]crowd" in line and line.endswith(":在线") for line in watcher.ask("who"))
    finally:
        watcher.close()


def _summary(ages: Sequence[float]) -> tuple[float, float, float]:
    return percentile(ages, 0.5), percentile(ages, 0.99), percentile(ages, 1.0)


@contextlib.contextmanager
def hosts() -> Iterator[list[Stranger]]:
    """Make two strangers' hosts, one of them behind a slow line. There are none where they cannot be made."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(stranger(rate)) for rate in ("", "10mbit")] if can_make_strangers() else []


def main() -> int:
    """Hold siege after siege until the time is up, and print the worst that was seen. Return the exit status."""
    parser = argparse.ArgumentParser(description="Attack a server at random until the time is up.")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, help="of the first siege; the others follow it (default: a random one)")
    parser.add_argument("--seconds", type=float, default=6.0, help="of one siege (default: %(default)g)")
    parser.add_argument("--users", type=int, default=50, help="in the quiet crowd (default: %(default)s)")
    parser.add_argument("--memory", type=int, default=64, help="the server's flag, in MiB (default: %(default)s)")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    end = time.monotonic() + options.minutes * 60
    outcomes: list[Outcome] = []
    with hosts() as strangers:
        if not strangers:
            print("only from loopback: no network namespaces can be made here", flush=True)
        while not outcomes or time.monotonic() < end:
            try:
                outcomes.append(besiege(seed, options.seconds, options.users, options.memory, strangers))
            except BaseException:
                print(
                    f"seed {seed}: the server has not survived this, or the siege was ended",
                    file=sys.stderr,
                    flush=True,
                )
                raise
            print(outcomes[-1], flush=True)
            seed += 1
    for quality, ages in (("quiet", [one.quiet for one in outcomes]), ("besieged", [one.besieged for one in outcomes])):
        p50, p99, longest = (max(column) for column in zip(*ages, strict=True))
        print(f"worst of {len(outcomes)}, {quality}: p50 {p50:g} ms, p99 {p99:g} ms, max {longest:g} ms")
    print(f"worst stop: {max(one.exit_seconds for one in outcomes):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
