"""The use case, over small fakes in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest

from vmha_ocf.cluster.configuration import OUR_FENCING, Configuration, Resource
from vmha_ocf.errors import (
    BmcAlready,
    BmcBusy,
    BmcDenied,
    BmcRefused,
    BmcUnavailable,
    ClusterUnavailable,
    FlagNotWritten,
    FlagsUnavailable,
    LocalParameterError,
    ParameterError,
    PowerNotVerified,
    VmhaError,
)
from vmha_ocf.fencing.actions import ONE_FENCING, Answer, FenceAction, FencePorts
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.inventory import Inventory, parse_inventory
from vmha_ocf.fencing.refusals import LASTS, Denials, RefusalStore
from vmha_ocf.fencing.request import FenceRequest, Mode, Patience, Target
from vmha_ocf.model import Epoch, Evidence, Flag, FlagState, Monotonic, NodeName, NovaHost, Power

HOST = NovaHost("compute-1.example.com")
NODE = NodeName("compute-1")
ACCESS = BmcAccess("192.0.2.7")
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class FakeClock:
    time: float = 1000.0

    def now(self) -> Epoch:
        return Epoch(self.time)

    def monotonic(self) -> Monotonic:
        return Monotonic(self.time)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class FakeBmc:
    """A request takes effect after ``lag`` seconds, at the next look."""

    clock: FakeClock
    journal: list[str]
    state: Power = Power.ON
    lag: float = 0.3
    ignores: frozenset[Power] = frozenset()
    silent_until: float = 0.0
    refusal: VmhaError | None = None
    restarted_until: float = 0.0
    """Until then it says off, and takes no request, as one does that has just restarted."""
    serves_from: float = 0.0
    _due: tuple[float, Power] | None = None

    def power(self) -> Power:
        if self.refusal:
            raise self.refusal
        if self.clock.time < self.silent_until:
            raise BmcUnavailable("BMC 192.0.2.7 does not answer")
        self._happen()
        seen = Power.OFF if self.clock.time < self.restarted_until else self.state
        self.journal.append(f"read {seen.value}")
        return seen

    def set_power(self, wanted: Power) -> None:
        self.journal.append(f"request {wanted.value}")
        self._happen()
        if self.clock.time < self.restarted_until:
            raise BmcAlready("BMC 192.0.2.7 says that the host has this power state already")
        if wanted not in self.ignores:
            self._due = (self.clock.time + self.lag, wanted)

    def _happen(self) -> None:
        if self._due and self.clock.time >= self._due[0]:
            self.state, self._due = self._due[1], None

    def in_service(self) -> bool:
        if self.clock.time < self.silent_until:
            raise BmcUnavailable("BMC 192.0.2.7 does not answer")
        self.journal.append("in service?")
        return self.clock.time >= self.serves_from

    def close(self) -> None:
        self.journal.append("close")


@dataclass
class FakeFlags:
    journal: list[str]
    flags: dict[NovaHost, Flag] = field(default_factory=dict)
    failure: VmhaError | None = None

    def read(self) -> Mapping[NovaHost, Flag]:
        if self.failure:
            raise self.failure
        return self.flags

    def poll(self) -> Hashable:
        return None

    def write(self, flag: Flag) -> None:
        if self.failure:
            raise self.failure
        self.journal.append(f"flag {flag.state.value}")
        self.flags[flag.host] = flag

    def clear(self, host: NovaHost) -> None:
        raise AssertionError("fencing clears no flag")

    def storm_release(self) -> float | None:
        return None

    def date_storm_release(self, at: float) -> None:
        raise AssertionError("fencing dates no release")

    def end_storm_release(self) -> None:
        raise AssertionError("fencing ends no release")


@dataclass
class FakeAttributes:
    """attrd, as far as refusals are kept in it."""

    kept: dict[str, str] = field(default_factory=dict)
    failure: VmhaError | None = None

    def values(self, name: str) -> Mapping[str, str]:
        if self.failure:
            raise self.failure
        return dict(self.kept)

    def answer(self, name: str) -> Hashable:
        return None

    def update(self, name: str, key: str, value: str) -> None:
        if self.failure:
            raise self.failure
        self.kept[key] = value


class FakeMessages:
    def __init__(self, clock: FakeClock, at: Sequence[float], journal: list[str]) -> None:
        self._clock, self._journal = clock, journal
        self._left = [clock.monotonic() + each for each in at]

    def heard(self, seconds: float) -> bool:
        until = self._clock.monotonic() + seconds
        if self._left and self._left[0] <= until:
            self._clock.sleep(max(0.0, self._left.pop(0) - self._clock.monotonic()))
            return True
        self._clock.sleep(seconds)
        return False

    def close(self) -> None:
        self._journal.append("no longer listened")


class Stage:
    def __init__(self) -> None:
        self.journal: list[str] = []
        self.attributes = FakeAttributes()
        self.clock = FakeClock()
        self.bmc = FakeBmc(self.clock, self.journal)
        self.flags = FakeFlags(self.journal)
        self.request = FenceRequest(
            "off", Mode.POWER, Patience(), plug=HOST, node=NODE, access=ACCESS
        )
        self.inventory = self.exposed = ""
        self.dead: set[str] = set()
        self.levels = [{"target": NODE, "devices": "ipmi,record"}]
        self.kind = "stonith:fence_ipmilan"
        self.dump: list[float] = []
        """When the host says so, in seconds from when it is listened to."""
        self.ours: dict[str, str] = {"record_only": "1"}

    def perform(self, action: str, *, by_hand: bool = False, **changes: object) -> Answer:
        request = replace(self.request, action=action, **changes)  # type: ignore[arg-type]
        return FenceAction(request, self.ports(), "ctl1", by_hand=by_hand).perform()

    def ports(self) -> FencePorts:
        return FencePorts(
            self.flags,
            self.clock,
            self.open_bmc,
            one_by_one,
            self.read_inventory,
            RefusalStore(self.attributes, self.clock),
            Denials(self.attributes, self.clock),
            self.configuration,
            self.listen,
        )

    def listen(self, senders: Sequence[str]) -> FakeMessages:
        self.journal.append(f"listen {' '.join(senders)}")
        return FakeMessages(self.clock, self.dump, self.journal)

    def configuration(self) -> Configuration:
        record = Resource("record", OUR_FENCING, self.ours)
        return Configuration([Resource("ipmi", self.kind), record], levels=self.levels)

    def open_bmc(self, target: Target) -> FakeBmc:
        if target.node in self.dead:
            return FakeBmc(self.clock, self.journal, silent_until=float("inf"))
        return self.bmc

    def read_inventory(self, path: str, domain: str) -> Inventory:
        return replace(parse_inventory(self.inventory, path, domain), exposed=self.exposed)

    def requests(self) -> list[str]:
        return [entry for entry in self.journal if entry != "close"]


def one_by_one(function: Callable[[T], R], items: Sequence[T]) -> Sequence[R]:
    return [function(item) for item in items]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_host_is_switched_off_read_back_and_then_flagged(stage: Stage) -> None:
    answer = stage.perform("off")
    assert answer.code == 0
    assert stage.requests()[:2] == ["read on", "request off"]
    assert stage.requests()[-2:] == ["read off", "flag needed"]
    assert stage.journal[-1] == "close"
    flag = stage.flags.flags[HOST]
    assert (flag.state, flag.node) == (FlagState.NEEDED, NODE)
    assert flag.evidence == Evidence("ctl1", Epoch(stage.clock.time), "BMC 192.0.2.7 answered off")


def test_the_first_looks_are_close_together(stage: Stage) -> None:
    before = stage.clock.time
    stage.bmc.lag = 0.1
    stage.perform("off")
    assert stage.clock.time - before < 0.2


class TestAnOffThatWasThereBeforeUs:
    @pytest.fixture
    def stage(self, stage: Stage) -> Stage:
        stage.bmc.state = Power.OFF
        return stage

    def test_is_requested_and_watched_in_a_new_session_and_flagged(self, stage: Stage) -> None:
        before = stage.clock.time
        assert stage.perform("off").code == 0
        begin = ["read off", "request off", "read off", "close", "in service?"]
        assert stage.journal[:5] == begin
        assert stage.journal[5:] == ["read off"] * 6 + ["flag needed", "close"]
        assert 5 <= stage.clock.time - before < 6

    def test_is_what_a_bmc_says_that_has_just_restarted(self, stage: Stage) -> None:
        """It says so once, and has not listened; the host runs."""
        stage.bmc.state = Power.ON
        stage.bmc.restarted_until = stage.clock.time + 0.01
        assert stage.perform("off").code == 0
        assert stage.bmc.state is Power.OFF
        assert stage.journal.count("request off") >= 2

    @pytest.mark.parametrize("lying", [0.02, 0.2, 1.5, 4.9, 12.0])
    def test_counts_only_when_no_on_was_seen_among_it(self, stage: Stage, lying: float) -> None:
        stage.bmc.state = Power.ON
        stage.bmc.restarted_until = stage.clock.time + lying
        stage.bmc.serves_from = stage.clock.time + max(0.0, lying - 4)
        assert stage.perform("off").code == 0
        stage.bmc.power()
        assert stage.bmc.state is Power.OFF
        assert stage.journal.count("request off") >= 2

    def test_is_no_proof_while_the_bmc_is_not_in_service(self, stage: Stage) -> None:
        stage.bmc.serves_from = float("inf")
        before = stage.clock.time
        with pytest.raises(PowerNotVerified, match="the last time: .* it is not in service") as no:
            stage.perform("off")
        assert "will be tried again" in no.value.hint
        assert not stage.flags.flags
        assert stage.clock.time - before <= 30

    def test_is_no_proof_from_a_bmc_that_goes_on_and_off(self, stage: Stage) -> None:
        class Flapping(FakeBmc):
            def power(self) -> Power:
                super().power()
                return Power.ON if self.clock.time % 4 >= 3 else Power.OFF

        stage.bmc = Flapping(stage.clock, stage.journal, Power.OFF)
        with pytest.raises(PowerNotVerified, match="the last time: it still answers on"):
            stage.perform("off")
        assert not stage.flags.flags

    def test_is_watched_again_after_a_silence(self, stage: Stage) -> None:
        class Nodding(FakeBmc):
            def in_service(self) -> bool:
                self.silent_until = self.clock.time + (3 if self.clock.time < 1004 else 0)
                return True

        stage.bmc = Nodding(stage.clock, stage.journal, Power.OFF)
        assert stage.perform("off").code == 0
        assert stage.clock.time > 1008

    def test_is_watched_however_short_the_patience(self, stage: Stage) -> None:
        assert stage.perform("off", patience=Patience(power=1)).code == 0
        assert HOST in stage.flags.flags

    def test_is_watched_without_end_where_patience_has_none(self, stage: Stage) -> None:
        stage.bmc.serves_from = stage.clock.time + 500
        assert stage.perform("off", patience=Patience(power=0)).code == 0

    def test_is_doubtful_where_only_the_request_is_refused(self, stage: Stage) -> None:
        """It said on, restarted, and says off now."""

        class Restarting(FakeBmc):
            def set_power(self, wanted: Power) -> None:
                if self.journal.count("request off") == 0:
                    self.restarted_until = self.clock.time + 3
                super().set_power(wanted)

        stage.bmc = Restarting(stage.clock, stage.journal)
        assert stage.perform("off").code == 0
        assert stage.bmc.state is Power.OFF
        assert "in service?" in stage.journal

    def test_told_again_it_may_be_silent(self, stage: Stage) -> None:
        class Deaf(FakeBmc):
            def set_power(self, wanted: Power) -> None:
                if self.journal.count("request off") == 1:
                    self.journal.append("request off")
                    raise BmcUnavailable("BMC 192.0.2.7 does not answer")
                super().set_power(wanted)

        stage.bmc = Deaf(stage.clock, stage.journal)
        stage.bmc.restarted_until = stage.clock.time + 0.5
        assert stage.perform("off").code == 0
        assert stage.bmc.state is Power.OFF

    def test_is_enough_to_switch_on(self, stage: Stage) -> None:
        assert stage.perform("on").code == 0
        assert "in service?" not in stage.journal
        stage.bmc.state = Power.OFF
        stage.bmc.restarted_until = stage.clock.time + 1
        with pytest.raises(PowerNotVerified, match="still answers off"):
            stage.perform("on", patience=Patience(retries=0))
        assert stage.perform("on").code == 0


def test_the_usual_case_takes_no_question_more(stage: Stage) -> None:
    stage.bmc.lag = 0.0
    stage.perform("off")
    assert stage.journal == ["read on", "request off", "read off", "flag needed", "close"]


def test_fenced_twice_is_one_flag_written_twice(stage: Stage) -> None:
    stage.perform("off")
    claimed = replace(
        stage.flags.flags[HOST], state=FlagState.CLAIMED, owner="ctl2", since=Epoch(1.0)
    )
    stage.flags.flags[HOST] = claimed
    stage.perform("off")
    assert stage.flags.flags[HOST].state is FlagState.NEEDED
    assert stage.journal.count("request off") == 2


@pytest.mark.parametrize("action", ["off", "reboot"])
def test_unverified_off_is_never_flagged(stage: Stage, action: str) -> None:
    stage.bmc.ignores = frozenset({Power.OFF})
    with pytest.raises(PowerNotVerified, match="still answers on"):
        stage.perform(action)
    assert not stage.flags.flags
    assert "request on" not in stage.journal


def test_a_bmc_that_falls_silent_after_the_request_is_waited_for(stage: Stage) -> None:
    stage.bmc.lag = 2.0

    class Blinking(FakeBmc):
        def set_power(self, wanted: Power) -> None:
            super().set_power(wanted)
            self.silent_until = self.clock.time + 5

    stage.bmc = Blinking(stage.clock, stage.journal)
    assert stage.perform("off").code == 0
    assert HOST in stage.flags.flags
    assert "in service?" in stage.journal, "it may have restarted"


def test_silence_for_good_after_the_request_is_not_off(stage: Stage) -> None:
    class Dying(FakeBmc):
        def set_power(self, wanted: Power) -> None:
            super().set_power(wanted)
            self.silent_until = float("inf")

    stage.bmc = Dying(stage.clock, stage.journal)
    with pytest.raises(PowerNotVerified, match="does not answer"):
        stage.perform("off")
    assert not stage.flags.flags


class TestAWrongPassword:
    """Many BMCs lock an account for that: a monitor is the wrong one to try again and again."""

    @pytest.fixture
    def stage(self, stage: Stage) -> Stage:
        stage.bmc.refusal = BmcDenied("different passwords")
        with pytest.raises(BmcDenied, match="different passwords"):
            stage.perform("monitor")
        stage.bmc.refusal = None
        return stage

    @pytest.mark.parametrize("action", ["monitor", "status"])
    def test_is_not_tried_again_for_ten_minutes(self, stage: Stage, action: str) -> None:
        stage.clock.time += LASTS - 1
        with pytest.raises(BmcDenied, match="not asked: 599 s ago it refused this password") as no:
            stage.perform(action)
        assert "fence_compute -o status asks it at once" in no.value.hint
        assert stage.journal == ["close"], "the first one's session"
        stage.clock.time += 1
        assert stage.perform(action).code == 0

    def test_is_held_back_on_every_controller(self, stage: Stage) -> None:
        """What is kept is attrd's, and a word list becomes no password by eight bits of it."""
        (kept,) = stage.attributes.kept.items()
        assert kept[0].startswith("nova:bmc-")
        assert "192.0.2.7" not in kept[0]
        assert len(kept[1]) == len("1000-12")

    @pytest.mark.parametrize("action", ["off", "reboot", "on"])
    def test_holds_no_fencing_back(self, stage: Stage, action: str) -> None:
        assert stage.perform(action).code == 0

    def test_of_a_fencing_is_remembered_too(self, stage: Stage) -> None:
        stage.attributes.kept.clear()
        stage.bmc.refusal = BmcDenied("different passwords")
        with pytest.raises(BmcDenied, match="different passwords"):
            stage.perform("off")
        with pytest.raises(BmcDenied, match="is not asked"):
            stage.perform("monitor")

    def test_is_tried_for_a_person_and_forgotten_when_it_is_right(self, stage: Stage) -> None:
        assert stage.perform("status", by_hand=True).code == 0
        assert stage.perform("monitor").code == 0
        assert set(stage.attributes.kept.values()) == {""}

    def test_that_was_corrected_is_tried_at_once(self, stage: Stage) -> None:
        corrected = replace(ACCESS, password="another")
        assert stage.perform("monitor", access=corrected).code == 0

    def test_of_another_user_is_another_one(self, stage: Stage) -> None:
        assert stage.perform("monitor", access=replace(ACCESS, username="x")).code == 0

    def test_is_held_back_in_an_inventory_host_by_host(self, stage: Stage) -> None:
        stage.inventory = "[a]\nip = 192.0.2.7\n[b]\nip = 192.0.2.8\n"
        given: dict[str, Any] = {"access": None, "inventory": "/etc/bmc"}
        with pytest.raises(BmcUnavailable, match="1 of 2 BMCs failed: a: .* is not asked"):
            stage.perform("monitor", **given)
        assert stage.perform("list-status", **given).lines == ["a,a,UNKNOWN", "b,b,ON"]

    @pytest.mark.parametrize("text", ["x", "1000", "1000-xy", "1000-123456", "9999999999999-12"])
    def test_that_somebody_typed_into_attrd_is_none(self, stage: Stage, text: str) -> None:
        (key,) = stage.attributes.kept
        stage.attributes.kept[key] = text
        assert stage.perform("monitor").code == 0

    def test_is_asked_where_attrd_is_not_there(self, stage: Stage) -> None:
        stage.attributes.failure = FlagsUnavailable("no attrd")
        assert stage.perform("monitor").code == 0
        stage.bmc.refusal = BmcDenied("different passwords")
        with pytest.raises(BmcDenied, match="different passwords"):
            stage.perform("monitor")


