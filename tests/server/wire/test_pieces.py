"""What waits, in pieces of a good size, by value."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from server.wire.pieces import PIECE, UNMADE, Part, pieces, size_of

_sizes = st.integers(0, 3 * PIECE)
_parts = st.lists(st.tuples(st.sampled_from(["bytes", "view", "made"]), _sizes, st.booleans()), max_size=12)


@given(_parts)
def test_the_pieces_are_what_waited(kinds: list[tuple[str, int, bool]]) -> None:
    """All bytes in their order, in pieces that are not too large; all that waited has ended when the last is sent."""
    parts: list[Part] = []
    expected, waited, private = b"", 0, 0
    for number, (kind, size, shared) in enumerate(kinds):
        data = bytes([number]) * size
        expected += data
        if kind == "made":
            parts.append((iter([data[start : start + 1000] for start in range(0, size, 1000)]), False))
        else:
            parts.append((data if kind == "bytes" else memoryview(data), shared))
        waited += size_of(parts[-1][0])
        private += UNMADE if kind == "made" else 0 if shared else size
    cut = list(pieces(parts))
    assert b"".join(piece for piece, _, _ in cut) == expected
    assert max(len(piece) for piece, _, _ in cut) <= PIECE
    assert (sum(size for _, size, _ in cut), sum(size for _, _, size in cut)) == (waited, private)
    assert all(size >= alone for _, size, alone in cut)


def test_what_is_made_is_not_made_before_its_turn() -> None:
    """A piece is asked for when the one before it has been sent."""
    made: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(100):
            made.append(number)
            yield b"x" * (PIECE // 2)

    sent = pieces([(lines(), False)])
    next(sent)
    assert len(made) == 3
    next(sent)
    assert len(made) == 5
