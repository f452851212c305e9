"""The one place of the version; setup.cfg and every ``--version`` take it from here."""

from __future__ import annotations

VERSION = "0.1.0"
