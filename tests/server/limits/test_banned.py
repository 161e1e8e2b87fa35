"""From where nobody may come in, by a clock made by hand."""

from __future__ import annotations

from server.limits.banned import BannedNetworks
from server.limits.connections import ConnectionLimiter


def test_a_network_is_banned_until_its_time_is_over() -> None:
    """All addresses of an IPv6 /64 are one place. 0 is for ever."""
    now = [1000.0]
    banned = BannedNetworks(lambda: now[0])
    assert not banned.has("10.0.0.1")
    banned.add("10.0.0.1", 1060.0)
    banned.add("2001:db8::/64", 0.0)
    assert [banned.has(host) for host in ("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2")] == [True, True, False]
    assert [banned.has(host) for host in ("2001:db8::7", "2001:db8:0:1::7")] == [True, False]
    now[0] = 1060.0
    assert not banned.has("10.0.0.1")
    banned.remove("2001:db8::/64")
    assert not banned.has("2001:db8::7")


def test_a_banned_connection_is_not_counted() -> None:
    """Neither one that comes, nor one for which a proxy speaks."""
    limiter = ConnectionLimiter(2, 64)
    limiter.banned.add("10.0.0.1", 0.0)
    for _ in range(5):
        refusal = limiter.enter("10.0.0.1")
        assert refusal and refusal.code == "banned"
    assert limiter.enter("") is None
    refusal = limiter.move("", "10.0.0.1")
    assert refusal and refusal.code == "banned"
    assert limiter.move("", "10.0.0.2") is None
