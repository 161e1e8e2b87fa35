"""The chat client: a menu, and one main thread that deals with what the server says and what the user types."""

__version__ = "1.2.0"