class Moody(FakeBmc):
    """Its first answers to a request are not clear; ``done``: it carries them out all the same."""

    unclear = 1
    done = False
    why: VmhaError = BmcBusy("BMC 192.0.2.7 cannot do that now: completion code 0xc0, node busy")

    def set_power(self, wanted: Power) -> None:
        before = self.journal.count(f"request {wanted.value}")
        if before >= self.unclear or self.done:
            super().set_power(wanted)
        else:
            self.journal.append(f"request {wanted.value}")
        if before < self.unclear:
            raise self.why


class TestAnAnswerThatIsNotClear:
    """Busy, a timeout within the BMC, a silence: look again, and ask again, until the deadline."""

    @pytest.fixture
    def stage(self, stage: Stage) -> Stage:
        stage.bmc = Moody(stage.clock, stage.journal)
        return stage

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("why", [Moody.why, BmcUnavailable("BMC does not answer")])
    def test_to_the_request_is_looked_through(
        self, stage: Stage, why: VmhaError, done: bool
    ) -> None:
        stage.bmc.why, stage.bmc.done = why, done  # type: ignore[attr-defined]
        assert stage.perform("off").code == 0
        assert (stage.bmc.state, HOST in stage.flags.flags) == (Power.OFF, True)
        assert "in service?" in stage.journal

    def test_is_asked_again_until_it_is_taken(self, stage: Stage) -> None:
        stage.bmc.unclear = 4  # type: ignore[attr-defined]
        assert stage.perform("off").code == 0
        assert stage.journal.count("request off") >= 5

    def test_for_good_is_told_with_the_last_one(self, stage: Stage) -> None:
        stage.bmc.unclear = 999  # type: ignore[attr-defined]
        with pytest.raises(PowerNotVerified, match="has not accepted power off within 30 s") as no:
            stage.perform("off")
        assert "node busy" in no.value.message
        assert "power_timeout" in no.value.hint
        assert not stage.flags.flags

    def test_that_is_a_refusal_ends_it(self, stage: Stage) -> None:
        stage.bmc.why = BmcRefused("refused")  # type: ignore[attr-defined]
        with pytest.raises(BmcRefused):
            stage.perform("off")

    def test_to_a_power_on_too(self, stage: Stage) -> None:
        stage.bmc.state, stage.bmc.unclear = Power.OFF, 2  # type: ignore[attr-defined]
        assert stage.perform("on", patience=Patience(retries=0)).code == 0
        assert stage.bmc.state is Power.ON

    def test_to_the_first_look_is_no_reason_not_to_request(self, stage: Stage) -> None:
        class Mute(FakeBmc):
            def power(self) -> Power:
                if "request off" not in self.journal:
                    raise BmcBusy("BMC 192.0.2.7 cannot do that now")
                return super().power()

        stage.bmc = Mute(stage.clock, stage.journal)
        assert stage.perform("off").code == 0
        assert "in service?" in stage.journal, "nobody has seen it on"

    def test_to_a_monitor_is_waited_for_some_seconds(self, stage: Stage) -> None:
        class Late(FakeBmc):
            ready = 0.0

            def power(self) -> Power:
                if self.clock.time < self.ready:
                    raise BmcBusy("BMC 192.0.2.7 has no session left")
                return super().power()

        stage.bmc = Late(stage.clock, stage.journal)
        stage.bmc.ready = stage.clock.time + 3
        assert stage.perform("monitor").code == 0
        stage.bmc.ready = float("inf")
        before = stage.clock.time
        with pytest.raises(BmcBusy):
            stage.perform("monitor")
        assert stage.clock.time - before <= 5


