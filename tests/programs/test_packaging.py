"""What users install: the packages, the commands, and the programs that are one file each."""

from __future__ import annotations

import ast
import configparser
import contextlib
import http.client
import importlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server import __version__

from ..support.peers import PATIENCE, Peer, need

ROOT = Path(__file__).parents[2]
INSTALL_TIME = 300.0  # seconds; pip may have to load its build tools
COMMANDS = {"chatroom": "client", "chatroom-server": "server"}  # the folders of their source

Command = Callable[..., list[str]]  # makes what starts a program, out of its name and its flags

setup = configparser.RawConfigParser()
setup.read(ROOT / "setup.cfg", encoding="utf-8")
OLDEST = setup["options"]["python_requires"].removeprefix(">=")


def run(
    *command: str | Path, cwd: Path, stdin: str = "", timeout: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder `cwd`, where it finds only the modules that are installed."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        cwd=cwd,
        env=env,
    )


def build(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed and may take its time. Return its output."""
    result = run(*command, cwd=cwd, timeout=INSTALL_TIME)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@contextlib.contextmanager
def serving(command: list[str], cwd: Path) -> Iterator[int]:
    """Run a server, and stop it at the end. Yield its port, which ends the first line on standard error."""
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True, cwd=cwd) as process:
        assert process.stderr
        try:
            yield int(process.stderr.readline().split()[-1])
        finally:
            process.terminate()
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 0


def help_of(port: int) -> list[str]:
    """Return what the server answers to `/help`: a line for each command that it has found."""
    peer = Peer(port)
    peer.until(f"[{peer.addr}]{peer.addr}:已上线")
    answer = peer.ask("/help")
    peer.close()
    return answer


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in which nothing has been built yet."""
    folder = tmp_path_factory.mktemp("copy") / "chatroom"
    built = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    return Path(shutil.copytree(ROOT, folder, ignore=built))


@pytest.fixture(scope="module")
def dist(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make dist` fills."""
    # For make, the environment of this test is one that it has made itself.
    environment = tmp_path_factory.mktemp("venv")
    python = environment / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (environment / "test.done").touch()
    build(need("make"), "dist", f"VENV={environment}", cwd=copy)
    return copy / "dist"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip alone. Its Python and the commands installed there lie in `bin`."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def registry(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the test, or fail it where programs are required, if pip cannot load what builds a package."""
    folder = tmp_path_factory.mktemp("registry")
    pip = (environment / "bin" / "python", "-m", "pip", "--retries", "0", "--timeout", "10")
    if run(*pip, "download", "--no-deps", "setuptools>=66.1", cwd=folder, timeout=INSTALL_TIME).returncode:
        reason = "pip cannot load setuptools from its package index"
        pytest.fail(reason) if os.environ.get("REQUIRE_PROGRAMS") else pytest.skip(reason)


@pytest.fixture(scope="module", params=["wheel", ".", "-e ."])
def installed(request: pytest.FixtureRequest, environment: Path, copy: Path) -> Iterator[Path]:
    """The project, installed in one way after the other. Gives the folder of the environment's programs."""
    programs = environment / "bin"
    if request.param == "wheel":
        (wheel,) = request.getfixturevalue("dist").glob(f"chatroom-{__version__}-*.whl")
        what: list[str | Path] = ["--no-index", wheel]
    else:
        request.getfixturevalue("registry")
        what = [*request.param.split()[:-1], copy]
    # Not in the copy's own folder, for pip would take what was built there for something installed.
    build(programs / "python", "-m", "pip", "install", "--no-deps", *what, cwd=environment)
    yield programs
    build(programs / "python", "-m", "pip", "uninstall", "--yes", "chatroom", cwd=environment)


def test_every_folder_is_a_package_that_is_listed() -> None:
    """The list in setup.cfg has all folders with code, and each of them is a regular package."""
    folders = {path.parent for name in ("client", "server") for path in (ROOT / name).rglob("*.py")}
    names = sorted("chatroom." + ".".join(folder.relative_to(ROOT).parts) for folder in folders)
    assert setup["options"]["packages"].split() == names
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_what_is_installed_and_under_which_names(installed: Path, tmp_path: Path) -> None:
    """All modules lie in the package `chatroom`, so that they cannot hide those of anybody else."""
    look = "from importlib.util import find_spec as f; print([n for n in {!r} if f(n)])"
    names = ["chatroom.client", "chatroom.server", "client", "server", "tests", "bench", "tools"]
    result = run(installed / "python", "-c", look.format(names), cwd=tmp_path)
    assert result.stdout == "['chatroom.client', 'chatroom.server']\n", result.stderr


def test_the_installed_commands(installed: Path, tmp_path: Path) -> None:
    """Both run anywhere."""
    check(lambda name, *flags: [str(installed / name), *flags], tmp_path)


def test_the_programs_of_one_file(dist: Path, tmp_path: Path) -> None:
    """Both run anywhere, with any interpreter."""
    check(lambda name, *flags: [sys.executable, str(dist / f"{name}.pyz"), *flags], tmp_path)


def test_a_program_of_one_file_starts_by_itself(dist: Path, tmp_path: Path) -> None:
    """It is executable, and names its interpreter."""
    (tmp_path / "python3").symlink_to(sys.executable)
    for name in COMMANDS:
        program = dist / f"{name}.pyz"
        assert program.read_bytes().startswith(b"#!/usr/bin/env python3\n")
        assert run("env", f"PATH={tmp_path}:{os.environ['PATH']}", program, "--help", cwd=tmp_path).returncode == 0


def test_the_page_is_packed_too(dist: Path, tmp_path: Path) -> None:
    """The server sends it from inside its one file."""
    command = [sys.executable, str(dist / "chatroom-server.pyz"), "--port", "0", "--web", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr
        try:
            process.stderr.readline()
            address = process.stderr.readline().rstrip("/\n").rpartition("/")[2]
            with contextlib.closing(http.client.HTTPConnection(address, timeout=PATIENCE)) as connection:
                connection.request("GET", "/")
                assert connection.getresponse().read() == (ROOT / "server" / "web" / "page.html").read_bytes()
        finally:
            process.terminate()
            process.stderr.read()


def check(start: Command, folder: Path) -> None:
    """Prove that both programs run in the folder, and find all their parts."""
    for name in COMMANDS:
        usage = run(*start(name, "--help"), cwd=folder)
        assert (usage.returncode, usage.stderr) == (0, "")
        if "--version" in usage.stdout:
            version = run(*start(name, "--version"), cwd=folder)
            assert (version.returncode, version.stderr) == (0, "")
            assert version.stdout == f"{name} {__version__}\n"
    with serving(start("chatroom-server"), folder) as port:
        client = start("chatroom", "--port", str(port), "--name", "小明", "--no-time")
        result = run(*client, cwd=folder, stdin="大家好\n")
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.endswith("✓ 小明:大家好\n")
        found = help_of(port)
    with serving([sys.executable, "-m", "server"], ROOT) as port:
        assert help_of(port) == found


def old_pythons() -> list[str]:
    """Return an interpreter of each version before 3.10 that is installed here."""
    versions = [f"3.{minor}" for minor in range(6, 10)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found = [[shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python3")] for version in versions]
    working = [[str(path) for path in paths if path and works(path)] for paths in found]
    return [paths[0] for paths in working if paths]


def works(python: str | Path) -> bool:
    """Return whether this is an interpreter, and not one of pyenv's stand-ins for it."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_an_old_python_is_refused_in_one_line(dist: Path, tmp_path: Path) -> None:
    """Both programs say which version they need, instead of a SyntaxError."""
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python before 3.10 is installed")
    for python in pythons:
        found = run(python, "-c", "import platform; print(platform.python_version())", cwd=tmp_path).stdout
        for name, package in COMMANDS.items():
            for command, folder in ([dist / f"{name}.pyz"], tmp_path), (["-m", package], ROOT):
                result = run(python, "-B", *command, cwd=folder)
                assert (result.returncode, result.stdout) == (1, "")
                assert result.stderr == f"{name} needs Python {OLDEST} or newer; this is Python {found}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_version_that_is_too_old(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused in one line on standard error. This needs no such Python."""
    program = importlib.import_module(f"{COMMANDS[name]}.__main__")
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    assert program.main() == 1
    assert capsys.readouterr() == ("", f"{name} needs Python {OLDEST} or newer; this is Python 3.9.18\n")


@pytest.mark.parametrize("package", COMMANDS.values())
@pytest.mark.parametrize("module", ["__init__", "__main__"])
def test_an_old_python_can_read_what_it_must(package: str, module: str) -> None:
    """It sees none of the syntax that it does not know. This needs no such Python."""
    source = (ROOT / package / f"{module}.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))
    assert "from __future__" not in source
