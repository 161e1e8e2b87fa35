"""The history: a file that keeps what was said, who came and went, and the sessions, so that a restart loses nothing."""
