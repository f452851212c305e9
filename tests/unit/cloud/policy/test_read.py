from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cloud.policy.texts import IMAGE, PROJECT, WHOLE, policy, told, whole
from vmha_ocf.cloud.policy.kinds import Action
from vmha_ocf.cloud.policy.obeyed import NOT_YET
from vmha_ocf.cloud.policy.read import digest_of, understand
from vmha_ocf.cloud.policy.values import FROM, Gates, Guests, Marks, Measure, Policy


class TestWhatIsUnderstood:
    def test_nothing_is_nothing(self) -> None:
        assert policy("# all of it is a comment\n") == Policy(
            digest_of("# all of it is a comment\n")
        )

    def test_each_key_has_its_value(self) -> None:
        found = policy(WHOLE)
        pets, cattle = found.classes
        assert (pets.name, cattle.name, found.default_class) == ("pets", "cattle", "cattle")
        assert pets.marks == Marks(
            ("pet", "precious"), {"tier": "gold"}, {"vmha:pet": True}, {"pet": True}
        )
        assert pets.rows == {
            "guest.crashed": (Action.RESTART, Action.MOVE, Action.NOTIFY),
            "guest.hung": (Action.NOTIFY,),
            "process.libvirt": (Action.RESTART, Action.NOTIFY),
            "process.nova-compute": (Action.RESTART, Action.DISABLE, Action.FENCE),
            "network.admin": (Action.NONE,),
            "network.tenant": (Action.MIGRATE, Action.DISABLE),
            "network.several": (Action.NOTIFY,),
        }
        assert cattle.rows == {"network.several": (Action.FENCE,)}
        assert found.never_fence == ("gateway-*",)
        assert found.guests == Guests(2, 3600.0, 20, 500.0, 120.0)
        assert found.gates == Gates(90.0, 2)
        assert found.measured == {
            "tenant": Measure("tenant-net", "ping-tenant", 1),
            "storage": Measure("#health-storage", "storage", None, ("green", "yellow")),
        }

    def test_exclusions_have_their_line_and_are_out_of_all_unless_said(self) -> None:
        first, second = policy(WHOLE).exclusions
        assert (first.line, first.out_of, first.marks.image) == (5, FROM, {"amphora": True})
        assert second.out_of == ("evacuation", "move")
        assert second.marks == Marks(images=(IMAGE,), projects=(PROJECT,), names=("canary-*",))

    def test_the_digest_is_the_one_that_people_see(self, tmp_path: Path) -> None:
        path = tmp_path / "policy.toml"
        path.write_text(WHOLE, encoding="utf-8")
        said = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True)
        assert said.stdout.startswith(policy(WHOLE).digest)


