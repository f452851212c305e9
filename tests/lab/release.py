"""DEBIAN=trixie: the nodes of the lab have another Debian than this machine, with its Pacemaker and Python.

Each role has a root of it, made once; our agents are laid over it as they are over this machine's files
elsewhere. The cloud, the BMCs and what judges are this machine's.
"""

from __future__ import annotations

import argparse
import fcntl
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.lab.cloud.site import CACHE
from tests.lab.cloud.venv import put_python
from tests.lab.configuration import Plan
from tests.lab.errors import LabError
from tests.lab.layers import key, layer
from tests.lab.layout import Lab, Role
from tests.packages.clean_root import RELEASE, CleanRoot, clean_root, missing

_BOTH = (
    "fence-agents-kdump",
    "iproute2",
    "iputils-ping",
    "pacemaker-cli-utils",
    "pacemaker-resource-agents",
    "procps",
    "psmisc",
    "python3",
    "resource-agents",
)
PACKAGES: Mapping[Role, tuple[str, ...]] = {
    Role.CONTROLLER: (
        *_BOTH,
        "corosync",
        "crmsh",
        "fence-agents-compute",
        "fence-agents-ipmilan",
        "fence-agents-redfish",
        "ipmitool",
        "pacemaker",
        "pcs",
        "python3-argcomplete",
        "python3-greenlet",
        "python3-keystoneauth1",
        "python3-lxml",
        "python3-novaclient",
        "python3-openstacksdk",
        "python3-prometheus-client",
        "python3-pyghmi",
        "python3-rich",
        "python3-sushy",
        "python3-yaml",
    ),
    # Before the tools, for which apt would choose pacemaker, with which it conflicts.
    Role.COMPUTE: ("pacemaker-remote", *_BOTH),
}
"""All of fence-agents would be hundreds of packages more: each cloud's own library."""


def planned(words: argparse.Namespace, plan: Plan, lab: Lab, tell: Callable[[str], None]) -> Plan:
    """The plan with such roots for the roles that have none. Raises LabError where they cannot be had."""
    if not differs():
        return plan
    if words.guests != "processes" and Role.COMPUTE not in plan.roots:
        raise LabError(
            f"the hosts' root of Debian {RELEASE} has no libvirtd",
            f"DEBIAN={RELEASE} or GUESTS=real, not both; or HOSTS=systemd with both",
        )
    return on_release(plan, lab, tell)


def on_release(plan: Plan, lab: Lab, tell: Callable[[str], None]) -> Plan:
    """The same, with guests that need nothing there. Raises LabError."""
    roots = dict(plan.roots)
    for role in set(Role) - set(roots) if differs() else ():
        tell(f"Debian {RELEASE} with what the {role.value}s need (made once: 2 minutes)")
        roots[role] = f"{lab.root}:{layers(role)}"
    return replace(plan, roots=roots)


def differs() -> bool:
    return platform.freedesktop_os_release().get("VERSION_CODENAME") != RELEASE


def controller_layers() -> str:
    """For one controller on its own; "" where this machine has the release itself. Raises LabError."""
    return layers(Role.CONTROLLER) if differs() else ""


def layers(role: Role) -> str:
    """As own_root.give() takes them. Raises LabError with what this machine lacks."""
    if lacks := missing():
        raise LabError(f"nodes with Debian {RELEASE} need a root of it: {lacks}", "make setup")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "release.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return _root(role).lowerdir
        except AssertionError as error:
            raise LabError(f"a root of Debian {RELEASE} could not be made", str(error)) from None


def _root(role: Role) -> CleanRoot:
    packages = PACKAGES[role]

    def fill(root: CleanRoot) -> None:
        root.install(*packages)
        put_python(root.own)

    words = [*packages, RELEASE, platform.python_version()]
    return layer(clean_root(), f"release-{role.value}", key(words), fill)
