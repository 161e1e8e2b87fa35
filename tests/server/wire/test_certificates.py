"""The certificate that the server shows: which files can be used, and what is said about others."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from server.wire.certificates import CertificateError, Certificates

from ...support.peers import PATIENCE, need
from ...support.tls import Certificate


@pytest.fixture
def folder(certificate: Certificate, tmp_path: Path) -> Path:
    """A folder with a certificate and with files that cannot be used."""
    shutil.copy(certificate.cert, tmp_path / "cert")
    shutil.copy(certificate.key, tmp_path / "key")
    (tmp_path / "both").write_text(certificate.key.read_text() + certificate.cert.read_text())
    (tmp_path / "empty").touch()
    (tmp_path / "cut").write_text(certificate.cert.read_text()[:200])
    shutil.copy(Certificate(tmp_path, "other").key, tmp_path / "another")
    command = [need("openssl"), "pkey", "-in", str(tmp_path / "key"), "-aes128", "-passout", "pass:secret"]
    subprocess.run([*command, "-out", str(tmp_path / "locked")], check=True, capture_output=True, timeout=PATIENCE)
    return tmp_path


def test_a_certificate_and_its_key(folder: Path) -> None:
    """In two files, or in one."""
    Certificates(str(folder / "cert"), str(folder / "key"))
    Certificates(str(folder / "both"))


@pytest.mark.parametrize(
    ("cert", "key", "reason"),
    [
        ("none", "", "No such file or directory"),
        ("cert", "none", "No such file or directory"),
        (".", "", "Is a directory"),
        ("cert", "another", "the key belongs to another certificate"),
        *((cert, key, "PEM format is needed, and a key without a password") for cert, key in (
            ("cert", ""), ("empty", ""), ("cut", "key"), ("cert", "locked"), ("key", "key"))),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_explained(folder: Path, cert: str, key: str, reason: str) -> None:
    """With the names of the files. Nobody is asked for a password."""
    with pytest.raises(CertificateError) as caught:
        Certificates(str(folder / cert), str(folder / key) if key else "")
    assert str(caught.value).startswith(f"cannot use the certificate {folder / cert}")
    assert str(caught.value).endswith(f": {reason}")


def test_another_takes_its_place(folder: Path) -> None:
    """New connections get a new context. A bad one changes nothing."""
    certificates = Certificates(str(folder / "cert"), str(folder / "key"))
    first = certificates.context
    shutil.copy(folder / "another", folder / "key")
    with pytest.raises(CertificateError):
        certificates.reload()
    assert certificates.context is first
    shutil.copy(folder / "other.pem", folder / "cert")
    certificates.reload()
    assert certificates.context is not first
