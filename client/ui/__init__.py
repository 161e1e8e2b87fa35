"""What the user sees and types: screen, keys, line editor, colours. Knows no network."""
