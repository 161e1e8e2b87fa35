"""The limits of connections, by value."""

from __future__ import annotations

from server.chat.events import Bye
from server.limits.connections import ConnectionLimiter

FULL, TOO_MANY = Bye("full", "服务器人数已满，请稍后再试"), Bye("too_many", "来自同一地址的连接过多，请稍后再试")


def test_all_are_counted() -> None:
    """Loopback counts too, and a connection that ends makes room for another."""
    limiter = ConnectionLimiter(max_users=2, max_per_ip=0)
    assert [limiter.enter(host) for host in ("127.0.0.1", "10.0.0.1", "10.0.0.2")] == [None, None, FULL]
    limiter.leave("127.0.0.1")
    assert [limiter.enter("10.0.0.2"), limiter.enter("10.0.0.3")] == [None, FULL]
    assert limiter.refused == {"full": 2}


def test_each_network_is_counted() -> None:
    """A full network does not affect others. Loopback is exempt."""
    limiter = ConnectionLimiter(max_users=0, max_per_ip=1)
    assert limiter.enter("10.0.0.1") is None
    assert limiter.enter("10.0.0.1") == TOO_MANY
    assert limiter.enter("::ffff:10.0.0.1") == TOO_MANY
    assert limiter.enter("10.0.0.2") is None
    assert limiter.enter("2001:db8::1") is None
    assert limiter.enter("2001:db8::2") == TOO_MANY
    assert limiter.enter("2001:db8:0:1::1") is None
    assert [limiter.enter("127.0.0.1") for _ in range(3)] == [None] * 3
    limiter.leave("10.0.0.1")
    assert limiter.enter("10.0.0.1") is None


def test_without_limits_everyone_comes_in() -> None:
    """0 means no limit."""
    limiter = ConnectionLimiter(max_users=0, max_per_ip=0)
    assert [limiter.enter("10.0.0.1") for _ in range(1000)] == [None] * 1000


def test_a_connection_can_turn_out_to_be_of_another_host() -> None:
    """It counts for the whole at once, and for its network once that is known. Where it is refused, nothing changes."""
    limiter = ConnectionLimiter(max_users=3, max_per_ip=1)
    assert [limiter.enter("") for _ in range(3)] == [None] * 3
    assert limiter.enter("") == FULL
    assert limiter.move("", "10.0.0.1") is None
    assert limiter.move("", "10.0.0.1") == TOO_MANY
    limiter.leave("")
    assert limiter.enter("10.0.0.1") == TOO_MANY
    assert limiter.refused == {"full": 1, "too_many": 2}
    limiter.leave("10.0.0.1")
    assert limiter.enter("10.0.0.1") is None
