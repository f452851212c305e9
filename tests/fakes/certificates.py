"""Certificates for 127.0.0.1 and others, made in a moment: an authority, and whom it vouches for."""

from __future__ import annotations

import subprocess
from pathlib import Path

MINE = "IP:127.0.0.1"


class Authority:
    """Its certificate is ``ca.pem`` of its folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._key = folder / f"{name}.key"
        self.pem = folder / f"{name}.pem"
        made = ["-x509", *_new(self._key), "-days", "3650", "-subj", f"/CN={name}"]
        _openssl("req", *made, "-out", str(self.pem))

    def issue(self, name: str, names: str = MINE, *, begins: str = "", ends: str = "") -> Path:
        """``name.pem`` with the certificate and ``name.key``; both together are ``name.both``.

        ``begins`` and ``ends`` as ``YYYYMMDDHHMMSSZ``."""
        key, asked = self._folder / f"{name}.key", self._folder / f"{name}.csr"
        _openssl("req", *_new(key), "-subj", f"/CN={name}", "-out", str(asked))
        pem = self._folder / f"{name}.pem"
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._sign(asked, pem, extensions, begins or "20200101000000Z", ends or "20991231235959Z")
        both = self._folder / f"{name}.both"
        both.write_text(key.read_text() + pem.read_text())
        for path in (key, both):
            path.chmod(0o600)
        return both

    def _sign(self, asked: Path, pem: Path, extensions: Path, begins: str, ends: str) -> None:
        """By ``openssl ca``: ``openssl x509`` of 3.0 knows no dates."""
        index = self._folder / "index.txt"
        index.write_text("")
        config = self._folder / "ca.cnf"
        config.write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\nnew_certs_dir={self._folder}\n"
            "default_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n[p]\ncommonName=supplied\n"
        )
        who = ["-cert", str(self.pem), "-keyfile", str(self._key), "-config", str(config)]
        dates = ["-startdate", begins, "-enddate", ends, "-extfile", str(extensions)]
        _openssl("ca", "-batch", "-notext", *who, *dates, "-in", str(asked), "-out", str(pem))


def _new(key: Path) -> list[str]:
    """Elliptic: made in milliseconds."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    return [*curve, "-nodes", "-keyout", str(key)]


def _openssl(*argv: str) -> None:
    subprocess.run(["openssl", *argv], check=True, capture_output=True)
