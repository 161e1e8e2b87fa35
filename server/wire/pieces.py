"""What waits for one reader, in pieces of a good size. Pure."""

from __future__ import annotations

from collections.abc import Iterator

PIECE = 32 * 1024  # bytes that are sent at once, so that it is seen how far the peer has come
UNMADE = 1024  # bytes that count for what is made while it is sent

# What is sent. An iterator makes it bit by bit, as fast as the peer reads.
Data = bytes | memoryview | Iterator[bytes]
Part = tuple[Data, bool]  # with it goes whether others are sent the same object


def size_of(data: Data) -> int:
    """Return for how many bytes of waiting something counts."""
    return len(data) if isinstance(data, (bytes, memoryview)) else UNMADE


def pieces(parts: list[Part]) -> Iterator[tuple[bytes | memoryview, int, int]]:
    """Yield what is to be sent in pieces of a good size.

    With each goes how many bytes of waiting end with it, and how many of these nobody shares.
    """
    small: list[bytes | memoryview] = []
    size = waited = private = 0
    for data, shared in parts:
        is_made = isinstance(data, (bytes, memoryview))
        for piece in _cut(data) if isinstance(data, (bytes, memoryview)) else data:
            if small and size + len(piece) > PIECE:
                yield b"".join(small), waited, private
                small, size, waited, private = [], 0, 0, 0
            small.append(piece)
            size += len(piece)
            if is_made:
                waited += len(piece)
                private += 0 if shared else len(piece)
        if not is_made:
            waited += UNMADE
            private += UNMADE
    yield b"".join(small), waited, private


def _cut(data: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """Yield what is too large for one piece in several."""
    if len(data) <= PIECE:
        yield data
    else:
        for start in range(0, len(data), PIECE):
            yield memoryview(data)[start : start + PIECE]
