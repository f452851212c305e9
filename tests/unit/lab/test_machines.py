"""Hosts that systemd boots: what this machine has to have, and what a host has on its disk."""

from __future__ import annotations

from pathlib import Path

from tests.lab.machines import boot
from tests.lab.machines.cgroups import hierarchy

HYBRID = """\
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""


def test_the_unified_hierarchy_is_found_beside_older_ones() -> None:
    assert hierarchy(HYBRID) == Path("/sys/fs/cgroup/unified")


def test_the_unified_hierarchy_is_found_where_it_is_the_only_one() -> None:
    assert hierarchy("cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n") == Path(
        "/sys/fs/cgroup"
    )


def test_one_that_cannot_be_written_is_none() -> None:
    assert hierarchy("cgroup /sys/fs/cgroup cgroup2 ro,nosuid 0 0\n") is None
    assert hierarchy("cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n") is None


def test_a_host_boots_with_an_identity_so_that_nothing_is_enabled_by_a_first_boot(
    tmp_path: Path,
) -> None:
    """systemd applies presets, which on Debian enable all, where /etc/machine-id is missing."""
    for name in ("compute-1", "compute-2"):
        (tmp_path / name).mkdir()
        boot.give(tmp_path / name, tmp_path)
    first, second = (tmp_path / name / "own/etc" for name in ("compute-1", "compute-2"))
    assert len((first / "machine-id").read_text().strip()) == 32
    assert (first / "machine-id").read_text() != (second / "machine-id").read_text()
    wanted = {path.name for path in (first / "systemd/system/multi-user.target.wants").iterdir()}
    assert "nova-compute.service" not in wanted
