"""In which room somebody was at which place."""

from __future__ import annotations

from server.chat.kept import Kept
from server.chat.trail import MOST_STAYS, Trail


def test_a_trail_knows_each_place() -> None:
    """From the place on that is given. It begins in the lobby."""
    trail = Trail()
    assert (trail.room, trail.start, trail.room_at(5), trail.dump()) == ("", 0, "", None)
    trail.enter(10, "go")
    trail.enter(20, "")
    assert [trail.room_at(place) for place in (0, 9, 10, 19, 20, 99)] == ["", "", "go", "go", "", ""]
    assert trail.room == ""


def test_a_trail_forgets_the_oldest_stays() -> None:
    """It says from which place on it knows."""
    trail = Trail()
    for number in range(1, MOST_STAYS + 5):
        trail.enter(10 * number, f"r{number}")
    assert trail.start == 50
    assert (trail.room_at(50), trail.room_at(64), trail.room) == ("r5", "r6", f"r{MOST_STAYS + 4}")


def test_a_trail_is_stored() -> None:
    """With the session. One that is empty makes no sense, and is as if nothing had been stored."""
    kept = Kept()
    kept.of(Trail).enter(10, "茶馆")
    again = Kept(kept.dump()).of(Trail)
    assert (again.room_at(9), again.room_at(10), again.dump()) == ("", "茶馆", [(0, ""), (10, "茶馆")])
    assert Kept('{"rooms": []}').of(Trail).room == ""
