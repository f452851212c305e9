"""Bmc over Redfish: the child that speaks it (``redfish_child.py``), its login and its sentences.

A BMC's web server may answer a byte a minute, and a resolver may hang where no timeout reaches, so
this child has deadlines, too. It ends a little before them by itself, and deletes its session.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from vmha_ocf.backends.bmc.child import Child, ChildBmc
from vmha_ocf.backends.bmc.redfish_errors import bmc_error
from vmha_ocf.errors import VmhaError

PROGRAM = os.path.join(os.path.dirname(__file__), "redfish_child.py")
LOGOUT = 4.0  # seconds; a BMC has room for few sessions, and keeps them for half an hour


class RedfishBmc(ChildBmc):
    """Whether it is in service is told by its managers."""

    @staticmethod
    def start_child() -> Child:
        return Child(PROGRAM, LOGOUT)

    def _credentials(self) -> Mapping[str, object]:
        access = self._access
        return {
            "root": access.redfish_uri,
            "system": access.systems_uri,
            "verify": access.ca_file or not access.insecure,
        }

    def _error(self, kind: str, detail: str, asked: str) -> VmhaError:  # noqa: ARG002
        return bmc_error(self._access, kind, detail)
