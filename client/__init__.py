"""The chat client: a menu, and a thread that shows what the server says as it comes."""
