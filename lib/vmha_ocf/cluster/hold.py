"""An operator's hold: evacuation waits until somebody releases it, for planned work. Pure.

CIB, permanent attribute ``evacuation-hold`` of the controller on which it was said:
``by=alice@ctl1 at=1763695800 why=rack 7 is moved``. There it survives the stop of all controllers,
which planned work often needs, and people see it with ``pcs node attribute``.

Fencing and its flags go on meanwhile: what is flagged waits, and its nova-compute with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vmha_ocf.model import NodeName

ATTRIBUTE = "evacuation-hold"
RELEASE_COMMAND = "vmha release"

_HOLD = re.compile(r"by=(?P<by>[!-~]{1,100}) at=(?P<at>[0-9]{1,12}) why=(?P<why>[ -~]{0,200})")


@dataclass(frozen=True, slots=True)
class Hold:
    """``at`` in seconds since the epoch; 0 where nobody told."""

    node: NodeName
    """The controller that keeps it."""
    by: str = "somebody"
    at: float = 0.0
    why: str = ""

    @property
    def reason(self) -> str:
        """What people are told while it lasts."""
        why = f" ({self.why})" if self.why else ""
        return f"evacuation is held by {self.by}{why}; to release it run: {RELEASE_COMMAND}"


def format_hold(hold: Hold) -> str:
    """Pacemaker's tools show other than plain characters in their own ways: never as written."""
    by = re.sub(r"[^!-~]", "?", hold.by)[:100] or "somebody"
    why = re.sub(r"[^ -~]", "?", " ".join(hold.why.split()))[:200]
    return f"by={by} at={int(hold.at)} why={why}"


def parse_hold(node: NodeName, text: str) -> Hold:
    """What cannot be read holds as well: somebody typed it."""
    match = _HOLD.fullmatch(text)
    if not match:
        shown = re.sub(r"[^ -~]", "?", " ".join(text.split()))[:200]
        return Hold(node, why=shown)
    return Hold(node, match["by"], float(match["at"]), match["why"])


def first(found: Mapping[NodeName, str]) -> Hold | None:
    """Of the attribute's values by node, the hold that is told of: the oldest."""
    holds = [parse_hold(node, text) for node, text in found.items() if text.strip()]
    return min(holds, key=lambda hold: (hold.at, hold.node), default=None)
