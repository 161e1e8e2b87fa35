"""`python3 -m server`, or `chatroom-server`. This file must be readable for an old Python, to say so."""

import os
import sys

OLDEST = (3, 10)


def main() -> int:
    """Serve until a signal comes, and return the exit status."""
    if sys.version_info < OLDEST:
        needed, found = (".".join(map(str, version)) for version in (OLDEST, sys.version_info[:3]))
        sys.stderr.write(f"chatroom-server needs Python {needed} or newer; this is Python {found}\n")
        return 1
    if os.name != "posix":
        sys.stderr.write("chatroom-server runs on Linux and macOS; on Windows, run it in WSL\n")
        return 1
    from .program import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
