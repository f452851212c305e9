"""Bmc over Redfish, in a child process that can be killed, as ``ipmi.py`` has it.

A BMC's web server may answer a byte a minute, and a resolver may hang where no timeout reaches, so
this child has deadlines, too. It ends a little before them by itself, and deletes its session.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from vmha_ocf.backends.bmc.ipmi import IpmiBmc, IpmiChild
from vmha_ocf.backends.bmc.redfish_errors import bmc_error
from vmha_ocf.errors import VmhaError

PROGRAM = os.path.join(os.path.dirname(__file__), "redfish_child.py")
LOGOUT = 4.0  # seconds; a BMC has room for few sessions, and keeps them for half an hour


class RedfishBmc(IpmiBmc):
    """One session, opened at the first call and again after a loss."""

    LONGEST_LOGIN = 1

    @staticmethod
    def start_child() -> IpmiChild:
        return IpmiChild(PROGRAM, LOGOUT)

    def _credentials(self) -> Mapping[str, object]:
        access = self._access
        return {
            "root": access.redfish_uri,
            "system": access.systems_uri,
            "verify": access.ca_file or not access.insecure,
        }

    def _error(self, kind: str, detail: str, asked: str) -> VmhaError:  # noqa: ARG002
        return bmc_error(self._access, kind, detail)
