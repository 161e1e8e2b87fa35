"""Make each console command of a wheel a program of one file, which any new enough Python runs as it is.

Run it as `python3 -m tools.zipapps FOLDER`. The wheel lies in the folder, and the programs are written beside it.
"""

from __future__ import annotations

import importlib.metadata
import sys
import tempfile
import zipapp
import zipfile
from pathlib import Path

# Python 3.6 must be able to read this: the program itself says which Python it needs.
MAIN = """\
import sys

from {module} import {function}

sys.exit({function}())
"""


def main() -> int:
    """Write one file for each command. Return the exit status."""
    folder = Path(sys.argv[1])
    (wheel,) = folder.glob("*.whl")
    with tempfile.TemporaryDirectory() as content:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(content)
        (distribution,) = importlib.metadata.distributions(path=[content])
        for command in distribution.entry_points:
            source = MAIN.format(module=command.module, function=command.attr)
            Path(content, "__main__.py").write_text(source, encoding="utf-8")
            program = folder / f"{command.name}.pyz"
            zipapp.create_archive(content, program, interpreter="/usr/bin/env python3")
            program.chmod(0o755)
            print(program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
