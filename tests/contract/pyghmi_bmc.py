"""Run pyghmi's BMC on the loopback: PORT POWER_FILE USER PASSWORD. A program, not a module.

While a file beside POWER_FILE exists, power.restarted, it does as a BMC does that has just
restarted: whatever its host has, it is off, off already, and the BMC not in service.

pyghmi's own client cannot log in to it: the server accepts the proposed suite 17 and then speaks
suite 3. Ours notices that and proposes suite 3, as for real BMCs of the kind.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pyghmi.ipmi.bmc import Bmc

IN_SERVICE, NOT_IN_SERVICE = 0x01, 0x81  # its firmware's major revision, and a bit
NOT_IN_PRESENT_STATE = 0xD5


class FileBmc(Bmc):  # type: ignore[misc]
    power_file = Path()

    @property
    def restarted(self) -> bool:
        return self.power_file.with_suffix(".restarted").exists()

    @property
    def firmwaremajor(self) -> int:
        return NOT_IN_SERVICE if self.restarted else IN_SERVICE

    @firmwaremajor.setter
    def firmwaremajor(self, _: int) -> None:
        """Its constructor sets it."""

    def control_chassis(self, request: Any, session: Any) -> None:
        if self.restarted:
            session.send_ipmi_response(code=NOT_IN_PRESENT_STATE)
        else:
            super().control_chassis(request, session)

    def get_power_state(self) -> str:
        if self.restarted:
            return "off"
        return "on" if self.power_file.read_text().strip() == "1" else "off"

    def power_on(self) -> None:
        self.power_file.write_text("1\n")

    def power_off(self) -> None:
        self.power_file.write_text("0\n")


if __name__ == "__main__":
    port, power_file, user, password = sys.argv[1:]
    FileBmc.power_file = Path(power_file)
    FileBmc({user: password}, port=int(port), address="127.0.0.1").listen()
