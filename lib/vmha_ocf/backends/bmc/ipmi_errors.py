"""What the IPMI child reports, in an operator's words: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from vmha_ocf.backends.bmc.ipmi_codes import meaning
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
        "BMC {bmc} does not answer",
        "has it power, is UDP port {port} open from here, is IPMI over LAN enabled in it? If it only "
        "takes more than 5 s for an answer no setting helps; "
        "try: ipmitool -I lanplus -H {address} -U {user} -a chassis power status",
    ),
    "deadline": (
        BmcUnavailable,
        "BMC {bmc} gave no usable answer within {detail} s",
        "it answers slowly or in part: look at its load and at the network, or reset the BMC; if it is "
        "slow at its best raise shell_timeout",
    ),
    "slow-login": (
        BmcUnavailable,
        "BMC {bmc} gave no usable answer within {detail} s",
        "it answers slowly or in part: look at its load and at the network, check username={user}, or "
        "reset the BMC; if it is slow at its best raise login_timeout",
    ),
    "half-open": (
        BmcUnavailable,
        "BMC {bmc} opens a session and then does not go on with the login",
        "many BMCs do so for a user name that they do not know: check username={user}; "
        "else reset the BMC",
    ),
    "name": (
        BmcUnavailable,
        "the BMC's name {address} does not resolve: {detail}",
        "set ip to an address, or put the name into DNS or /etc/hosts of every controller",
    ),
    "busy": (
        BmcBusy,
        "BMC {bmc} has no session left",
        "other tools keep them: they end after about a minute without use; with a power_timeout above "
        "that a fencing waits for it",
    ),
    "garbled": (
        BmcUnavailable,
        "BMC {bmc} answered something unreadable: {detail}",
        "try cipher=3; if ipmitool can talk to it, please report this as a bug",
    ),
    "died": (
        BmcUnavailable,
        "the process that talks to BMC {bmc} ended: {detail}",
        "look for a kill by the kernel (dmesg); else please report this as a bug",
    ),
    "password": (
        BmcDenied,
        "BMC {bmc} and this device have different passwords for user {user}",
        "correct password, password_script or the inventory",
    ),
    "user": (
        BmcRefused,
        "BMC {bmc} does not let in user {user}",
        "does the user exist there, is it enabled for IPMI over LAN at this privilege level?",
    ),
    "kg": (
        BmcRefused,
        "BMC {bmc} has another K_g",
        "set hexadecimal_kg to the key configured in the BMC, or leave it out if it has none",
    ),
    "privilege": (
        BmcRefused,
        "BMC {bmc} does not give user {user} the privilege for this: {detail}",
        "switching power takes operator: raise the user's level in the BMC, and let privlvl "
        "not ask for more than that",
    ),
    "suite": (
        BmcRefused,
        "BMC {bmc} does not accept the cipher suite",
        "leave cipher out, or set the one that is enabled in the BMC: 3 or 17",
    ),
    "old": (
        BmcRefused,
        "BMC {bmc} speaks IPMI 1.5 only",
        "enable IPMI 2.0 (RMCP+) in it or use another fence agent with record_only behind it",
    ),
    "refused": (
        BmcRefused,
        "BMC {bmc} refused the command: {detail}",
        "look at the BMC's own log, and whether this user may switch power there",
    ),
    "not-yet": (
        BmcBusy,
        "BMC {bmc} cannot do that now: {detail}",
        "it starts, updates its firmware or is busy; a fencing asks again for power_timeout seconds",
    ),
    "unknown": (
        BmcBusy,
        "BMC {bmc} does not say whether it did that: {detail}",
        "a fencing looks again for power_timeout seconds; if it stays so look at the BMC's own log",
    ),
    "already": (
        BmcAlready,
        "BMC {bmc} says that the host has this power state already: {detail}",
        "a BMC says so, too, that has just restarted: look at its own log",
    ),
    "not-installed": (
        NotInstalled,
        "pyghmi cannot be loaded on this node: {detail}",
        "install the package python3-pyghmi",
    ),
}


def bmc_error(access: BmcAccess, kind: str, detail: str, asked: str = "") -> VmhaError:
    """The error to raise for what the child reported. ``detail`` of the kind "code" is the number."""
    if kind == "code":
        kind, detail = meaning(int(detail), asked)
    if kind == "deadline" and asked == "login":
        kind = "slow-login"
    error, sentence, hint = _SENTENCES.get(kind, _SENTENCES["garbled"])
    words = {
        "bmc": str(access),
        "address": access.address,
        "port": access.port,
        "user": access.username or "'' (anonymous)",
        "detail": detail,
    }
    return error(sentence.format(**words), hint=hint.format(**words))