@pytest.mark.parametrize("error", [BmcUnavailable("silent"), BmcRefused("wrong password")])
def test_a_bmc_that_does_not_answer_is_not_off(stage: Stage, error: VmhaError) -> None:
    stage.bmc.refusal = error
    with pytest.raises(type(error)):
        stage.perform("off")
    assert stage.requests() == []


@pytest.mark.parametrize("action", ["off", "reboot"])
@pytest.mark.parametrize("mode", [Mode.POWER, Mode.RECORD])
def test_a_flag_that_is_not_written_fails_the_fencing(
    stage: Stage, action: str, mode: Mode
) -> None:
    stage.flags.failure = FlagsUnavailable("no attrd", hint="start Pacemaker")
    with pytest.raises(FlagNotWritten, match="is off, but its flag was not written: no attrd"):
        stage.perform(action, mode=mode)
    assert "request on" not in stage.journal


def test_a_reboot_flags_between_off_and_on(stage: Stage) -> None:
    assert stage.perform("reboot").code == 0
    entries = stage.requests()
    assert (
        entries.index("request off") < entries.index("flag needed") < entries.index("request on")
    )
    assert stage.bmc.state is Power.ON


def test_a_reboot_whose_host_stays_off_is_a_success(stage: Stage) -> None:
    stage.bmc.ignores = frozenset({Power.ON})
    before = stage.clock.time
    assert stage.perform("reboot").code == 0
    assert HOST in stage.flags.flags
    assert stage.clock.time - before < 15


