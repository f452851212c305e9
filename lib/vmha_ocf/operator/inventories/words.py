"""What a word says about a machine: a role, a profile, a group, a name. Pure.

People make such words themselves: ``computeHCI``, ``ComputeOvsDpdkSriov``, ``osdcompute``,
``ceph-compute``, ``xyzcompute0001``, ``novacompute-0``. So the parts of a word count.
"""

from __future__ import annotations

import re
from enum import Enum


class Says(Enum):
    COMPUTE = "compute host"
    OTHER = "something else"
    EITHER = "compute host or not"
    """Both, or a nova-compute that drives bare metal: only a person knows."""
    NOTHING = "nothing"


_COMPUTE_PARTS = ("compute", "hypervisor", "hyperconverged")
_COMPUTE_WORDS = frozenset({"hci", "cmp", "cmpt", "cpt", "comp", "hcomp", "kvm"})
_BARE_METAL_PARTS = ("baremetal", "ironic")
_CONTROL_PARTS = ("control",)
_CONTROL_WORDS = frozenset({"ctl", "ctrl", "cntrl", "cont", "ctr", "master"})
_STORAGE_PARTS = ("ceph", "storage", "swift", "osd")
_STORAGE_WORDS = frozenset({"stor", "sto", "mon", "mds", "rgw"})
_OTHER_PARTS = (
    "network", "gateway", "database", "messaging", "telemetry", "monitoring", "loadbalancer",
    "haproxy", "bastion", "undercloud",
)  # fmt: skip
_OTHER_WORDS = frozenset({"net", "gw", "db", "lb", "infra", "seed", "ipa", "freeipa"})


_INFRASTRUCTURE = re.compile(r"(compute|shared|os|network|storage|metering)-infra(_\w+)?")
"""openstack-ansible's groups of controllers: compute-infra_hosts are those of Nova's API."""


def read_word(word: str) -> Says:
    if _INFRASTRUCTURE.fullmatch(word.lower()):
        return Says.OTHER
    letters = re.sub(r"[^a-z]", "", word.lower())
    words = frozenset(re.findall(r"[a-z]+", word.lower()))

    def has(parts: tuple[str, ...], whole: frozenset[str] = frozenset()) -> bool:
        return any(part in letters for part in parts) or bool(words & whole)

    control = has(_CONTROL_PARTS, _CONTROL_WORDS)
    if has(_COMPUTE_PARTS, _COMPUTE_WORDS):
        return Says.EITHER if control or has(_BARE_METAL_PARTS) else Says.COMPUTE
    other = has(_STORAGE_PARTS, _STORAGE_WORDS) or has(_OTHER_PARTS, _OTHER_WORDS)
    return Says.OTHER if control or other else Says.NOTHING


def is_control(word: str) -> bool:
    """A controller, which is a node of the cluster and cannot be its remote node, too."""
    words = frozenset(re.findall(r"[a-z]+", word.lower()))
    return (
        any(part in word.lower() for part in _CONTROL_PARTS)
        or bool(words & _CONTROL_WORDS)
        or bool(_INFRASTRUCTURE.fullmatch(word.lower()))
    )
