"""Which libvirt this host has, whether it answers, and what is remembered of it until the host boots.

A monitor imports this: nothing heavy.
"""

from __future__ import annotations

import os

from vmha_ocf.backends.hypervisor import answering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vmha_ocf.agent.ocf import Call

_RUN = "/run/libvirt"
_UNITS = "/usr/lib/systemd/system"
MODULAR, WHOLE = "virtqemud.service", "libvirtd.service"
_SOCKETS = {MODULAR: "virtqemud-sock-ro", WHOLE: "libvirt-sock-ro"}


def ask(call: Call, timeout: float) -> str:
    path = call.raw("socket") or os.path.join(_RUN, _SOCKETS.get(unit_of(call), _SOCKETS[WHOLE]))
    return answering.ask(path, call.text("uri"), timeout)


def unit_of(call: Call) -> str:
    """As given, else the one that is in use here, else the one that is installed."""
    if given := call.raw("unit"):
        return given
    for unit in (MODULAR, WHOLE):
        if os.path.lexists(os.path.join(_RUN, _SOCKETS[unit])):
            return unit
    whole, modular = (os.path.lexists(os.path.join(_UNITS, one)) for one in (WHOLE, MODULAR))
    return MODULAR if modular and not whole else WHOLE


def kept(call: Call, what: str) -> str:
    """The path of what is remembered of this resource until the host boots."""
    return f"{call.kept}.{what}"


def forget(call: Call) -> None:
    """It has answered, or starts anew."""
    try:  # noqa: SIM105 - a monitor does without contextlib
        os.unlink(kept(call, "silent"))
    except OSError:
        pass
