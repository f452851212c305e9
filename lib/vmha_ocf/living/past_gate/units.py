"""systemd's units, as ``systemctl show`` tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PROPERTIES = (
    "Id", "LoadState", "ActiveState", "UnitFileState", "Restart", "WantedBy", "RequiredBy", "UpheldBy",
    "TriggeredBy", "SourcePath", "ExecStartPre", "ExecStart",
)  # fmt: skip
"""What is asked for. systemd leaves out what it does not know: UpheldBy is of 249."""
_GATE = "nova-compute-gate"
_AT_REST = ("", "inactive", "failed")
_BY_FILE = ("enabled", "enabled-runtime")


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    loaded: bool = True
    active: bool = False
    """Also on its way: ``activating`` is what one says that waits for its next restart."""
    enabled: bool = False
    """There are links that ``systemctl disable`` takes away."""
    restart: str = ""
    """Restart=, "" for "no"."""
    wanted_by: Sequence[str] = ()
    """Units that start this one with themselves."""
    triggered_by: Sequence[str] = ()
    """Timers, paths and sockets that start it."""
    source: str = ""
    """The file that a generator made it from, for example a quadlet's."""
    gated: bool = False
    """nova-compute-gate stands before it."""
    commands: Sequence[Sequence[str]] = ()
    """The words of each ExecStart=."""


def parse_units(text: str) -> dict[str, Unit]:
    """By name; what names no unit is left out."""
    found = (_unit(list(_pairs(block))) for block in text.split("\n\n"))
    return {one.name: one for one in found if one.name}


def _pairs(block: str) -> Iterator[tuple[str, str]]:
    for line in block.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            yield key, value


def _unit(pairs: Sequence[tuple[str, str]]) -> Unit:
    said = dict(pairs)
    restart = said.get("Restart", "")
    by = " ".join(said.get(key, "") for key in ("WantedBy", "RequiredBy", "UpheldBy"))
    return Unit(
        said.get("Id", ""),
        said.get("LoadState") == "loaded",
        said.get("ActiveState", "") not in _AT_REST,
        said.get("UnitFileState") in _BY_FILE,
        "" if restart == "no" else restart,
        tuple(dict.fromkeys(by.split())),
        tuple(said.get("TriggeredBy", "").split()),
        said.get("SourcePath", ""),
        any(key == "ExecStartPre" and _GATE in value for key, value in pairs),
        tuple(_words(value) for key, value in pairs if key == "ExecStart"),
    )


def _words(value: str) -> Sequence[str]:
    """Of ``{ path=/usr/bin/podman ; argv[]=/usr/bin/podman start x ; ignore_errors=no ; ... }``."""
    return tuple(value.partition("argv[]=")[2].partition(" ; ")[0].split())
