from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from vmha_ocf.fencing.names import Names, Words, learn, pairs_of, way_to_say
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, NodeName, NovaHost

NODE = NodeName("compute-1")
OTHER = NodeName("a-compute-1")
PLAIN = NovaHost("compute-1")
A = NovaHost("compute-1.a.example.com")
B = NovaHost("compute-1.b.example.com")


def device(**hosts: Sequence[NovaHost]) -> Mapping[NodeName, Sequence[NovaHost]]:
    return {NodeName(node.replace("_", "-")): told for node, told in hosts.items()}


class TestWhoIsBelieved:
    def test_the_device_before_the_domain_and_the_name(self) -> None:
        words = Words([NODE], {"fence": device(compute_1=[B])}, domain="a.example.com")
        for listed in (None, [PLAIN, A, B]):
            names = learn(Words(words.nodes, words.devices, domain=words.domain, listed=listed))
            assert names.hosts_of(NODE) == (B,)
            assert names.node_of(B) == NODE
            assert names.node_of(A) is None

    def test_a_flag_where_no_device_of_ours_knows_the_node(self) -> None:
        pair = (NODE, B)
        for words in (Words([NODE], flagged=[pair]), Words([NODE], remembered=[pair])):
            assert learn(words).hosts_of(NODE) == (B,)
        names = learn(Words([NODE], flagged=[(NODE, A)], remembered=[(NODE, B)], listed=[A, B]))
        assert names.hosts_of(NODE) == (A, B), "a machine may run two"

    def test_a_device_that_was_corrected_before_the_flags_of_then(self) -> None:
        words = Words([NODE], {"fence": device(compute_1=[B])}, remembered=[(NODE, A)])
        assert learn(words).hosts_of(NODE) == (B,)

    @pytest.mark.parametrize(
        ("domain", "listed", "hosts"),
        [
            ("", [PLAIN], (PLAIN,)),
            ("", [A], ()),
            ("a.example.com", [A], (A,)),
            (".a.example.com", [A], (A,)),
            ("a.example.com", [PLAIN, A], (A,)),
            ("a.example.com", [PLAIN], (PLAIN,)),
            ("a.example.com", [B], ()),
            ("", [NovaHost("Compute-1")], ()),
            ("a.example.com", None, ()),
        ],
    )
    def test_the_domain_then_the_name_if_nova_lists_it_exactly_so(
        self, domain: str, listed: list[NovaHost] | None, hosts: tuple[NovaHost, ...]
    ) -> None:
        assert learn(Words([NODE], domain=domain, listed=listed)).hosts_of(NODE) == hosts

    def test_what_nova_does_not_list_is_no_answer(self) -> None:
        words = Words([NODE], {"fence": device(compute_1=[B])}, listed=[PLAIN])
        assert learn(words).hosts_of(NODE) == (PLAIN,)

    def test_all_hosts_of_a_machine(self) -> None:
        words = Words([NODE], {"fence": device(compute_1=[A, B])}, listed=[A, B, PLAIN])
        assert learn(words).hosts_of(NODE) == (A, B)