class TestWhatNothingDoesYet:
    def test_it_is_refused_with_a_sentence_each(self) -> None:
        found = [str(fault) for fault in understand(WHOLE).faults]
        assert all("it is understood, and not obeyed" in one for one in found), found
        keys = [one.partition(": ")[0].split(", ")[1] for one in found]
        assert list(dict.fromkeys(keys)) == [
            "never_fence",
            "class.pets.process.libvirt",
            "class.pets.process.nova-compute",
            "class.pets.network.tenant",
            "class.cattle.network.several",
        ]
        assert understand(WHOLE).policy == Policy()

    @pytest.mark.parametrize("what", NOT_YET)
    def test_each_of_them_by_itself(self, what: str) -> None:
        found = understand(WHOLE, {what: "of this test"}).faults
        if what == "from.guest":
            assert not found
        else:
            assert found
            assert all("of this test" in fault.what for fault in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "default_clas = 'x'",
            "line 1, default_clas: it is not known (did you mean default_class?)",
        ),
        ("\n\nzzz = 1", "line 3, zzz: it is not known (known: class, default_class"),
        (
            "default_class = 3",
            "line 1, default_class: a whole number is there, and it has to be a text",
        ),
        ("default_class = ''", "line 1, default_class: an empty text is there"),
        ("default_class = 'x'", "line 1, default_class: there is no class 'x' (there is none)"),
        ("class = 3", "line 1, class: a whole number is there, and it has to be a table"),
        ("[class]\nx = []", "line 2, class.x: a list is there, and it has to be a table"),
        ("[class.'a b']\ntags = ['x']", "line 1, class.a b: a class is called by letters"),
        ("[class.a]\n", "line 1, class.a: no instance can be in it, so it can never come to pass"),
        ("[class.a]\ntags = 3", "line 2, class.a.tags: it has to be a list of texts"),
        ("[class.a]\ntags = ['x', ' ']", "line 2, class.a.tags: it has to be a list of texts"),
        ("[class.a]\ntags = []", "line 2, class.a.tags: the list is empty"),
        ("[class.a]\ntags = ['x', 'x']", "line 2, class.a.tags: 'x' is there twice"),
        ("[class.a]\ntags = 'x, y'", "line 2, class.a.tags: 'x, y' can be no tag of Nova's"),
        ("[class.a]\ntags = ['x/y']", "line 2, class.a.tags: 'x/y' can be no tag of Nova's"),
        (f"[class.a]\ntags = '{61 * 'x'}'", "can be no tag of Nova's, so it would match nothing"),
        ("[class.a]\nnames = 'x-*, y'", "line 2, class.a.names: 'x-*, y' is one name, with a"),
        ("[class.a]\nmetadata = 'x'", "line 2, class.a.metadata: it has to say name and value"),
        ("[class.a]\nmetadata = {}", "line 2, class.a.metadata: it has to say name and value"),
        (
            "[class.a]\nmetadata = { x = 1.5, y = 1979-05-27 }",
            "line 2, class.a.metadata: 'x': a number is there, and it has to be a text, true or false",
        ),
        (
            "[class.a]\nmetadata.x = {}\nmetadata.y = true",
            "line 2, class.a.metadata: 'x': a table is there",
        ),
        ("[class.a]\nprojects = ['service']", "line 2, class.a.projects: 'service' is no id"),
        ("[class.a]\nimages = ['cirros']", "line 2, class.a.images: 'cirros' is no id"),
        (
            "[class.a]\nnames = ['**']",
            "line 2, class.a.names: '**' is every instance of the cloud",
        ),
        (
            "[class.a]\ntags = ['x']\n[class.b]\ntags = ['x']",
            "line 4, class.b.tags: 'x' is a mark of the class a, too",
        ),
        (
            "[class.a]\nflavor = { p = true }\n[class.b.flavor]\np = true",
            "line 3, class.b.flavor: 'p=true' is a mark of the class a, too",
        ),
        ("exclude = 'x'", "line 1, exclude: each of them has to begin with a line of its own"),
        ("exclude = [3]", "line 1, exclude: each of them has to begin with a line of its own"),
        ("[[exclude]]\nwhy = 'x'", "line 1, exclude[1]: it names nobody"),
        (
            "[[exclude]]\nwhy = 'x'\nnames = 'a'\nnotify = 'yes'",
            "line 4, exclude[1].notify: it has to be true or false, without quotes",
        ),
        (
            "[[exclude]]\nwhy = 'x'\nnames = 'a'\nfrom = 'guest'\nnotify = true",
            "line 5, exclude[1].notify: it tells of those that are not evacuated",
        ),
        ("\n[[exclude]]\nnames = 'a'", "line 2, exclude[1]: why is missing"),
        (
            "[[exclude]]\nwhy = 'x'\nnames = 'a'\nfrom = ['fencing']",
            "line 4, exclude[1].from: 'fencing' is none of evacuation, guest, move",
        ),
        (
            "[[exclude]]\nwhy = 'x'\nnames = 'a'\n[[exclude]]\nwhy = 'y'\nnames = ['b', 'a']",
            "line 6, exclude[2].names: 'a' is excluded in line 1 already",
        ),
        ("[guest]\nattempts = '3'", "line 2, guest.attempts: it has to be a whole number from 1"),
        ("[guest]\nattempts = true", "line 2, guest.attempts: it has to be a whole number from 1"),
        ("[guest]\nattempts = 0", "line 2, guest.attempts: it has to be a whole number from 1"),
        (
            "[guest]\nwindow = 90",
            "line 2, guest.window: it has to be a time with its unit: s, min, h "
            'or d (for example window = "90 s")',
        ),
        ("[guest]\nwindow = '3 weeks'", "line 2, guest.window: it has to be a time with its unit"),
        ("[guest]\nwindow = '3 s'", "line 2, guest.window: it has to be from 60 s to 604800 s"),
        ("[measured.tenant]\n", "line 1, measured.tenant: attribute is missing"),
        ("[measured.tenant]\n", "line 1, measured.tenant: it has to say once what is well"),
        (
            "[measured.tenant]\npaused_guests = 2",
            "line 2, measured.tenant.paused_guests: guests pause for their storage alone "
            "([measured.storage])",
        ),
        (
            "[measured.storage]\npaused_guests = 2\nhealthy = 'green'",
            "line 1, measured.storage: attribute is missing",
        ),
        ("[measured.tenent]\n", "line 1, measured.tenent: it is not known (did you mean tenant?)"),
        (
            "[class.a]\nguest.crashed = 'reboot'",
            "line 2, class.a.guest.crashed: 'reboot' is nothing",
        ),
        (
            "[class.a]\nguest.crashed = 'restat'",
            "line 2, class.a.guest.crashed: 'restat' is nothing that can be done (did you mean restart?)",
        ),
        ("[class.a.guest]\ncrash = 'none'", "line 2, class.a.guest.crash: it is not known"),
        (
            "[class.a.guest]\nhung = 'fence'",
            "line 2, class.a.guest.hung: fence can never work: it is one",
        ),
        ("[class.a.network]\ntenant = 'move'", "move can never work: it is no answer to tenant"),
        (
            "[class.a.process]\nnova-compute = 'migrate'",
            "line 2, class.a.process.nova-compute: migrate can never work: a live migration needs",
        ),
        (
            "[class.a.guest]\ncrashed = ['notify', 'restart']",
            "line 2, class.a.guest.crashed: what comes after notify is never reached",
        ),
        (
            "[class.a.network]\nadmin = 'fence'",
            "line 2, class.a.network.admin: nobody measures it",
        ),
        (
            "[class.a.network]\nseveral = 'fence'",
            "line 2, class.a.network.several: fewer than two networks are measured",
        ),
    ],
)
def test_what_is_wrong_has_its_line_and_its_key(text: str, words: str) -> None:
    found = told(text)
    assert any(words in one for one in found), found


