"""Start the client with `python3 -m client`, if this Python is new enough for it.

An older Python must be able to read this file, for only then can it say what is wrong. So this file keeps to the syntax
of Python 3.6, and imports the rest of the client after it has looked at the version.
"""

import sys

OLDEST = (3, 10)


def main() -> int:
    """Run the client. Return its exit status, which is 1 on a Python that is too old."""
    if sys.version_info < OLDEST:
        needed, found = (".".join(map(str, version)) for version in (OLDEST, sys.version_info[:3]))
        print(f"chatroom needs Python {needed} or newer; this is Python {found}", file=sys.stderr)
        return 1
    from . import program

    return program.main()


if __name__ == "__main__":
    sys.exit(main())
