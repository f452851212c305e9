"""Bmc over IPMI 2.0: the child that speaks it (``ipmi_child.py``), its login and its sentences."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vmha_ocf.backends.bmc.child import Child, ChildBmc
from vmha_ocf.backends.bmc.ipmi_errors import bmc_error
from vmha_ocf.errors import VmhaError

PROGRAM = os.path.join(os.path.dirname(__file__), "ipmi_child.py")
LOGOUT = 1.0  # seconds; a session that is not closed is the BMC's to time out


class IpmiBmc(ChildBmc):
    """Whether it is in service is told by its Get Device ID (IPMI 2.0, 20.1)."""

    LONGEST_LOGIN = 2

    @staticmethod
    def start_child() -> Child:
        return Child(PROGRAM, LOGOUT)

    def _credentials(self) -> Mapping[str, object]:
        access = self._access
        return {"kg": access.kg, "suite": access.suite, "privilege": access.privilege}

    def _error(self, kind: str, detail: str, asked: str) -> VmhaError:
        return bmc_error(self._access, kind, detail, asked)
