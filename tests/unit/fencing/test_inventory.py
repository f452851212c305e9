from __future__ import annotations

import grp
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmha_ocf.backends.bmc.inventory_file import _exposed, read_inventory
from vmha_ocf.errors import LocalParameterError, ParameterError
from vmha_ocf.fencing.inventory import parse_inventory
from vmha_ocf.model import NodeName

GOOD = """\
# all of our hosts
[DEFAULT]
username = fencing
password = 1% a:b; # c = d

[compute-1]
ip = 192.0.2.7

[compute-2]
ip = 192.0.2.8
ipport = 6230
password = other
privlvl = operator
cipher = 3
host = c2.example.com
"""


def test_a_section_is_a_node_with_its_bmc() -> None:
    inventory = parse_inventory(GOOD, "/etc/bmc", "cloud.org")
    one, two = inventory.targets
    assert (one.node, one.host) == ("compute-1", "compute-1.cloud.org")
    assert (two.node, two.host) == ("compute-2", "c2.example.com")
    assert one.access is not None
    assert two.access is not None
    assert one.access.password == "1% a:b; # c = d"
    assert (two.access.password, two.access.port, two.access.suite) == ("other", 6230, 3)


def test_a_host_is_found_by_either_name() -> None:
    inventory = parse_inventory(GOOD, "/etc/bmc", "")
    assert inventory.find("compute-2") is inventory.find("c2.example.com")
    assert inventory.find("unknown", NodeName("compute-1")).node == "compute-1"


def test_a_machine_may_run_several_hosts_of_nova() -> None:
    text = "[compute-1]\nip = 1\nhost = a.lan, b  c\n"
    (target,) = parse_inventory(text, "/etc/bmc", "example.com").targets
    assert target.hosts == ("a.lan", "b.example.com", "c.example.com")
    inventory = parse_inventory(text, "/etc/bmc", "")
    assert all(inventory.find(name).node == "compute-1" for name in ("compute-1", "a.lan", "c"))


