"""The packages, built once, and roots with them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.layout import REPOSITORY
from tests.packages.clean_root import CACHE, TAKE_SOURCES, CleanRoot, clean_root, missing
from tests.packages.documented import one, typed

# Its modules are in other places, as those of any version may be: what runs must not need its files.
NEWER = """set -e
mkdir /root/newer /root/vmha-ocf/build/deb/newer; cd /root/newer
for package in vmha-ocf vmha-ocf-compute python3-vmha-ocf; do
    dpkg-deb --raw-extract ../vmha-ocf/build/deb/${package}_*_all.deb $package
    sed -i 's/^Version: .*/&+newer/; s/\\(vmha-ocf[a-z-]* (= [^)]*\\))/\\1+newer)/g' $package/DEBIAN/control
    ours=$package/usr/lib/python3/dist-packages/vmha_ocf
    for room in evacuation incidents backends; do
        [ ! -d $ours ] || mv $ours/$room $ours/new_$room
        grep -rlI "vmha_ocf[.]$room" $package/usr |
            xargs -r sed -i "s/vmha_ocf[.]$room/vmha_ocf.new_$room/g"
    done
    dpkg-deb --root-owner-group --build $package ../vmha-ocf/build/deb/newer
done
"""

NewRoot = Callable[..., CleanRoot]
"""A copy of a root, the clean one if none is given; ``shared`` is a folder that is seen inside."""


@pytest.fixture(scope="session")
def new_root() -> Iterator[NewRoot]:
    """Makes copies that are gone at the end: each is hundreds of megabytes."""
    assert not missing(), missing()
    base = clean_root()
    numbers = itertools.count(1)
    with tempfile.TemporaryDirectory(prefix="roots-", dir=CACHE) as folder:

        def new(below: CleanRoot = base, shared: str = "") -> CleanRoot:
            return below.copy(Path(folder, str(next(numbers))), shared)

        yield new


@pytest.fixture(scope="session")
def built(new_root: NewRoot) -> CleanRoot:
    """A root in which docs/start.rst was followed up to `make deb`; lintian is for a test."""
    root = new_root(shared=f"{REPOSITORY}:/source")
    root.must("sh", "-c", TAKE_SOURCES)
    root.install("lintian")
    for command in typed("Packages")[:3]:
        said_yes = command.replace("apt-get", "apt-get -q -y")
        root.must("sh", "-c", f"cd /root/vmha-ocf && {said_yes}")
    return root


@pytest.fixture(scope="session")
def packages(built: CleanRoot) -> Path:
    """The folder with the .deb files."""
    folder = built.own / "root/vmha-ocf/build/deb"
    assert len(list(folder.glob("*.deb"))) == 3
    return folder


@pytest.fixture(scope="session")
def controller(new_root: NewRoot, packages: Path) -> CleanRoot:
    """A root with the controllers' package. Not to be written to: make a copy."""
    root = new_root(shared=f"{packages}:/packages")
    install(root, "./vmha-ocf_")
    return root


@pytest.fixture(scope="session")
def compute_host(new_root: NewRoot, packages: Path) -> CleanRoot:
    """A root with the compute hosts' packages. Not to be written to either."""
    root = new_root(shared=f"{packages}:/packages")
    install(root, "install ./vmha-ocf-compute")
    return root


@pytest.fixture(scope="session")
def newer(built: CleanRoot, packages: Path) -> Path:
    """The folder, beside them, with packages of the next version."""
    built.must("sh", "-c", NEWER)
    return packages / "newer"


def install(root: CleanRoot, *what: str) -> None:
    """As docs/start.rst installs the packages."""
    command = one("Packages", "apt-get install", *what).replace("install", "install -q -y")
    root.must("sh", "-c", f"cd /packages && {command}")
