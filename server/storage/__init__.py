"""Files of SQLite that one server at a time has: which files these may be, and who may read them."""