def test_all_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = "default_class = 'x'\n[guest]\nburst = 0\nwindow = 5\n[clas]\n"
    assert [fault.line for fault in whole(text).faults] == [1, 3, 4, 5]


def test_a_row_that_asks_for_nothing_needs_nobody_who_measures() -> None:
    assert told("[class.a]\ntags = 'x'\nnetwork.tenant = 'none'\nnetwork.several = 'none'") == []


def test_two_exclusions_out_of_different_things_may_name_the_same() -> None:
    one = "[[exclude]]\nwhy = 'x'\nnames = 'a'\nfrom = "
    assert told(f"{one}'evacuation'\n{one}'move'") == []


def test_what_an_editor_of_windows_begins_with_is_no_part_of_it() -> None:
    text = "\ufeffdefault_class = 'a'\r\n[class.a]\r\nguest.crashed = 'none'\r\n"
    assert understand(text).policy.default_class == "a"


def test_letters_of_ids_are_small() -> None:
    text = f"[class.a]\nprojects = ['{PROJECT.upper()}']\nimages = '{IMAGE.upper()}'"
    assert policy(text).classes[0].marks == Marks(projects=(PROJECT,), images=(IMAGE,))


WORDS = st.sampled_from(
    ["class", "exclude", "why", "from", "names", "tags", "guest", "crashed", "network", "tenant"]
    + ["default_class", "measured", "gates", "held_for", "never_fence", "metadata", "x", "''"]
)
VALUES = st.recursive(
    st.sampled_from(
        ["1", "true", "'a'", '"""\n\n#"""', "'''x\n'''", "1979-05-27", "'60 s'", "'*'"]
    )
    | st.text(max_size=8).map(repr),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: f"[{', '.join(some)},\n # ]\n]")
        | st.tuples(WORDS, inner).map(lambda pair: f"{{{pair[0]} = {pair[1]}}}")
    ),
    max_leaves=4,
)
LINES = st.one_of(
    st.tuples(WORDS, VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.tuples(WORDS, WORDS, VALUES).map(lambda some: f"{some[0]}.{some[1]} = {some[2]}"),
    st.tuples(WORDS, WORDS, WORDS).map(lambda some: f"[{'.'.join(some)}]"),
    WORDS.map(lambda word: f"[[{word}]]"),
    st.text(max_size=20),
)


@given(st.lists(LINES, max_size=12).map("\n".join) | st.text())
def test_any_text_is_understood_or_has_faults_that_name_a_line_of_it(text: str) -> None:
    found = whole(text)
    last = text.replace("\r\n", "\n").count("\n") + 1
    for fault in found.faults:
        assert 1 <= fault.line <= last
        assert "\n" not in str(fault)
        assert str(fault).isprintable()
    assert found.policy == Policy() if found.faults else found.policy.digest == digest_of(text)
