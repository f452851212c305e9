from __future__ import annotations

from typing import Any

import pytest

from tests.unit.living.healing.texts import IMAGE, POLICY, instance, policy
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.verdict import RESTART, Next, Verdict
from vmha_ocf.living.healing.wishes import MARKED_OR_NOT, wish

EXCLUDES = f"""{POLICY}
[[exclude]]
why = "Octavia makes new ones"
image = {{ amphora = true }}
from = ["guest"]
"""
BY_IMAGE = """
[class.pets]
image = { pet = true }
guest.crashed = "restart"
"""


def wished(
    kind: Kind = Kind.CRASHED,
    text: str = POLICY,
    images: Any = None,
    choice: Choice = Choice.EVACUATE,
    **about: Any,
) -> Verdict:
    return wish(instance(**about), kind, policy(text), images or {}, choice)


class TestWhoShutsItselfDown:
    ROW = POLICY + 'shut-down = ["restart", "notify"]\n'

    def test_only_who_always_wants_it_back_gets_it(self) -> None:
        always = {"recovery": "always"}
        assert wished(Kind.SHUT_DOWN, self.ROW, metadata=always) is RESTART
        assert wished(Kind.SHUT_DOWN, self.ROW, extra_specs=always) is RESTART
        for others in ("crash", "notify", "none", "perhaps"):
            found = wished(Kind.SHUT_DOWN, self.ROW, metadata={"recovery": others})
            assert found.next is Next.LEAVE
        assert wished(Kind.SHUT_DOWN, self.ROW).next is Next.LEAVE

    def test_a_row_has_to_ask_for_it(self) -> None:
        assert wished(Kind.SHUT_DOWN, metadata={"recovery": "always"}).next is Next.LEAVE
        notify = POLICY + 'shut-down = "notify"\n'
        assert wished(Kind.SHUT_DOWN, notify, metadata={"recovery": "always"}).next is Next.TELL

    def test_what_cannot_be_looked_up_is_left(self) -> None:
        assert wished(Kind.SHUT_DOWN, self.ROW, extra_specs=None).next is Next.LEAVE
        assert wished(Kind.SHUT_DOWN, self.ROW, image=IMAGE).next is Next.LEAVE


class TestWhetherTheRowAsksForIt:
    def test_a_marked_one_that_has_crashed_is_restarted(self) -> None:
        assert wished() is RESTART

    def test_a_row_that_says_notify_has_it_told_with_the_command(self) -> None:
        found = wished(tags=frozenset({"pet"}))
        assert found.next is Next.TELL
        assert "openstack server reboot --hard 1111" in found.why

    @pytest.mark.parametrize("kind", [Kind.HUNG, Kind.WATCHDOG])
    def test_a_row_that_says_none_and_no_row_leave_it(self, kind: Kind) -> None:
        assert wished(kind).next is Next.LEAVE

    def test_without_a_class_nothing_is_asked_for(self) -> None:
        assert (
            wished(text="[class.pets]\ntags = 'pet'\nguest.crashed = 'restart'").next is Next.LEAVE
        )

    @pytest.mark.parametrize("kind", [Kind.TORN, Kind.UNCLEAR])
    def test_what_no_row_can_name_is_told(self, kind: Kind) -> None:
        assert wished(kind).next is Next.TELL
        assert (
            wished(kind, text="default_class = 'x'\n[class.x.guest]\nhung = 'none'").next
            is Next.LEAVE
        )


class TestWhatItsOwnerSays:
    @pytest.mark.parametrize(
        ("word", "found"),
        [
            ("crash", Next.RESTART),
            ("always", Next.RESTART),
            ("notify", Next.TELL),
            ("none", Next.LEAVE),
            ("nope", Next.TELL),
        ],
    )
    def test_the_key_counts_whether_it_is_marked_or_not(self, word: str, found: Next) -> None:
        for choice in (Choice.EVACUATE, Choice.UNTAGGED, Choice.UNKNOWN):
            assert wished(choice=choice, metadata={"recovery": word}).next is found

    def test_who_is_not_marked_and_says_nothing_is_left(self) -> None:
        assert wished(choice=Choice.UNTAGGED).next is Next.LEAVE

    def test_as_long_as_nobody_knows_whether_it_is_marked_it_is_told(self) -> None:
        assert wished(choice=Choice.UNKNOWN) is MARKED_OR_NOT

    def test_what_could_not_be_looked_up_restarts_nobody(self) -> None:
        assert wished(extra_specs=None).next is Next.TELL
        assert wished(image=IMAGE).next is Next.TELL


