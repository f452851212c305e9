"""The RPM packages, as Debian's rpmbuild makes them: what is in them, and what they ask for."""

from __future__ import annotations

import configparser
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.lab.layout import REPOSITORY
from vmha_ocf.agent.version import VERSION

pytestmark = pytest.mark.packages
PACKAGES = ("vmha-ocf", "vmha-ocf-compute", "python3-vmha-ocf")
SPEC = REPOSITORY / "rpm/vmha-ocf.spec"
OPENSTACK = ("novaclient", "keystoneauth", "openstacksdk", "pyghmi", "rich")


def said(*words: str) -> list[str]:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()


class Rpm:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = set(self.query("-l"))

    def query(self, *words: str) -> list[str]:
        return said("rpm", "-qp", *words, str(self.path))

    def has(self, pattern: str) -> bool:
        return any(fnmatch(name, f"/{pattern}") for name in self.files)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rpm]:
    folder = tmp_path_factory.mktemp("rpm")
    said("make", "-s", "-C", str(REPOSITORY), "rpm", f"RPM={folder}")
    found = map(Rpm, (folder / "RPMS/noarch").iterdir())
    return {one.query("--queryformat", "%{NAME}")[0]: one for one in found}


def test_there_are_as_many_as_of_debian_and_of_the_same_version(built: dict[str, Rpm]) -> None:
    assert f"vmha-ocf ({VERSION})" in (REPOSITORY / "debian/changelog").read_text()
    told = {
        one.query("--queryformat", "%{VERSION} %{ARCH} %{LICENSE}")[0] for one in built.values()
    }
    assert told == {f"{VERSION} noarch Apache-2.0"}
    assert set(built) == set(PACKAGES)
    assert built["vmha-ocf"].query("--changelog")


@pytest.mark.parametrize("name", PACKAGES)
def test_what_the_deb_installs_is_in_it(built: dict[str, Rpm], name: str) -> None:
    wanted = []
    for line in (REPOSITORY / f"debian/{name}.install").read_text().splitlines():
        source, _, place = line.partition(" ")
        wanted.append(f"{place}/{Path(source).name}" if place else source)
    for list_ in (REPOSITORY / "debian").glob(f"{name}.manpages"):
        for page in list_.read_text().split():
            wanted.append(f"usr/share/man/man{page[-1]}/{Path(page).name}*")
    for pattern in wanted:
        there = pattern.replace("python3*/dist-packages", "python3*/site-packages")
        # A folder is there by what is in it: two packages may have a part each.
        assert built[name].has(there) or built[name].has(f"{there}/*"), pattern


def test_each_file_of_setup_cfg_is_in_one_of_them(built: dict[str, Rpm]) -> None:
    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    for folder, patterns in setup["options.data_files"].items():
        for pattern in patterns.split():
            for path in REPOSITORY.glob(pattern):
                owners = [
                    name for name, one in built.items() if one.has(f"usr/{folder}/{path.name}")
                ]
                assert len(owners) == 1, (path, owners)


def test_nobody_else_owns_a_file_of_another(built: dict[str, Rpm]) -> None:
    everything = [name for one in built.values() for name in one.files]
    assert len(everything) == len(set(everything))


def test_agents_are_executable_and_secrets_have_a_place_of_their_own(
    built: dict[str, Rpm],
) -> None:
    modes = dict(
        line.split()[::-1]
        for one in built.values()
        for line in one.query("--queryformat", r"[%{FILEMODES:perms} %{FILENAMES}\n]")
    )
    for name in (
        "/usr/sbin/fence_compute",
        "/usr/bin/vmha",
        "/usr/lib/ocf/resource.d/openstack/NovaEvacuate",
        "/usr/lib/ocf/resource.d/openstack/NovaCompute",
        "/usr/lib/ocf/resource.d/openstack/NovaInstances",
        "/usr/lib/ocf/resource.d/openstack/Libvirtd",
        "/usr/lib/vmha-ocf/nova-compute-gate",
        "/usr/share/vmha-ocf/alert-wake",
        "/usr/share/vmha-ocf/pcs-examples/recipe-inventory.sh",
    ):
        assert modes[name] == "-rwxr-xr-x", name
    assert modes["/etc/vmha"] == "drwx------"
    assert not [name for name, mode in modes.items() if mode[8] == "w" and mode[0] != "l"]


def test_controllers_ask_for_what_they_need_by_the_names_of_el_and_fedora(
    built: dict[str, Rpm],
) -> None:
    asked = {line.split()[0] for line in built["vmha-ocf"].query("--requires")}
    assert {
        "fence-agents-common", "pacemaker", "python3-keystoneauth1", "python3-lxml", "python3-novaclient",
        "python3-openstacksdk", "python3-pyghmi", "python3-pyyaml", "python3-rich", "vmha-ocf-compute",
    } <= asked  # fmt: skip
    # It has the same program in the same place.
    assert built["vmha-ocf"].query("--conflicts") == ["fence-agents-compute"]


def test_compute_hosts_get_no_library_of_openstack(built: dict[str, Rpm]) -> None:
    """rpm would read them from the Python package's metadata."""
    for name in PACKAGES[1:]:
        asked = " ".join(built[name].query("--requires"))
        assert not [one for one in OPENSTACK if one in asked], asked
    assert "(pacemaker-remote or pacemaker)" in built["vmha-ocf-compute"].query("--requires")


def test_its_scripts_make_the_logs_place_and_nothing_else(built: dict[str, Rpm]) -> None:
    scripts = {name: "\n".join(one.query("--scripts")) for name, one in built.items()}
    assert "systemd-tmpfiles --create /usr/lib/tmpfiles.d/vmha-ocf.conf" in scripts["vmha-ocf"]
    assert scripts["vmha-ocf-compute"] == scripts["python3-vmha-ocf"] == ""


def test_what_is_in_it_answers(built: dict[str, Rpm], tmp_path: Path) -> None:
    """Unpacked, not installed: Debian has no place for it."""
    for one in built.values():
        unpack = f"rpm2cpio {one.path} | cpio -idm --quiet"
        subprocess.run(["sh", "-c", unpack], cwd=tmp_path, check=True)
    [library] = tmp_path.glob("usr/lib/python3*/site-packages")
    for agent in ("NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd"):
        program = tmp_path / f"usr/lib/ocf/resource.d/openstack/{agent}"
        told = subprocess.run(
            [program, "meta-data"],
            check=True, capture_output=True, text=True, env={"PYTHONPATH": str(library)},
        ).stdout  # fmt: skip
        assert f'<resource-agent name="{agent}"' in told
