"""The chat client: a menu, and a thread that shows what the server says as it comes."""

__version__ = "1.2.0"
