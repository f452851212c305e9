"""What the Redfish child reports, in an operator's words: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.errors import (
    BmcAlready,
    BmcBusy,
    BmcDenied,
    BmcRefused,
    BmcUnavailable,
    NotInstalled,
    VmhaError,
)
from vmha_ocf.fencing.bmc_access import BmcAccess

_SENTENCES: Mapping[str, tuple[type[VmhaError], str, str]] = {
    "silent": (
        BmcUnavailable,
        "BMC {bmc} does not answer over Redfish: {detail}",
        "has it power, is TCP port {port} open from here, is Redfish enabled in it? "
        "try: curl --insecure https://{address}:{port}{root}",
    ),
    "deadline": (
        BmcUnavailable,
        "BMC {bmc} gave no whole answer over Redfish within {detail} s",
        "it answers slowly or in part: raise login_timeout and shell_timeout; look at its load and "
        "at the network, or reset the BMC",
    ),
    "name": (
        BmcUnavailable,
        "the BMC's name {address} does not resolve: {detail}",
        "set ip to an address, or put the name into DNS or /etc/hosts of every controller",
    ),
    "busy": (
        BmcBusy,
        "BMC {bmc} cannot answer now: {detail}",
        "it starts, is updated or has too much to do: it will be asked again",
    ),
    "session": (
        BmcUnavailable,
        "BMC {bmc} does not know our session any more: {detail}",
        "it may have restarted; look at the BMC's own log",
    ),
    "sessionless": (
        BmcUnavailable,
        "BMC {bmc} has no session for us, so nothing would show that it has restarted",
        "it is asked again and watched for some seconds; sessions that other tools keep in it end "
        "by themselves",
    ),
    "garbled": (
        BmcUnavailable,
        "BMC {bmc} answered over Redfish what is not to be understood: {detail}",
        "is it a BMC, and redfish_uri right? protocol=ipmi may do; else please report this as a bug",
    ),
    "died": (
        BmcUnavailable,
        "the process that talks Redfish to BMC {bmc} ended: {detail}",
        "look for a kill by the kernel (dmesg); else please report this as a bug",
    ),
    "certificate": (
        BmcRefused,
        "BMC {bmc} is not known to be the one that it says: {detail}",
        "set ssl_ca_file to a file with the CA of its certificate, and ip to the name in it; or "
        "ssl_insecure=1, and whoever can take its address gets the password",
    ),
    "tls": (
        BmcRefused,
        "BMC {bmc} and this node cannot agree on TLS: {detail}",
        "is TCP port {port} its HTTPS, and TLS 1.2 or later enabled in it?",
    ),
    "ca": (
        BmcRefused,
        "the certificates to know BMC {bmc} by cannot be read: {detail}",
        "ssl_ca_file has to be a file of certificates (PEM) on every controller",
    ),
    "password": (
        BmcDenied,
        "BMC {bmc} does not let in user {user} with this password: {detail}",
        "correct username and password, password_script or the inventory",
    ),
    "privilege": (
        BmcRefused,
        "BMC {bmc} does not give user {user} the privilege for this: {detail}",
        "switching power takes the role Operator, and a password that need not be changed first",
    ),
    "no-system": (
        BmcRefused,
        "BMC {bmc} has no such system: {detail}",
        "set systems_uri to one of those under {root}/Systems, or leave it out if there is one only",
    ),
    "several": (
        BmcRefused,
        "BMC {bmc} has several systems: {detail}",
        "set systems_uri to the one of this host",
    ),
    "no-off": (
        BmcRefused,
        "BMC {bmc} has no power-off that needs no help of the operating system: only {detail}",
        "ForceOff is needed, of the system or of a chassis that it has for itself, as a host that hangs "
        "does not shut down: enable it, try protocol=ipmi, or "
        "use another fence agent with record_only behind it",
    ),
    "no-on": (
        BmcRefused,
        "BMC {bmc} offers no power-on: only {detail}",
        "look at the BMC's own log; the host has to be switched on by hand",
    ),
    "no-action": (
        BmcRefused,
        "BMC {bmc} offers no {detail} for this system",
        "does systems_uri name the host, and may user {user} switch its power?",
    ),
    "refused": (
        BmcRefused,
        "BMC {bmc} refused the request: {detail}",
        "look at the BMC's own log; some refuse while they start or update their firmware",
    ),
    "already": (
        BmcAlready,
        "BMC {bmc} says that the host has this power state already: {detail}",
        "a BMC says so, too, that has just restarted: look at its own log",
    ),
    "not-installed": (
        NotInstalled,
        "sushy cannot be loaded on this node: {detail}",
        "install the package python3-sushy",
    ),
}


def bmc_error(access: BmcAccess, kind: str, detail: str) -> VmhaError:
    """The error to raise for what the child reported."""
    error, sentence, hint = _SENTENCES.get(kind, _SENTENCES["garbled"])
    words = {
        "bmc": str(access),
        "address": access.address,
        "port": access.port,
        "root": access.redfish_uri,
        "user": access.username or "'' (anonymous)",
        "detail": detail,
    }
    return error(sentence.format(**words), hint=hint.format(**words))
