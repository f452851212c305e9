"""The checks of the fence-agents project on our agent.

Run as they are where Debian ships them: the schema (test_fence_compute.py), the style sheets for
cluster.conf's schema and for the man page. Three are not shipped, and are done here and in
test_fence_compute.py as that project does them: golden metadata, the delay, the options used.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from lxml import etree

from tests.executables.fence_stage import fence
from tests.executables.test_fence_compute import GOLDEN
from vmha_ocf.backends.process import command
from vmha_ocf.fencing.options import OPTIONS
from vmha_ocf.fencing.request import read_request

SHEETS = Path("/usr/share/cluster/relaxng")
RNG = "http://relaxng.org/ns/structure/1.0"


def declared() -> set[str]:
    parameters = etree.fromstring(GOLDEN.read_bytes()).iter("parameter")
    return {str(parameter.get("name")) for parameter in parameters}


def transformed(sheet: str) -> str:
    metadata = ["xsltproc", str(SHEETS / sheet), str(GOLDEN)]
    answer = command.run(metadata, timeout=20)
    assert (answer.rc, answer.stderr) == (0, "")
    return answer.stdout


class Asked(Mapping[str, str]):
    """Options that know which of them were asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


@pytest.mark.real
@pytest.mark.conformance("fence-agents: fence2rng.xsl")
def test_its_metadata_becomes_a_schema_that_has_every_parameter() -> None:
    groups = f'<choice xmlns="{RNG}" xmlns:rha="rha">{transformed("fence2rng.xsl")}</choice>'
    attributes = etree.fromstring(groups).iter(f"{{{RNG}}}attribute")
    assert declared() <= {str(attribute.get("name")) for attribute in attributes}


@pytest.mark.real
@pytest.mark.conformance("fence-agents: fence2man.xsl")
def test_its_metadata_becomes_a_man_page_that_tells_every_option() -> None:
    page = transformed("fence2man.xsl")
    assert ".SH NAME\nfence_compute - Fence agent" in page
    assert all(f"--{option.long}" in page for option in OPTIONS)


@pytest.mark.conformance("fence-agents: options used (done here as there)")
@pytest.mark.parametrize(
    "given",
    [
        {"ip": "192.0.2.7", "username": "admin", "password": "x", "plug": "compute-1"},
        {"inventory": "/etc/vmha/inventory.ini", "nodename": "compute-1"},
        {"record_only": "1"},
        {"ip": "192.0.2.7", "username": "admin", "password": "x", "protocol": "redfish"},
    ],
    ids=["ip", "inventory", "record_only", "redfish"],
)
def test_no_option_is_used_that_is_not_declared(given: Mapping[str, str]) -> None:
    options = Asked({"action": "off", **given})
    read_request(options)
    assert options.names
    assert options.names <= declared()


@pytest.mark.conformance("fence-agents: options used (done here as there)")
def test_an_option_of_ours_that_is_never_used_says_so() -> None:
    used = set()
    for protocol in ("ipmi", "redfish"):
        options = Asked({"action": "off", "ip": "192.0.2.7", "protocol": protocol})
        read_request(options)
        used |= options.names
    unused = [option for option in OPTIONS if option.name not in used]
    assert [option.name for option in unused if not option.meaning.startswith("Ignored")] == []


def test_an_option_that_the_library_does_not_know_is_refused_on_the_command_line() -> None:
    assert fence({}, "--nosuch=1").rc == 1


def test_its_start_asks_no_name_of_dns() -> None:
    """libcurl, which the library would load, asks for this node's own by way of OpenLDAP's."""
    library = Path(__file__).resolve().parents[2] / "lib"
    program = (
        f"import sys; sys.path.insert(0, {str(library)!r})\n"
        "from io import StringIO\n"
        "from vmha_ocf.backends.bmc.fence_library import read_options\n"
        "read_options([], StringIO('action=monitor\\nrecord_only=1\\n'))\n"
        "print([one for one in open('/proc/self/maps') if 'curl' in one or 'ldap' in one])\n"
        "import pycurl; print(pycurl.version.split('/')[0])\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\nPycURL\n", done.stderr
