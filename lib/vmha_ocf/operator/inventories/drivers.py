"""What switches a machine, by the names that TripleO, Ironic, bifrost and MAAS have for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

IPMI, REDFISH = "ipmi", "redfish"
_IPMI = frozenset(
    {
        "", "ipmi", "ipmitool", "ipmitool-socat", "ipmitool-shellinabox", "ipmitool_socat",
        "pxe_ipmitool", "pxe_ipmitool_socat", "agent_ipmitool", "agent_ipmitool_socat",
        "pxe_ipminative", "agent_pyghmi", "agent_ipminative", "intel-ipmi", "lan", "lanplus",
    }
)  # fmt: skip
_REDFISH = frozenset({"redfish", "redfish-virtual-media", "idrac-redfish"})
_NO_BMC = ("fake", "manual", "noop", "none")
_VIRTUAL = ("ssh", "virsh", "libvirt", "vbox", "virtualbox", "lxd", "xenserver", "staging-ovirt")
_PDU = ("snmp", "apc", "iboot", "eaton", "dli", "raritan")
NOT_OURS = (
    "give it the fencing device of its kind, then pcs-examples/fence-behind-other.sh, and leave it out "
    "with --except"
)
_SENTENCES = {
    "no BMC": "give it a BMC, or leave it out with --except",
    "virtual": "put a virtual BMC in front of it and say where that is, or leave it out with --except",
    "PDU": NOT_OURS,
    "BMC": "where its BMC speaks one of the two, too, say --driver {driver}=redfish or "
    "--driver {driver}=ipmi; else " + NOT_OURS,
}


def protocol_of(driver: str, told: Mapping[str, str]) -> str:
    """``ipmi``, ``redfish``, or "" for neither. ``told``: what an operator says of drivers, such as
    pxe_drac -> ipmi."""
    name = told.get(driver, driver).lower()
    if name in _IPMI:
        return IPMI
    return REDFISH if name in _REDFISH else ""


def way_out(driver: str) -> str:
    """What to do with a machine that is driven by neither."""
    name = driver.lower()
    for kind, words in (("no BMC", _NO_BMC), ("virtual", _VIRTUAL), ("PDU", _PDU)):
        if any(word in name for word in words):
            return _SENTENCES[kind]
    return _SENTENCES["BMC"].format(driver=driver)
