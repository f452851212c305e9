"""The logs of a node, while the lab is up and where they are kept after it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.lab.layout import Lab


def read_logs(home: Path) -> str:
    paths = [path for path in sorted((home / "log").rglob("*.log")) if path.is_file()]
    return "".join(f"==> {path.name}\n{path.read_text(errors='replace')}" for path in paths)


def keep_logs(lab: Lab) -> Path:
    """Copy what there is of logs and events to a directory that outlives the lab."""
    kept = Path(tempfile.mkdtemp(prefix=f"{lab.state.name}-logs-"))
    if lab.events.exists():
        shutil.copy(lab.events, kept)
    for node in lab.nodes:
        if (lab.home(node.name) / "log").exists():
            (kept / f"{node.name}.log").write_text(read_logs(lab.home(node.name)))
    return kept