def test_off_in_the_middle_of_a_reboot_flags(stage: Stage) -> None:
    """The first one was killed after its request: the second finds OFF."""
    stage.bmc.set_power(Power.OFF)
    stage.clock.sleep(1)
    assert stage.perform("off").code == 0
    assert HOST in stage.flags.flags


def test_on_powers_on_and_touches_no_flag(stage: Stage) -> None:
    stage.bmc.state = Power.OFF
    stage.flags.failure = FlagsUnavailable("no attrd")
    assert stage.perform("on").code == 0
    assert stage.bmc.state is Power.ON


def test_on_is_requested_again_as_often_as_allowed(stage: Stage) -> None:
    stage.bmc.state, stage.bmc.ignores = Power.OFF, frozenset({Power.ON})
    with pytest.raises(PowerNotVerified):
        stage.perform("on", patience=Patience(retries=2))
    assert stage.journal.count("request on") == 3


@pytest.mark.parametrize(("power", "code"), [(Power.ON, 0), (Power.OFF, 2)])
def test_status_asks_the_bmc(stage: Stage, power: Power, code: int) -> None:
    stage.bmc.state = power
    answer = stage.perform("status")
    assert (answer.code, list(answer.lines)) == (code, [f"Status: {power.value.upper()}"])


def test_status_by_hand_tells_all_and_needs_no_cluster(stage: Stage) -> None:
    stage.flags.failure = FlagsUnavailable("no attrd", hint="start Pacemaker")
    text = "\n".join(stage.perform("status", by_hand=True).lines)
    assert "host: compute-1.example.com (node compute-1)" in text
    assert "BMC: 192.0.2.7 answered on" in text
    assert "flag: unknown: no attrd (start Pacemaker)" in text


