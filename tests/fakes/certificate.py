"""A certificate for the loopback, its key, and a CA of nobody's."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificate(folder: Path, name: str = "IP:127.0.0.1,DNS:localhost") -> Path:
    """``both.pem``, key and certificate; beside it ``ca.pem``, the certificate that vouches for it."""
    both, alone = folder / "both.pem", folder / "ca.pem"
    kind = [
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    about = ["-subj", "/CN=bmc", "-addext", f"subjectAltName={name}"]
    files = ["-keyout", str(both), "-out", str(alone)]
    subprocess.run(["openssl", "req", *kind, *about, *files], check=True, capture_output=True)
    both.write_text(both.read_text() + alone.read_text())
    return both
