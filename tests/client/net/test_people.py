"""Who is online: people are followed over their names and their connections."""

from __future__ import annotations

from client.net.people import MOST, People, Person

T0, T30, T90 = "2026-11-24T21:00:00.000Z", "2026-11-24T21:00:30.000Z", "2026-11-24T21:01:30.000Z"


def people(*names: str) -> People:
    """Return some who came in as programs, under their names."""
    found = People()
    found.hold = 60.0
    for name in names:
        found.joined(name, f"{name}:1", T0)
    return found


def the(found: People, name: str) -> Person:
    person = found.find(name)
    assert person
    return person


def test_a_person_is_found_by_any_spelling() -> None:
    """As on the server."""
    found = people("bob", "小明")
    assert the(found, "ＢＯＢ").addr == "bob:1"
    assert found.names() == ["bob", "小明"]
    assert found.find("eve") is None


def test_a_new_name_is_the_same_person() -> None:
    """And whoever takes the old one is another."""
    found = people("bob", "eve")
    bob = the(found, "bob")
    found.renamed("bob:1", "rob")
    found.renamed("eve:1", "bob")
    assert the(found, "rob") is bob
    assert the(found, "bob") is not bob
    assert not bob.is_gone


def test_a_program_that_comes_back_in_time_is_the_same_person() -> None:
    """The server has kept its name."""
    found = people("bob")
    bob = the(found, "bob")
    found.left("bob:1", "lost", T0)
    assert the(found, "bob") is bob
    found.joined("bob", "bob:2", T30)
    assert the(found, "bob") is bob
    assert (bob.addr, bob.is_gone, found.names()) == ("bob:2", False, ["bob"])


def test_whoever_comes_later_may_be_somebody_else() -> None:
    """The name was not kept for so long."""
    found = people("bob")
    bob = the(found, "bob")
    found.left("bob:1", "lost", T0)
    found.joined("bob", "x:2", T90)
    assert bob.is_gone
    assert the(found, "bob") is not bob


def test_whoever_quits_or_reads_text_is_gone() -> None:
    """Their names are free at once."""
    found = people("bob")
    found.joined("t:1", "t:1", T0)
    found.renamed("t:1", "tom")
    bob, tom = the(found, "bob"), the(found, "tom")
    found.left("bob:1", "quit", T0)
    found.left("t:1", "idle", T0)
    assert (bob.is_gone, tom.is_gone, found.names()) == (True, True, [])


def test_another_who_takes_a_kept_name_ends_the_keeping() -> None:
    """The server has given it away."""
    found = people("bob", "eve")
    bob = the(found, "bob")
    found.left("bob:1", "lost", T0)
    found.renamed("eve:1", "Bob")
    assert bob.is_gone


def test_a_list_says_who_is_there() -> None:
    """In several parts. Whoever is still at the same address is the same person."""
    found = people("bob", "eve")
    bob, eve = the(found, "bob"), the(found, "eve")
    found.listed([("rob", "bob:1")], more=False)
    assert not eve.is_gone
    found.listed([("tom", "tom:1")], more=True)
    found.all_listed()
    assert found.names() == ["rob", "tom"]
    assert (the(found, "rob"), bob.is_gone, eve.is_gone, found.known) == (bob, False, True, True)


def test_a_flood_of_people_is_bounded() -> None:
    """Whatever a server tells."""
    found = People()
    for number in range(MOST + 100):
        found.joined(f"n{number}", f"a{number}", "no time")
    found.joined("x" * 1000, "y", "")
    assert len(found.names()) == MOST


def test_whoever_is_in_another_room_is_known_by_name() -> None:
    """Whoever comes back from the same address is the same person. Somebody else who has the name there is not."""
    found = people("bob", "eve", "tom")
    bob, eve, tom = the(found, "bob"), the(found, "eve"), the(found, "tom")
    for addr in ("bob:1", "eve:1", "tom:1"):
        found.exited(addr)
    found.entered("BOB", "bob:1")
    found.entered("eve", "other:1")
    found.listed_elsewhere([("tom", "other:2")])
    assert (the(found, "bob"), bob.name) == (bob, "BOB")
    assert (eve.is_gone, tom.is_gone, found.names_elsewhere()) == (True, True, ["tom"])


def test_after_a_move_nobody_is_known_to_be_there() -> None:
    """Until the server has said who is. Whoever stays behind is still the same person."""
    found = people("bob", "eve")
    bob = the(found, "bob")
    found.move()
    assert (found.names(), found.known, the(found, "bob")) == ([], False, bob)
    found.listed([("eve", "eve:1")], more=False)
    assert (found.names(), found.names_elsewhere(), bob.is_gone) == (["eve"], ["bob"], False)


def test_a_flood_of_people_elsewhere_is_bounded() -> None:
    """Whatever a server tells."""
    found = People()
    found.listed_elsewhere([(f"n{number}", f"a{number}") for number in range(MOST + 100)])
    found.listed_elsewhere([("x" * 1000, "y")])
    assert len(found.names_elsewhere()) == MOST
