"""The server as a program with TLS: openssl's own client, certificates that change, and what is said about bad ones."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.bystanders import ServerProcess, bystanders, server_process
from ..support.peers import PATIENCE, Peer, need, spawn
from ..support.tls import PATIENT, VERSIONS, Certificate, SecretPeer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(certificate: Certificate, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose certificate is in files of its own."""
    shutil.copy(certificate.cert, tmp_path / "cert")
    shutil.copy(certificate.key, tmp_path / "key")
    flags = ("--tls", str(tmp_path / "cert"), "--tls-key", str(tmp_path / "key"))
    with server_process("--idle-timeout", "0", *flags, before=PATIENT) as server:
        yield server


def s_client(server: ServerProcess, certificate: Certificate, *options: str) -> list[str]:
    """Return the command that comes in with openssl's own client."""
    command = [need("openssl"), "s_client", "-connect", f"127.0.0.1:{server.port}", "-verify_return_error"]
    return [*command, "-CAfile", str(certificate.cert), "-verify_hostname", "localhost", *options]


@pytest.mark.parametrize("version", VERSIONS)
def test_openssls_own_client(server: ServerProcess, certificate: Certificate, version: str) -> None:
    """It talks, and reads everything up to the end."""
    command = s_client(server, certificate, "-quiet", "-" + version.lower().replace(" ", "").replace(".", "_"))
    with spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("大家好\nwho\n/quit\n")
        process.stdin.flush()
        lines = process.stdout.read().splitlines()
    found = re.fullmatch(r"\[(.*)\]\1:已上线", lines[0])
    assert found
    addr = found[1]
    receipt = "I'm live"
    assert lines[1:] == [f"[{addr}]{addr}:大家好", receipt, f"[{addr}]{addr}:在线", receipt, receipt]


def test_new_keys(server: ServerProcess, certificate: Certificate) -> None:
    """A client may ask for them at any time. It is answered, and goes on."""
    with spawn(s_client(server, certificate, "-tls1_3"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for turn in range(5):
            process.stdin.write("K\n")
            process.stdin.flush()
            while "KEYUPDATE" not in process.stderr.readline():
                pass
            process.stdin.write(f"turn {turn}\n")
            process.stdin.flush()
            while not process.stdout.readline().endswith(f":turn {turn}\n"):
                pass


def test_a_new_certificate_takes_its_place(server: ServerProcess, certificate: Certificate, tmp_path: Path) -> None:
    """While people come and talk. Nobody loses anything, and whoever comes then is shown the new one."""
    other = Certificate(tmp_path, "other")
    trust = certificate.trust()
    trust.load_verify_locations(other.cert)
    stays = SecretPeer(server.port, trust)
    shown = stays.shown()
    stop, failures = threading.Event(), []

    def come_and_go() -> None:
        try:
            while not stop.is_set():
                user = SecretPeer(server.port, trust)
                user.say("", "/quit")
                user.until("I'm live")
                user.rest()
                user.close()
        except (OSError, AssertionError) as error:
            failures.append(error)

    thread = threading.Thread(target=come_and_go)
    with bystanders(server.port):
        thread.start()
        for turn in range(10):
            new = certificate if turn % 2 else other
            for name in ("cert", "key"):  # at once, as `mv` does it
                shutil.copy(getattr(new, name), tmp_path / "new")
                (tmp_path / "new").rename(tmp_path / name)
            server.process.send_signal(signal.SIGHUP)
            assert server.process.stderr
            while "SIGHUP: whoever comes from now on" not in server.process.stderr.readline():
                pass
            late = SecretPeer(server.port, trust)
            assert (late.shown() == shown) == (new is certificate)
            late.close()
        stop.set()
        thread.join(PATIENCE)
    assert failures == []
    stays.ask("still here")
    stays.close()


def test_a_bad_certificate_is_refused(server: ServerProcess, certificate: Certificate, tmp_path: Path) -> None:
    """With a line in the log, and the old one stays."""
    (tmp_path / "cert").write_text("no certificate")
    server.process.send_signal(signal.SIGHUP)
    assert server.process.stderr
    line = ""
    while "SIGHUP" not in line:
        line = server.process.stderr.readline()
    assert f"SIGHUP: the old certificate is kept: cannot use the certificate {tmp_path / 'cert'}" in line
    user = SecretPeer(server.port, certificate.trust())
    user.ask("hello")
    user.close()


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (("--tls", "/nowhere"), 1, "cannot use the certificate /nowhere: No such file or directory"),
        (("--tls-only",), 2, "error: --tls-key and --tls-only need --tls CERT"),
        (("--tls-key", "x"), 2, "error: --tls-key and --tls-only need --tls CERT"),
        (("--proxy-from", "10.0.0.1/8"), 2, "error: argument --proxy-from: 10.0.0.1/8 has host bits set"),
    ],
)
def test_wrong_flags_are_explained(flags: tuple[str, ...], status: int, message: str) -> None:
    """In one line, which is the last."""
    command = [sys.executable, "-m", "server", "--port", "0", *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == status
    assert done.stderr.splitlines()[-1] == f"chatroom-server: {message}"


@pytest.mark.parametrize("only", [False, True])
def test_the_log_says_how_to_come_in(certificate: Certificate, only: bool) -> None:
    """With TLS. Nobody is warned of what is not so."""
    flags = [*certificate.flags(), "--ip", "0.0.0.0", "--port", "0", *(["--tls-only"] if only else [])]
    command = [sys.executable, "-m", "server", *flags]
    with spawn(command, cwd=ROOT) as process:
        assert process.stderr
        line = process.stderr.readline()
        found = re.search(r"openssl s_client -quiet -connect (\S+):(\d+)", line)
        assert found
        assert line.endswith(f"chatroom --tls --ip {found[1]} --port {found[2]}\n")
        assert ("telnet" in line) == (not only)
        Peer(int(found[2])).close()
        process.terminate()
        rest = process.stderr.read()
    assert ("whoever comes without TLS is not encrypted" in rest) == (not only)
    assert "nothing is encrypted" not in rest