class TestTwoNameSpaces:
    """Pacemaker's names of nodes and Nova's of hosts. A name that means two machines is nobody's."""

    CROSSED = "[compute-0]\nip = 1\nhost = compute-1\n[compute-1]\nip = 2\nhost = compute-2\n"
    APART = "[a]\nip = 1\nhost = compute-7\n[compute-1]\nip = 2\n[compute-2]\nip = 3\n"

    @pytest.mark.parametrize(
        "text",
        [
            CROSSED,
            CROSSED.replace("host = compute-1", "host = Compute-1"),
            CROSSED.replace("host = compute-1", "host = other, compute-1"),
        ],
    )
    def test_a_file_where_they_cross_is_refused(self, text: str) -> None:
        with pytest.raises(
            LocalParameterError,
            match=r"host .ompute-1 of \[compute-0\] is called like the node \[compute-1\]",
        ) as refused:
            parse_inventory(text, "/etc/bmc", "")
        assert "rename the node in Pacemaker, or set host to its full name" in refused.value.hint

    def test_names_that_a_domain_keeps_apart_do_not_cross(self) -> None:
        assert len(parse_inventory(self.CROSSED, "/etc/bmc", "example.com").targets) == 2

    @pytest.mark.parametrize(
        ("plug", "node", "found"),
        [
            ("compute-1", "compute-1", "compute-1"),
            ("compute-7", "a", "a"),
            ("compute-7", None, "a"),
            ("compute-7", "a.of.pacemaker", "a"),
            ("compute-1.example.com", "compute-1", "compute-1"),
            ("compute-1", "elsewhere", "compute-1"),
        ],
    )
    def test_the_node_is_who_is_to_be_fenced(
        self, plug: str, node: str | None, found: str
    ) -> None:
        inventory = parse_inventory(self.APART, "/etc/bmc", "")
        assert inventory.find(plug, NodeName(node) if node else None).node == found

    def test_a_map_that_means_another_machine_is_refused(self) -> None:
        inventory = parse_inventory(self.APART, "/etc/bmc", "")
        for plug in ("compute-2", "compute-7"):
            with pytest.raises(
                ParameterError, match="compute-1 is the node .compute-1."
            ) as caught:
                inventory.find(plug, NodeName("compute-1"))
            assert "nothing is done to either" in caught.value.message
            assert "pcmk_host_map" in caught.value.hint

    def test_a_node_that_was_forgotten_is_not_another_one_s_host(self) -> None:
        """Pacemaker fences compute-7, which is not in the file: [a] must stay as it is."""
        inventory = parse_inventory(self.APART, "/etc/bmc", "")
        with pytest.raises(ParameterError, match="compute-7 is not in /etc/bmc") as caught:
            inventory.find("compute-7", NodeName("compute-7"))
        assert caught.value.hint.startswith("[a] has that name in Nova, and is another machine")

    def test_the_full_name_of_a_node_is_its_own(self) -> None:
        inventory = parse_inventory(self.APART, "/etc/bmc", "example.com")
        full = "compute-1.example.com"
        assert inventory.find(full, NodeName(full)).node == "compute-1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ip = swordfish\n", "line 1 comes before any"),
        ("[a]\nip=1\n[a]\nip=2\n", r"\[a\] is there twice, again in line 3"),
        ("[a]\nip=1\nip=2\n", r"\[a\] has ip twice, again in line 3"),
        ("[a]\nip=1\nswordfish\n", "in line 3"),
        ("[a]\npassword=swordfish\n", r"\[a\] has no ip"),
        ("[a]\nip=1\npaswd=swordfish\n", "unknown name paswd"),
        ("[a]\nip=1\ncipher=1\n", r"\[a\]: cipher=1 is not possible"),
        ("[a]\nip=1\n[b]\nip=1\n", r"\[a\] and \[b\] have the same BMC 1"),
        ("[a]\nip=1\nhost=h\n[b]\nip=2\nhost=h\n", "have the same host h"),
        ("[a]\nip=::1\n[b]\nip=0:0:0:0:0:0:0:1\n", r"\[a\] and \[b\] have the same BMC 0:0"),
        ("[a]\nip=127.0.0.1\n[b]\nip=127.1\n", "have the same BMC 127.1"),
        ("", "it has no host"),
        ("[DEFAULT]\nusername = u\n", "it has no host"),
        ("[a]\nip=10.0.0.010\n", r"\[a\]: ip=10.0.0.010 has a part with a zero in front"),
        ('[a]\nip="192.0.2.7"\n', r'\[a\]: ip="192.0.2.7" is no name or address'),
        ("[a]\nip=192.0.2.7:6230\n", "ip=192.0.2.7:6230 is no name or address"),
        ("[a]\nip=https://root:swordfish@bmc\n", r"\[a\]: ip=bmc is no name or address"),
        ("[a]\nip=[::1]\n[b]\nip=::1\n", r"\[a\] and \[b\] have the same BMC ::1"),
        ("[a]\nip=BMC.lan\n[b]\nip=bmc.lan.\n", "have the same BMC bmc.lan."),
        ("[a]\nip=1\nusername=u\n  password=swordfish\n", r"\[a\]: the value of username goes on"),
        (
            "[DEFAULT]\nusername=u\n\tpassword=swordfish\n[a]\nip=1\n",
            r"\[DEFAULT\]: the value of u",
        ),
        (
            "[a]\nip=1\nusername=u\rpassword=swordfish\n",
            r"\[a\]: the value of username holds a con",
        ),
        (
            "[a]\nip=1\npassword=swordfish\x1b[2J\n",
            r"\[a\]: the value of password holds a control",
        ),
    ],
)
def test_a_bad_file_is_told_by_its_place_not_by_its_text(text: str, sentence: str) -> None:
    with pytest.raises(LocalParameterError, match=sentence) as refused:
        parse_inventory(text, "/etc/bmc", "")
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[a]\npassword=x\n", "fence_compute -o validate-all"),
        (
            "[a]\nip=1\npaswd=x\n",
            "allowed are cipher, hexadecimal_kg, host, ip, ipport, kdump_address, password",
        ),
        ("[a]\nip=1\ncipher=1\n", "allowed are 3 and 17"),
    ],
)
def test_a_bad_file_says_which_it_is_and_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(LocalParameterError, match="inventory /etc/bmc: ") as refused:
        parse_inventory(text, "/etc/bmc", "")
    assert hint in refused.value.hint


def test_every_line_that_is_none_is_told() -> None:
    with pytest.raises(LocalParameterError, match="in line 3, 5") as refused:
        parse_inventory("[a]\nip=1\nx\nhost=h\ny\n", "/etc/bmc", "")
    assert refused.value.message.endswith("no 'name = value' in line 3, 5")


