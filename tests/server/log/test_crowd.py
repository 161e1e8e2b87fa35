"""The users of one server, by number and by room."""

from __future__ import annotations

from server.log.crowd import Crowd

from ...support.pretend import pretend_user


def test_a_user_is_in_one_room() -> None:
    """A room is there while somebody is in it."""
    crowd, first, second = Crowd(), pretend_user(1, "a:1"), pretend_user(2, "b:2")
    crowd.put(first, "")
    crowd.put(second, "")
    crowd.put(first, "go")
    assert (crowd, crowd.rooms) == ({1: first, 2: second}, {"": {2: second}, "go": {1: first}})
    assert (first.room, second.room) == ("go", "")
    crowd.leave(first)
    assert (crowd, crowd.rooms, first.room) == ({2: second}, {"": {2: second}}, None)


def test_whoever_has_left_can_leave_again() -> None:
    """Nothing happens, and nothing happens to somebody else."""
    crowd, user, other = Crowd(), pretend_user(1, "a:1"), pretend_user(2, "b:2")
    crowd.put(other, "")
    crowd.leave(user)
    assert crowd == {2: other}