def test_status_by_hand_tells_the_flag(stage: Stage) -> None:
    stage.perform("off")
    text = "\n".join(stage.perform("status", by_hand=True).lines)
    assert "flag: evacuation needed; recorded by ctl1: BMC 192.0.2.7 answered off" in text


def test_monitor_really_asks_the_bmc(stage: Stage) -> None:
    assert stage.perform("monitor", plug="", node=None).code == 0
    assert stage.requests() == ["read on"]
    stage.bmc.refusal = BmcRefused("wrong password")
    with pytest.raises(BmcRefused):
        stage.perform("monitor", plug="", node=None)


def test_record_only_records_and_asks_no_bmc(stage: Stage) -> None:
    assert stage.perform("off", mode=Mode.RECORD).code == 0
    assert stage.requests() == ["flag needed"]
    assert stage.perform("status", mode=Mode.RECORD).code == 2
    assert stage.perform("on", mode=Mode.RECORD).code == 0
    assert stage.perform("monitor", mode=Mode.RECORD).code == 0
    stage.flags.failure = FlagsUnavailable("no attrd")
    with pytest.raises(FlagsUnavailable):
        stage.perform("monitor", mode=Mode.RECORD)


def test_record_only_alone_would_evacuate_a_running_host(stage: Stage) -> None:
    stage.levels = [{"target": NODE, "devices": "record"}]
    with pytest.raises(ParameterError, match="nothing switches compute-1 off"):
        stage.perform("off", mode=Mode.RECORD)
    assert not stage.flags.flags


