"""The one log of all entries, and the broadcaster that applies it to the room."""
