"""Run pyghmi's BMC on the loopback: PORT POWER_FILE USER PASSWORD. A program, not a module.

pyghmi's own client cannot log in to it: the server accepts the proposed suite 17 and then speaks
suite 3. Ours notices that and proposes suite 3, as for real BMCs of the kind.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pyghmi.ipmi.bmc import Bmc


class FileBmc(Bmc):  # type: ignore[misc]
    power_file = Path()

    def get_power_state(self) -> str:
        return "on" if self.power_file.read_text().strip() == "1" else "off"

    def power_on(self) -> None:
        self.power_file.write_text("1\n")

    def power_off(self) -> None:
        self.power_file.write_text("0\n")


if __name__ == "__main__":
    port, power_file, user, password = sys.argv[1:]
    FileBmc.power_file = Path(power_file)
    FileBmc({user: password}, port=int(port), address="127.0.0.1").listen()
