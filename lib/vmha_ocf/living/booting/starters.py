"""What starts guests on a host that boots, before anybody opens its gate. Pure.

NovaCompute looks when it starts, and keeps it as the permanent node attribute ``evacuation-starters``:
words by commas, or ``none``. So a controller can tell without a login on the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ATTRIBUTE = "evacuation-starters"
NONE = "none"
AUTOSTART, LIBVIRT_GUESTS, RESUME = "autostart", "libvirt-guests", "resume"

SHOWN = {
    AUTOSTART: "guests of Nova are marked autostart, and start at boot also after a failure: "
    "virsh autostart --disable GUEST",
    LIBVIRT_GUESTS: "libvirt-guests starts guests at boot, also after a failure: "
    "systemctl disable libvirt-guests",
}
"""Of a running host's, for ``pcs status``: Pacemaker keeps 128 characters."""

_TOLD = {
    AUTOSTART: (
        "libvirt starts guests of Nova when it starts",
        "virsh autostart --disable GUEST, for each of: virsh list --all --autostart --name",
    ),
    LIBVIRT_GUESTS: (
        "libvirt-guests starts guests at boot (ON_BOOT=start)",
        "ON_BOOT=ignore in /etc/default/libvirt-guests or /etc/sysconfig/libvirt-guests, or systemctl "
        "disable libvirt-guests",
    ),
    RESUME: (
        "nova-compute starts guests when it starts (resume_guests_state_on_host_boot)",
        "resume_guests_state_on_host_boot = false in nova.conf",
    ),
}


def format_starters(found: Iterable[str]) -> str:
    return ",".join(found) or NONE


def told(text: str) -> Sequence[tuple[str, str]]:
    """What starts guests, and how it is ended; of an attribute's text. What nobody of us wrote is
    nothing."""
    return [_TOLD[word] for word in text.split(",") if word in _TOLD]
