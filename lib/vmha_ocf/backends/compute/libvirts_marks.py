"""By what libvirt starts guests when this host boots: its autostart, and libvirt-guests' list of those that
it has stopped.

After a failure both are a second copy of each guest that was evacuated: libvirt keeps its definition until
nova-compute runs again, which is what the gate delays. So waiting at a gate is not enough here. Who puts
ours before libvirt (``gate-host.sh``, UNIT=libvirtd.service) has the marks taken away instead, and nothing
but Nova starts a guest of Nova.

A monitor imports this: nothing heavy.
"""

from __future__ import annotations

import os

from vmha_ocf.errors import LocalParameterError
from vmha_ocf.living.booting.starters import AUTOSTART, LIBVIRT_GUESTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEFINITIONS = "etc/libvirt/qemu"
_AUTOSTART = "etc/libvirt/qemu/autostart"
_STOPPED = "var/lib/libvirt/libvirt-guests"
"""LISTFILE of libvirt-guests.sh: a line for each URI, with the uuids of its guests."""
_SETTINGS = ("etc/default/libvirt-guests", "etc/sysconfig/libvirt-guests")
_ENABLED = "etc/systemd/system/multi-user.target.wants/libvirt-guests.service"
_GATES = tuple(
    f"etc/systemd/system/{unit}.service.d/vmha-gate.conf" for unit in ("libvirtd", "virtqemud")
)
_NOVAS = b"openstack.org/xmlns/libvirt/nova"
"""In each definition that Nova has written (nova/virt/libvirt/config.py, NOVA_NS), whatever its template of
names."""
_LONGEST = 1_000_000


def starters(root: str = os.sep) -> Sequence[str]:
    """Words of booting/starters.py: what would start guests of Nova at the next boot."""
    found = {AUTOSTART: autostart(root), LIBVIRT_GUESTS: libvirt_guests(root)}
    return [word for word, starts in found.items() if starts]


def autostart(root: str = os.sep) -> bool:
    """Whether libvirt itself starts a guest of Nova."""
    return not _is_gated(root) and any(_marked(root))


def libvirt_guests(root: str = os.sep) -> bool:
    """Whether libvirt-guests starts what it has stopped. It does where nobody has said otherwise; the last
    assignment wins."""
    if _is_gated(root) or not os.path.lexists(os.path.join(root, _ENABLED)):
        return False
    said = [word for name in _SETTINGS for word in _assigned(os.path.join(root, name))]
    return not said or said[-1] == "start"


def take_away(root: str = os.sep) -> Sequence[str]:
    """Both marks, of Nova's guests alone; one sentence for each. Raises LocalParameterError."""
    try:
        return [*_take_autostart(root), *_take_list(root)]
    except OSError as error:
        raise LocalParameterError(
            f"{error.filename} would start guests of Nova, and cannot be changed: {error.strerror}",
            hint="remove it by hand; libvirt is not started before, as these guests may run elsewhere",
        ) from None


def _is_gated(root: str) -> bool:
    return any(os.path.lexists(os.path.join(root, gate)) for gate in _GATES)


def _marked(root: str) -> Iterator[str]:
    """Paths of the links."""
    folder = os.path.join(root, _AUTOSTART)
    for name in _listed(folder):
        if name.startswith("instance-") or _is_novas(os.path.join(root, _DEFINITIONS, name)):
            yield os.path.join(folder, name)


def _take_autostart(root: str) -> Iterator[str]:
    for path in _marked(root):
        os.unlink(path)
        name = os.path.basename(path).removesuffix(".xml")
        yield f"{name} was marked autostart: the mark is taken away, as Nova starts its guests"


def _take_list(root: str) -> Iterator[str]:
    path = os.path.join(root, _STOPPED)
    if not (lines := _read(path).splitlines()):
        return
    novas = _uuids(root)
    left = [" ".join(word for word in line.split() if word not in novas) for line in lines]
    if (
        gone := sum(len(line.split()) for line in lines) - sum(len(line.split()) for line in left)
    ) == 0:
        return
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in left if len(line.split()) > 1)
    os.replace(f"{path}.new", path)
    yield f"libvirt-guests was to start {gone} guests of Nova: they are taken off its list"


def _uuids(root: str) -> set[str]:
    folder = os.path.join(root, _DEFINITIONS)
    paths = [os.path.join(folder, name) for name in _listed(folder) if name.endswith(".xml")]
    texts = [_read(path) for path in paths if _is_novas(path)]
    return {text.partition("<uuid>")[2].partition("</uuid>")[0].strip() for text in texts}


def _is_novas(path: str) -> bool:
    return _NOVAS in _read(path).encode()


def _listed(folder: str) -> Sequence[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return ()


def _assigned(path: str) -> Iterator[str]:
    for line in _read(path).splitlines():
        name, _, value = line.strip().removeprefix("export ").partition("=")
        if name.strip() == "ON_BOOT" and value:
            yield value.split("#")[0].strip().strip("\"'")


def _read(path: str) -> str:
    """ "" where it cannot be read: it starts nothing, as far as anybody can tell."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except OSError:
        return ""