@pytest.mark.parametrize("devices", ["record,ipmi", "record"])
def test_what_comes_before_the_power_goes_records_nothing(stage: Stage, devices: str) -> None:
    stage.levels = [stage.levels[0], {"target": NODE, "index": "2", "devices": devices}]
    with pytest.raises(ParameterError, match="fencing level 2 of compute-1 has no device"):
        stage.perform("off", mode=Mode.RECORD)
    assert not stage.flags.flags


def test_an_operator_may_vouch_for_an_agent(stage: Stage) -> None:
    stage.kind = "stonith:external/ipmi"
    with pytest.raises(ParameterError, match="ipmi is external/ipmi"):
        stage.perform("off", mode=Mode.RECORD)
    stage.attributes.kept.clear()
    vouched = frozenset({"external/ipmi"})
    assert stage.perform("off", mode=Mode.RECORD, power_agents=vouched).code == 0


def test_levels_that_are_mended_in_the_middle_say_nothing_of_this_fencing(stage: Stage) -> None:
    """Pacemaker goes on by those of before, and repeats the recorder within one fencing."""
    good, stage.levels = stage.levels, []
    with pytest.raises(ParameterError, match="nothing switches compute-1 off"):
        stage.perform("off", mode=Mode.RECORD)
    stage.levels = good
    stage.clock.sleep(ONE_FENCING - 1)
    with pytest.raises(ParameterError, match="compute-1 is not recorded yet: 179 s ago"):
        stage.perform("off", mode=Mode.RECORD)
    assert not stage.flags.flags
    stage.clock.sleep(1)
    assert stage.perform("off", mode=Mode.RECORD).code == 0


def test_a_refusal_that_nobody_can_read_was_just_now(stage: Stage) -> None:
    stage.attributes.kept["nova:compute-1"] = "yesterday"
    with pytest.raises(ParameterError, match="is not recorded yet: 0 s ago"):
        stage.perform("off", mode=Mode.RECORD)


def test_a_refusal_that_cannot_be_noted_is_one(stage: Stage) -> None:
    stage.levels = []
    stage.attributes.failure = FlagsUnavailable("no attrd")
    with pytest.raises(ParameterError, match="nothing switches compute-1 off"):
        stage.perform("off", mode=Mode.RECORD)
    stage.levels = [{"target": NODE, "devices": "ipmi,record"}]
    with pytest.raises(FlagsUnavailable):
        stage.perform("off", mode=Mode.RECORD)
    assert not stage.flags.flags


def test_a_person_may_record_by_hand(stage: Stage) -> None:
    stage.levels = []
    stage.perform("off", mode=Mode.RECORD, by_hand=True)
    evidence = stage.flags.flags[HOST].evidence
    assert evidence is not None
    assert evidence.proof == "said by hand to be off"


def test_a_disabled_device_does_nothing(stage: Stage) -> None:
    for action in ("off", "on", "reboot", "status", "monitor", "list"):
        assert stage.perform(action, mode=Mode.DISABLED).code == 0
    assert stage.requests() == []


@pytest.mark.parametrize(("action", "waits"), [("off", 10), ("reboot", 10), ("on", 0)])
def test_delay_is_for_fencing_only(stage: Stage, action: str, waits: int) -> None:
    before = stage.clock.time
    stage.perform(action, mode=Mode.RECORD, delay=10.0)
    assert stage.clock.time - before == waits


def test_a_name_that_cannot_be_recorded_is_refused_before_the_power_goes(stage: Stage) -> None:
    with pytest.raises(ParameterError):
        stage.perform("off", plug="two words")
    assert stage.requests() == []


