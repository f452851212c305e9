"""A systemctl with the exit codes of systemctl(1), over units that are files in a folder.

is-active: 0 if one of the units is active, 3 if none is, 4 (systemd 252 and older: 3) if there is no
such unit, 1 without systemd. stop: 5 if the unit is not loaded. show: always 0.
"""

from __future__ import annotations

from pathlib import Path

from vmha_ocf.backends.compute.systemd import SystemdUnit
from vmha_ocf.backends.process.clock import SystemClock

CLOCK = SystemClock()

# A unit is a file with its state. "broken" does not start, "brief" starts and is dead at once,
# "stubborn" runs and ends by KILL alone, "unkillable" runs and not even by that. A stop of these
# makes them "deactivating ...", which for is-active is not active (seen with systemd 252), and so is
# "activating notify": a process that has not told yet that it is ready (systemd.service(5), Type=notify).
_SYSTEMCTL = """#!/bin/bash
cd "$(dirname "$0")"
echo "$*" >>calls
[ ! -e silent ] || exec sleep 30
[ ! -e no-bus ] || { echo "Failed to connect to bus: Host is down" >&2; exit 1; }
verb=$1; shift
units=(); for word; do [[ $word == -* ]] || units+=("$word"); done
in_state() { grep -qsxE "$1" "$unit"; }
case $verb in
is-active)
    code=UNKNOWN
    for unit in "${units[@]}"; do
        ! in_state 'active|stubborn|unkillable' || exit 0
        [ ! -e "$unit" ] || code=3
    done
    exit $code ;;
show)
    for unit in "${units[@]}"; do
        if [[ $* == *MainPID* ]]; then
            in_state 'active|activating notify|(deactivating )?(stubborn|unkillable)' && echo 4711 || echo 0
        else
            [ -e "$unit" ] && echo loaded || echo not-found
        fi
    done ;;
start)
    unit=${units[0]}
    [ -e "$unit" ] || { echo "Failed to start $unit: Unit $unit not found." >&2; exit 5; }
    ! in_state broken || { echo "Job for $unit failed." >&2; exit 1; }
    ! in_state brief || { echo failed >"$unit"; exit 0; }
    in_state '(deactivating )?(stubborn|unkillable)' || echo active >"$unit" ;;
stop)
    code=0
    for unit in "${units[@]}"; do
        if [ ! -e "$unit" ]; then
            echo "Failed to stop $unit: Unit $unit not loaded." >&2; code=5
        elif in_state 'stubborn|unkillable'; then
            echo "deactivating $(<"$unit")" >"$unit"
            exec sleep 30
        elif in_state 'deactivating .*'; then
            exec sleep 30
        elif ! in_state 'broken|brief'; then
            echo inactive >"$unit"
        fi
    done
    exit $code ;;
kill)
    for unit in "${units[@]}"; do
        ! in_state 'active|(deactivating )?stubborn' || echo failed >"$unit"
    done ;;
*) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac
"""


class Systemd:
    """A folder with a systemctl and the units that it knows. ``unknown``: the exit code of
    is-active for a unit that is not there."""

    def __init__(self, folder: Path, *, unknown: int = 4) -> None:
        self.folder = folder
        self.program = folder / "systemctl"
        self.program.write_text(_SYSTEMCTL.replace("UNKNOWN", str(unknown)))
        self.program.chmod(0o755)

    def has(self, unit: str, state: str = "inactive") -> None:
        (self.folder / unit).write_text(f"{state}\n")

    def lacks(self, unit: str) -> None:
        (self.folder / unit).unlink()

    def state(self, unit: str) -> str:
        return (self.folder / unit).read_text().strip()

    def is_silent(self) -> None:
        """No command ends any more."""
        (self.folder / "silent").touch()

    def has_no_bus(self, lost: bool = True) -> None:
        """Whether systemd cannot be reached: commands fail at once."""
        bus = self.folder / "no-bus"
        bus.touch() if lost else bus.unlink()

    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    def unit(self, name: str = "", seconds: float = 20.0) -> SystemdUnit:
        """``seconds``: what the calls of this one have in all."""
        until = CLOCK.monotonic() + seconds
        systemctl, booted = str(self.program), str(self.folder)
        return SystemdUnit(name, CLOCK, until=until, systemctl=systemctl, booted=booted)
