"""Names that belong to somebody, words that wait for their owners, and who may not come in."""
