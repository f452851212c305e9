"""Which fence agents switch a host's power, and which only say so. Pure.

A list of names, and not a guess: an agent that succeeds without having switched anything looks, from
outside, as one that has.
"""

from __future__ import annotations

from vmha_ocf.errors import ParameterError

STONITH = "stonith:"
"""Before the name, in Pacemaker's kinds."""

_SWITCHING = (
    "alom amt amt_ws apc apc_snmp bladecenter cdu cisco_ucs crosslink cyberpower_ssh drac drac5 "
    "eaton_snmp eaton_ssh ecloud emerson eps hds_cb hpblade ibmblade ibmz idrac ilo ilo2 ilo3 "
    "ilo3_ssh ilo4 ilo4_ssh ilo5 ilo5_ssh ilo6 ilo7 ilo_moonshot ilo_mp ilo_ssh imm "
    "intelmodular ipdu ipmilan ipmilanplus ironic kubevirt ldom lindypdu lpar netio "
    "nutanix_ahv openstack powerman pve raritan raritan_px3 redfish rhevm rsa rsb skalar "
    "tripplite_snmp vbox virsh virt vmware vmware_rest vmware_soap wti xenapi xvm zvm zvmip"
)
SWITCHING = frozenset(f"fence_{name}" for name in _SWITCHING.split())
"""Of the fence-agents project: each reads the power back after it has switched it."""

_RECORDING = (
    "ack_manual brocade cisco_mds compute dummy evacuate heuristics_ping ifmib kdump mpath sanbox2 "
    "sbd scsi watchdog"
)
RECORDING = frozenset(f"fence_{name}" for name in _RECORDING.split())
"""These leave the host running, or believe that it went by itself, whatever an operator says. Ours
is among them because its parameters decide."""


def read_agents(text: str) -> frozenset[str]:
    """A list by commas or blanks. Raises ParameterError for what is known to switch nothing."""
    names = names_of(text)
    wrong = sorted(names & RECORDING)
    if wrong:
        raise ParameterError(
            f"power_agents names {wrong[0]}, which does not switch a host's power",
            hint="leave it out; behind it stands a device that switches off, and then the one that records",
        )
    return names


def names_of(text: str) -> frozenset[str]:
    """A list by commas or blanks."""
    return frozenset(name.removeprefix(STONITH) for name in text.replace(",", " ").split())