def test_an_unknown_host_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ParameterError, match="Compute-1 is not in /etc/bmc") as refused:
        parse_inventory(GOOD, "/etc/bmc", "").find("Compute-1", NodeName("c1"))
    assert refused.value.hint == "it has compute-1, compute-2; names are case-sensitive"


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (8, "h0, h1, h2, h3, h4, h5, h6, h7"),
        (9, "h0, h1, h2, h3, h4, h5, h6, h7, ..."),
    ],
)
def test_of_many_hosts_some_are_told(count: int, told: str) -> None:
    text = "".join(f"[h{number}]\nip=192.0.2.{number}\n" for number in range(count))
    with pytest.raises(ParameterError) as refused:
        parse_inventory(text, "/etc/bmc", "").find("x")
    assert refused.value.hint == f"it has {told}; names are case-sensitive"


def test_two_hosts_may_share_an_address_on_different_ports() -> None:
    inventory = parse_inventory("[a]\nip=1\nipport=1\n[b]\nip=1\nipport=2\n", "/etc/bmc", "")
    assert [target.node for target in inventory.targets] == ["a", "b"]
    assert inventory.path == "/etc/bmc"


def test_a_value_may_hold_a_colon_and_the_file_empty_lines() -> None:
    text = "[a]\nip=fe80::1\n\npassword: x\n"
    with pytest.raises(LocalParameterError, match="no 'name = value' in line 4"):
        parse_inventory(text, "/etc/bmc", "")


def test_an_empty_line_ends_a_value() -> None:
    one = parse_inventory("[a]\nip=1\n\n  host=h\n", "/etc/bmc", "").targets[0]
    assert (str(one.access), one.host) == ("1", "h")


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ParameterError):
        parse_inventory(text, "/etc/bmc", "")


def file_of(folder: Path, mode: int) -> str:
    path = folder / "inventory"
    path.write_text(GOOD)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode", [0o660, 0o620, 0o602, 0o666])
def test_a_file_that_others_could_have_written_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(LocalParameterError, match=f"can be written by others .mode {mode:o}"):
        read_inventory(file_of(tmp_path, mode), "")


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_a_file_that_others_can_read_fences_and_is_told(tmp_path: Path, mode: int) -> None:
    path = file_of(tmp_path, mode)
    inventory = read_inventory(path, "")
    assert len(inventory.targets) == 2
    assert inventory.exposed == f"{path} can be read by every user of this node: chmod 600 {path}"


def test_a_group_that_can_read_it_is_told_by_its_name_unless_it_is_pacemakers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {7: "operators", 8: "haclient"}

    def entry(number: int) -> grp.struct_group:
        return grp.struct_group((named[number], "", number, []))

    monkeypatch.setattr(grp, "getgrgid", entry)
    status = os.stat_result((0o100640, 0, 0, 1, 0, 7, 0, 0, 0, 0))
    assert (
        _exposed("/etc/i", status) == "/etc/i can be read by the group operators: chmod 600 /etc/i"
    )
    unnamed = os.stat_result((0o100640, 0, 0, 1, 0, 9, 0, 0, 0, 0))
    assert _exposed("/etc/i", unnamed) == "/etc/i can be read by the group 9: chmod 600 /etc/i"
    for group, mode in ((8, 0o640), (0, 0o640), (7, 0o600), (7, 0o611)):
        status = os.stat_result((0o100000 | mode, 0, 0, 1, 0, group, 0, 0, 0, 0))
        assert _exposed("/etc/i", status) == ""


def test_a_file_from_windows_is_read_and_a_lone_carriage_return_ends_no_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "inventory"
    path.touch(0o600)
    path.write_bytes(b"\xef\xbb\xbf[a]\r\nip = 192.0.2.7\r\npassword = sword\tfish\r\n")
    (target,) = read_inventory(str(path), "").targets
    assert target.access is not None
    assert (target.access.address, target.access.password) == ("192.0.2.7", "sword\tfish")
    path.write_bytes(b"[a]\nip = 192.0.2.7\nusername = a\r[b]\rip = 192.0.2.8\n")
    with pytest.raises(LocalParameterError, match="username holds a control character"):
        read_inventory(str(path), "")


def test_a_private_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "inventory"
    path.write_text(GOOD)
    path.chmod(0o600)
    assert len(read_inventory(str(path), "").targets) == 2


def test_no_file_and_no_text_have_their_sentences(tmp_path: Path) -> None:
    with pytest.raises(LocalParameterError, match="No such file"):
        read_inventory(str(tmp_path / "absent"), "")
    with pytest.raises(LocalParameterError, match="cannot be read: Is a directory"):
        read_inventory(str(tmp_path), "")
    path = tmp_path / "binary"
    path.write_bytes(b"[\xff]\n")
    path.chmod(0o600)
    with pytest.raises(LocalParameterError, match="not UTF-8"):
        read_inventory(str(path), "")