class TestContradictions:
    def test_of_two_devices(self) -> None:
        words = Words([NODE], {"x": device(compute_1=[A]), "y": device(compute_1=[B])})
        names = learn(words)
        assert names.hosts_of(NODE) == ()
        assert f"it is {A} for x and {B} for y" in names.doubts[NODE]
        assert learn(Words([NODE], words.devices, listed=[A])).hosts_of(NODE) == (A,)

    def test_of_a_device_and_a_flag(self) -> None:
        words = Words([NODE], {"x": device(compute_1=[A])}, flagged=[(NODE, B)], listed=[A, B])
        names = learn(words)
        assert names.hosts_of(NODE) == ()
        assert f"it is {A} for x and {B} for its flag" in names.doubts[NODE]

    def test_are_none_where_a_device_and_a_flag_agree(self) -> None:
        words = Words([NODE], {"x": device(compute_1=[A, B])}, flagged=[(NODE, B)])
        names = learn(words)
        assert (names.hosts_of(NODE), names.doubts) == ((A, B), {})

    def test_two_nodes_cannot_be_one_host(self) -> None:
        names = learn(Words([], {"x": device(compute_1=[A], a_compute_1=[A])}))
        assert names.hosts == {}
        assert names.doubts[NODE] == names.doubts[OTHER]
        assert f"{A} of Nova would be {OTHER} and {NODE} at once" in names.doubts[NODE]

    def test_a_guess_takes_no_host_that_somebody_knows(self) -> None:
        words = Words(
            [NODE, OTHER],
            {"x": device(a_compute_1=[A])},
            domain="a.example.com",
            listed=[A, B],
        )
        names = learn(words)
        assert names.hosts == {OTHER: (A,)}
        assert names.doubts == {}
        assert names.may_be(NODE) == (B,)

    def test_a_node_in_doubt_is_not_named_by_its_domain(self) -> None:
        words = Words(
            [NODE],
            {"x": device(compute_1=[A]), "y": device(compute_1=[B])},
            domain="a.example.com",
            listed=[A, B],
        )
        assert learn(words).hosts == {}


class TestWhatItMayBe:
    def test_is_what_it_is(self) -> None:
        assert learn(Words([NODE], listed=[PLAIN, B])).may_be(NODE) == (PLAIN,)

    def test_is_else_all_that_are_called_alike_and_nobodys(self) -> None:
        words = Words(
            [OTHER], {"x": device(a_compute_1=[A])}, listed=[B, A, NovaHost("COMPUTE-1.x")]
        )
        assert learn(words).may_be(NODE) == ("COMPUTE-1.x", B)

    def test_is_nothing_while_nova_does_not_say(self) -> None:
        assert Names().may_be(NODE) == ()


@pytest.mark.parametrize(
    ("flag", "pairs"),
    [
        (
            Flag(B, FlagState.NEEDED, NODE, evidence=Evidence("ctl1", Epoch(1.0), "off")),
            {(NODE, B)},
        ),
        (Flag(B, FlagState.NEEDED, NODE), set()),
        (Flag(B, FlagState.DONE), set()),
    ],
)
def test_only_a_flag_with_a_proof_names_a_host(flag: Flag, pairs: set[object]) -> None:
    assert pairs_of([flag]) == pairs


@pytest.mark.parametrize(
    ("node", "host", "devices", "domain", "way"),
    [
        (NODE, B, {}, "", "set domain=b.example.com of NovaEvacuate"),
        (NODE, B, {}, "a.example.com", "in a fence_compute device of its fencing level"),
        (NodeName("Compute-1"), B, {}, "", "in a fence_compute device of its fencing level"),
        (NodeName("Compute-1"), PLAIN, {}, "", "pcmk_host_map=Compute-1:compute-1"),
        (NodeName("compute-1.lan"), PLAIN, {}, "", "pcmk_host_map=compute-1.lan:compute-1"),
        (NODE, B, {"fence": device(compute_1=[PLAIN])}, "", "have fence name it: pcmk_host_map="),
        (NODE, B, {"fence": device(compute_2=[PLAIN])}, "", "set domain=b.example.com"),
    ],
)
def test_the_way_to_say_it_makes_it_known(
    node: NodeName,
    host: NovaHost,
    devices: Mapping[str, Mapping[NodeName, Sequence[NovaHost]]],
    domain: str,
    way: str,
) -> None:
    told = way_to_say(node, host, Words([node], devices, domain=domain))
    assert way in told
    if told.startswith("set domain="):
        followed = Words([node], devices, domain=told.split("=")[1].split()[0], listed=[host])
    else:
        followed = Words([node], {"fence": {node: [host]}}, domain=domain, listed=[host])
    assert learn(followed).hosts_of(node) == (host,)