class TestWhoseStartNeedsAKeyOfItsOwner:
    def test_a_vtpm_of_the_flavor(self) -> None:
        assert "hw:tpm_version" in wished(extra_specs={"hw:tpm_version": "2.0"}).why

    @pytest.mark.parametrize("key", ["hw_tpm_version", "img_signature"])
    def test_a_vtpm_or_a_signature_of_the_image(self, key: str) -> None:
        found = wished(image=IMAGE, images={IMAGE: {key: "x"}})
        assert (found.next, key in found.why) == (Next.TELL, True)

    def test_another_image_has_none(self) -> None:
        assert wished(image=IMAGE, images={IMAGE: {"os_type": "linux"}}) is RESTART


class TestWhomThePolicyLeavesAlone:
    def test_the_excluded_are_left(self) -> None:
        found = wished(text=EXCLUDES, image=IMAGE, images={IMAGE: {"amphora": "yes"}})
        assert found.next is Next.LEAVE

    def test_who_may_be_excluded_is_told(self) -> None:
        assert "excludes" in wished(text=EXCLUDES, image=IMAGE).why

    def test_whose_class_is_not_known_is_told(self) -> None:
        found = wished(text=BY_IMAGE, image=IMAGE)
        assert (found.next, "could not be looked up" in found.why) == (Next.TELL, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (POLICY, True),
        ("", False),
        ("[class.x]\ntags = 'x'", False),
        ("[class.x]\ntags = 'x'\nguest.crashed = 'none'", False),
    ],
)
def test_whether_a_policy_asks_for_anything(text: str, found: bool) -> None:
    assert policy(text).asks_about_guests is found


class TestMoves:
    ROW = POLICY.replace('crashed = ["restart", "notify"]', 'crashed = ["restart", "move"]')
    ONLY = POLICY.replace('crashed = ["restart", "notify"]', 'crashed = ["move", "notify"]')
    STAYS = """
[[exclude]]
why = "its licence is of this host"
names = ["vm-*"]
from = ["move"]
"""
    PERHAPS = STAYS.replace('names = ["vm-*"]', "image = { licensed = true }")

    def test_a_row_moves_after_its_restarts_or_at_once(self) -> None:
        found = wished(text=self.ROW)
        assert (found.next, found.restarts, found.moves) == (Next.RESTART, True, True)
        found = wished(text=self.ONLY)
        assert (found.next, found.restarts, found.moves) == (Next.RESTART, False, True)

    def test_who_wants_to_be_told_is_not_moved(self) -> None:
        for word in ("notify", "perhaps"):
            assert wished(text=self.ONLY, metadata={"recovery": word}).next is Next.TELL
        assert wished(text=self.ONLY, metadata={"recovery": "none"}).next is Next.LEAVE

    def test_whose_key_its_owner_alone_may_read_is_told(self) -> None:
        specs = {"hw:tpm_version": "2.0"}
        assert wished(text=self.ONLY, extra_specs=specs).next is Next.TELL

    @pytest.mark.parametrize("exclusion", [STAYS, PERHAPS])
    def test_who_is_excluded_from_moves_is_restarted_and_no_more(self, exclusion: str) -> None:
        crash = {"recovery": "crash"}
        found = wished(text=self.ROW + exclusion, image=IMAGE, metadata=crash)
        assert (found.next, found.restarts, found.moves) == (Next.RESTART, True, False)
        found = wished(text=self.ONLY + exclusion, image=IMAGE, metadata=crash)
        assert found.next is Next.TELL
        assert "the policy excludes it from being moved" in found.why
