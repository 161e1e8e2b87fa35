"""The commands. Each file with a list `COMMANDS` adds commands to every server; nothing else has to change.

A file is found because it is here. It may hold entries and events of its own, and a function `furnish` that adds to what
the room does. The commands of `accounts.py`, `bans.py` and `order.py` need a file of accounts: `accounts/house.py` adds them
on servers that have one. `registry.py`, `slips.py` and `turns.py` add none.
"""

from __future__ import annotations

import importlib
import pkgutil

from .registry import Registry


def discover() -> Registry:
    """Return the registry of all commands in this folder. The files are taken in the order of their names."""
    registry = Registry()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        found = importlib.import_module(f"{__name__}.{module.name}")
        for command in getattr(found, "COMMANDS", ()):
            registry.add(command)
        if hasattr(found, "furnish"):
            registry.furnishers.append(found.furnish)
    return registry
