"""What a BMC does to its node; ipmi_sim calls it as `NODE get power` or `NODE set power 0`."""

from __future__ import annotations

import sys
import time

from tests.lab.bmc import Fault, read_fault
from tests.lab.command import detach
from tests.lab.errors import LabError
from tests.lab.events import append_event
from tests.lab.layout import Lab, lab_from_environment
from tests.lab.power import is_on, reset, turn_off, turn_on

_MOVES = {
    ("power", "0"): turn_off,
    ("power", "1"): turn_on,
    ("reset", "1"): reset,
    ("shutdown", "1"): turn_off,
}


def control(lab: Lab, name: str, words: list[str]) -> str:
    """Do it, and give the answer that ipmi_sim reads."""
    match words:
        case ["get", *asked]:
            return "".join(f"{line}\n" for what in asked if (line := _read(lab, name, what)))
        case ["set", *what]:
            _move(lab, name, what)
        case ["late", *what]:
            time.sleep(read_fault(lab, name)[1])
            _MOVES[what[0], what[1]](lab, name, "bmc")
    return ""


def _move(lab: Lab, name: str, what: list[str]) -> None:
    """The power moves now, later or never; the BMC says "done" in any case."""
    if (what[0], what[1]) not in _MOVES:
        raise LabError(f"a node cannot {' '.join(what)}")
    fault, _ = read_fault(lab, name)
    if fault is Fault.STUCK:
        append_event(lab.events, name, f"bmc ignores {' '.join(what)}", "bmc")
    elif fault is Fault.SLOW:
        again = [str(lab.state / "bin" / "chassis"), name, "late", *what]
        home = lab.home(name) / "bmc"
        detach(again, home / "late", home / "console.log", lab.environment())
    else:
        _MOVES[what[0], what[1]](lab, name, "bmc")


def _read(lab: Lab, name: str, what: str) -> str:
    if what != "power":
        return ""
    power = is_on(lab, name)
    append_event(lab.events, name, f"power-read {'on' if power else 'off'}", "bmc")
    return f"power:{int(power)}"


def main() -> int:
    name, *words = sys.argv[1:]
    lab = lab_from_environment()
    try:
        sys.stdout.write(control(lab, name, words))
    except LabError as error:
        append_event(lab.events, name, f"bmc failed: {' '.join(words)}: {error.problem}", "bmc")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