@pytest.mark.parametrize("action", ["on", "off", "reboot"])
def test_no_host_is_a_sentence(stage: Stage, action: str) -> None:
    with pytest.raises(ParameterError, match="no host is given"):
        stage.perform(action, plug="", node=None)


class TestInventory:
    @pytest.fixture
    def stage(self) -> Stage:
        stage = Stage()
        stage.inventory = (
            "[compute-1]\nip=192.0.2.7\n[compute-2]\nip=192.0.2.8\nhost=c2.example.com\n"
        )
        stage.request = replace(
            stage.request, access=None, inventory="/etc/bmc", plug="compute-2", node=None
        )
        return stage

    def test_it_gives_bmc_host_and_node(self, stage: Stage) -> None:
        stage.perform("off")
        (flag,) = stage.flags.flags.values()
        assert (flag.host, flag.node) == ("c2.example.com", "compute-2")
        assert flag.evidence is not None
        assert flag.evidence.proof == "BMC 192.0.2.8 answered off"

    def test_pacemaker_s_node_name_wins_for_the_record(self, stage: Stage) -> None:
        stage.perform("off", plug="c2.example.com", node=NodeName("remote-2"))
        assert stage.flags.flags[NovaHost("c2.example.com")].node == "remote-2"

    def test_all_hosts_of_a_machine_are_flagged_or_the_fencing_has_failed(
        self, stage: Stage
    ) -> None:
        stage.inventory = "[compute-2]\nip=192.0.2.8\nhost=cell-a, cell-b\n"
        assert stage.perform("off", node=NodeName("compute-2")).code == 0
        assert {(flag.host, flag.node) for flag in stage.flags.flags.values()} == {
            ("cell-a", "compute-2"),
            ("cell-b", "compute-2"),
        }
        lines = stage.perform("status", by_hand=True).lines
        assert "host: cell-a, cell-b (node compute-2)" in lines
        assert [line.partition(":")[0] for line in lines[-2:]] == [
            "flag of cell-a",
            "flag of cell-b",
        ]
        stage.flags.failure = FlagNotWritten("no quorum", hint="wait")
        with pytest.raises(FlagNotWritten, match="cell-a is off, but its flag was not written"):
            stage.perform("off")

    def test_a_host_that_cannot_be_recorded_is_not_switched_off(self, stage: Stage) -> None:
        stage.inventory = "[compute-2]\nip=192.0.2.8\nhost=cell-a, cell-\u00e9\n"
        with pytest.raises(ParameterError, match="not the names of a host"):
            stage.perform("off")
        assert stage.requests() == []

    def test_an_unknown_host_is_refused_with_the_known_ones(self, stage: Stage) -> None:
        with pytest.raises(ParameterError, match="compute-1, compute-2"):
            stage.perform("off", plug="Compute-2")

    def test_monitor_asks_every_bmc_and_names_the_dead(self, stage: Stage) -> None:
        assert stage.perform("monitor", plug="").code == 0
        assert stage.requests() == ["read on"] * 2
        stage.dead = {"compute-2"}
        with pytest.raises(BmcUnavailable, match="1 of 2 BMCs failed: compute-2: BMC"):
            stage.perform("monitor", plug="")

    def test_a_monitor_of_many_dead_bmcs_ends_in_time(self, stage: Stage) -> None:
        class Slow(FakeBmc):
            def power(self) -> Power:
                self.clock.sleep(12)
                return super().power()

        stage.bmc = Slow(stage.clock, stage.journal, silent_until=float("inf"))
        stage.inventory = "".join(f"[c{number}]\nip=192.0.2.{number}\n" for number in range(9))
        with pytest.raises(BmcUnavailable, match=r"9 of 9 .* BMC 192\.0\.2\.8 was not asked"):
            stage.perform("monitor", plug="")
        assert stage.clock.time < 1045

    def test_list(self, stage: Stage) -> None:
        assert list(stage.perform("list").lines) == [
            "compute-1,compute-1",
            "compute-2,c2.example.com",
        ]
        stage.dead = {"compute-2"}
        assert list(stage.perform("list-status", separator=";").lines) == [
            "compute-1;compute-1;ON",
            "compute-2;c2.example.com;UNKNOWN",
        ]


class TestAnInventoryThatOthersCanRead:
    @pytest.fixture(autouse=True)
    def _it(self, stage: Stage) -> None:
        stage.inventory = "[compute-1]\nip=192.0.2.7\n"
        stage.exposed = "/etc/bmc can be read by every user of this node: chmod 600 /etc/bmc"

    @pytest.mark.parametrize("action", ["monitor", "validate-all"])
    def test_is_told_where_nobody_is_fenced_by_it(self, stage: Stage, action: str) -> None:
        with pytest.raises(LocalParameterError, match="every user of this node.*passwords"):
            stage.perform(action, access=None, inventory="/etc/bmc")

    @pytest.mark.parametrize("action", ["off", "status", "list", "list-status"])
    def test_fences_all_the_same(self, stage: Stage, action: str) -> None:
        assert stage.perform(action, access=None, inventory="/etc/bmc").code == 0


