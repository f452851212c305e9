"""`pip install` of sdist and wheel as docs/deploy.rst has it, on a controller with Debian's libraries."""

from __future__ import annotations

import pytest

from tests.packages.clean_root import CleanRoot
from tests.packages.conftest import NewRoot
from tests.packages.documented import typed

pytestmark = pytest.mark.packages

OCF = "/usr/lib/ocf/resource.d/openstack"
OURS = "from vmha_ocf.programs.fence_compute import main"
LIBRARIES = ("python3-novaclient", "python3-keystoneauth1", "python3-pyghmi", "python3-lxml")


@pytest.fixture(scope="module")
def without(new_root: NewRoot, built: CleanRoot, controller: CleanRoot) -> CleanRoot:
    """A controller with all that the package depends on, pip, and not the package."""
    built.install("python3-wheel")
    built.must("sh", "-c", "cd /root/vmha-ocf && python3 setup.py -q sdist bdist_wheel")
    root = new_root(controller, f"{built.own}/root/vmha-ocf/dist:/dist")
    root.must("sh", "-c", "apt-get -q -y purge vmha-ocf vmha-ocf-compute python3-vmha-ocf")
    root.must("sh", "-c", f"{typed('With pip')[0]} -q -y")
    return root


@pytest.mark.parametrize("kind", ["tar.gz", "whl"])
def test_it_is_where_pacemaker_looks_and_goes_without_a_trace(
    new_root: NewRoot, without: CleanRoot, kind: str
) -> None:
    root = new_root(without, without.shared)
    # Newer setuptools write vmha_ocf for vmha-ocf.
    (file,) = root.must("sh", "-c", f"ls /dist/*.{kind}").split()
    divert, install, uninstall, undivert = (
        line.replace("vmha-ocf-0.1.0.tar.gz", file) for line in typed("With pip")[1:]
    )
    before = root.must("sh", "-c", "sha256sum /usr/sbin/fence_compute")
    root.must("sh", "-c", divert)
    root.must("sh", "-c", install)
    for agent in ("NovaEvacuate", "NovaCompute", "NovaInstances", "Libvirtd"):
        assert root.must("head", "-1", f"{OCF}/{agent}") == "#!/usr/bin/python3\n"
        assert f'<resource-agent name="{agent}"' in root.must(f"{OCF}/{agent}", "meta-data")
    assert OURS in root.must("cat", "/usr/sbin/fence_compute")
    assert "already off is recorded too" in root.must("/usr/sbin/fence_compute", "-o", "metadata")
    assert "waiting" in root.run("timeout", "15", "/usr/lib/vmha-ocf/nova-compute-gate").stderr
    for path in ("vmha-ocf/pcs-examples/evacuate.sh", "vmha-ocf/examples/notify-nagios"):
        root.must("test", "-x", f"/usr/share/{path}")
    root.must("test", "-f", "/usr/share/bash-completion/completions/vmha")
    assert {"check", "status", "history"} <= set(root.must("vmha", "--help").split())
    # Debian's own stay as they are.
    assert root.must("dpkg", "--verify", *LIBRARIES) == ""
    root.must("sh", "-c", uninstall)
    root.must("sh", "-c", undivert)
    assert root.must("sh", "-c", "sha256sum /usr/sbin/fence_compute") == before
    assert root.must("find", "/usr", "-name", "*vmha*", "-not", "-type", "d") == ""
