"""Between sockets and the chat: bytes to lines, lines to text, events to bytes, and each connection's way out."""