def test_a_list_without_an_inventory_guesses_no_name(stage: Stage) -> None:
    answer = stage.perform("list")
    assert (answer.code, list(answer.lines)) == (0, [])


class TestAHostThatDumps:
    """The trap: fence_kdump in a level takes the first message for a fencing, and cuts the dump off."""

    def off(self, stage: Stage, **changes: object) -> tuple[float, str]:
        """Seconds until off was requested, and what is told of it."""
        begun = stage.clock.monotonic()
        asked: dict[str, Any] = {"kdump_wait": 60.0, **changes}
        assert stage.perform("off", **asked).code == 0
        evidence = stage.flags.flags[HOST].evidence
        assert evidence is not None
        waited = stage.clock.monotonic() - begun
        return round(waited), evidence.proof.removeprefix("BMC 192.0.2.7 answered off")

    def test_without_a_message_off_is_sent_after_two_seconds(self, stage: Stage) -> None:
        waited, told = self.off(stage)
        assert (waited, told) == (2, "")
        assert stage.journal[:2] == [f"listen {NODE} {HOST}", "no longer listened"]

    def test_it_is_not_cut_off_before_its_messages_have_stopped_for_five_seconds(
        self, stage: Stage
    ) -> None:
        stage.dump = [1 + 3 * one for one in range(8)]
        waited, told = self.off(stage)
        assert waited == pytest.approx(27, abs=1)
        assert told == ", dumped for 22 s"
        assert "read on" in stage.journal, "the dump is no proof: off is sent and read as ever"
        assert "request off" in stage.journal

    def test_one_that_says_so_for_ever_is_switched_off_at_the_limit(self, stage: Stage) -> None:
        stage.dump = [float(one) for one in range(1, 1000)]
        waited, told = self.off(stage, kdump_wait=30.0)
        assert waited == pytest.approx(30, abs=2)
        assert told == ", still dumping after 30 s"

    def test_a_message_late_in_the_time_does_not_make_it_longer(self, stage: Stage) -> None:
        stage.dump = [0, 4, 8]
        assert self.off(stage, kdump_wait=9.0) == (9, ", still dumping after 9 s")

    def test_a_limit_below_the_first_look_is_kept(self, stage: Stage) -> None:
        waited, told = self.off(stage, kdump_wait=0.5)
        assert waited <= 1
        assert told == ""

    def test_what_arrives_in_the_devices_own_delay_counts(self, stage: Stage) -> None:
        stage.dump = [5.0]
        assert self.off(stage, delay=10.0)[1] == ", dumped for 0 s"

    def test_a_reboot_waits_too_and_an_on_does_not(self, stage: Stage) -> None:
        stage.dump = [1.0, 2.0]
        assert stage.perform("reboot", kdump_wait=60.0).code == 0
        evidence = stage.flags.flags[HOST].evidence
        assert evidence is not None
        assert evidence.proof.endswith(", dumped for 2 s")
        stage.journal.clear()
        stage.perform("on", kdump_wait=60.0)
        assert not [one for one in stage.journal if one.startswith("listen")]

    def test_whence_it_sends_may_be_told(self, stage: Stage) -> None:
        self.off(stage, kdump_address=("198.51.100.7", "kdump-1"))
        assert stage.journal[0] == "listen 198.51.100.7 kdump-1"
        stage.inventory = (
            f"[{NODE}]\nip = 192.0.2.7\nhost = {HOST}\nkdump_address = 198.51.100.8\n"
        )
        stage.journal.clear()
        stage.perform("off", inventory="/etc/bmc", access=None, kdump_wait=60.0)
        assert stage.journal[0] == "listen 198.51.100.8"

    @pytest.mark.parametrize(
        ("told", "sentence"),
        [
            (
                {"kdump_wait": "100"},
                "may wait for 100 s while a host dumps, and .* off after 60 s",
            ),
            ({"kdump_wait": "20", "power_timeout": "11"}, "ends its off after 60 s"),
            ({"kdump_wait": "20", "pcmk_off_timeout": "90"}, "ends its reboot after 60 s"),
            ({"kdump_wait": "1", "power_timeout": "0"}, ""),
            ({"kdump_wait": "x"}, ""),
            ({"kdump_wait": "60", "pcmk_off_timeout": "2min", "pcmk_reboot_timeout": "120s"}, ""),
            ({}, ""),
        ],
    )
    def test_times_of_pacemaker_that_are_too_short_are_told(
        self, stage: Stage, told: dict[str, str], sentence: str
    ) -> None:
        stage.ours = told
        if not sentence:
            assert stage.perform("validate-all", kdump_wait=1.0).code == 0
            return
        with pytest.raises(ParameterError, match=sentence):
            stage.perform("validate-all", kdump_wait=1.0)

    def test_without_a_cluster_a_request_is_valid(self, stage: Stage) -> None:
        def nothing() -> Configuration:
            raise ClusterUnavailable("no answer")

        stage.configuration = nothing  # type: ignore[method-assign]
        assert stage.perform("validate-all", kdump_wait=1.0).code == 0
