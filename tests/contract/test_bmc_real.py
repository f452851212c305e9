"""The Bmc contract on two independent implementations of IPMI, and what only these can show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.bmc import BmcContract
from tests.contract.bmc_processes import (
    ADDRESS,
    PASSWORD,
    USER,
    BmcProcess,
    FaultyBmc,
    IpmiSim,
    PyghmiSim,
)
from tests.fakes.bmc_faults import FAULTS
from vmha_ocf.backends.bmc.child import Deadlines
from vmha_ocf.backends.bmc.ipmi import PROGRAM, IpmiBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import (
    BmcAlready,
    BmcBusy,
    BmcDenied,
    BmcRefused,
    BmcUnavailable,
    PowerNotVerified,
)
from vmha_ocf.fencing import switch as power_switch
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.fencing.request import Patience
from vmha_ocf.model import Power

pytestmark = pytest.mark.real


class TestIpmiSim(BmcContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[BmcProcess]:
        stage = IpmiSim(tmp_path)
        yield stage
        stage.close()


class TestPyghmiSim(BmcContract):
    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[BmcProcess]:
        stage = PyghmiSim(tmp_path)
        yield stage
        stage.close()


class TestFaultyBmc(BmcContract):
    """Ours, without a fault."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[BmcProcess]:
        stage = FaultyBmc(tmp_path)
        yield stage
        stage.close()


@contextmanager
def faulty(folder: Path, fault: str) -> Iterator[FaultyBmc]:
    stage = FaultyBmc(folder, fault)
    try:
        yield stage
    finally:
        stage.close()


@pytest.mark.parametrize("suite", [3, 17])
def test_the_suite_that_a_bmc_speaks_alone_is_found(tmp_path: Path, suite: int) -> None:
    with faulty(tmp_path, f"suite-{suite}-alone") as stage:
        assert ask(stage) is Power.ON
        assert ask(stage, suite=suite) is Power.ON
        with pytest.raises(BmcRefused, match="does not accept the cipher suite"):
            ask(stage, suite=20 - suite)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name.startswith("operator-")])
def test_an_operator_s_account_is_enough(tmp_path: Path, fault: str) -> None:
    """Whatever it answers to who asks for an administrator; what is set in privlvl is not lowered."""
    with faulty(tmp_path, fault) as stage:
        client = stage.client()
        client.set_power(Power.OFF)
        client.close()
        assert ask(stage, privilege=3) in Power
        with pytest.raises((BmcRefused, BmcBusy)):
            ask(stage, privilege=4)


def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    """Neither with a second suite, nor at a second level, nor in a second login."""
    with faulty(tmp_path, "locks") as stage:
        for _ in range(2):
            with pytest.raises(BmcDenied, match="different passwords"):
                ask(stage, password="wrong")
        assert stage.logins_begun() == 2
        assert ask(stage) is Power.ON


def test_busy_is_told_at_once_in_the_same_session(tmp_path: Path) -> None:
    with faulty(tmp_path, "busy") as stage:
        client = stage.client()
        assert client.power() is Power.ON
        for _ in range(2):
            with pytest.raises(BmcBusy, match="completion code 0xc0, node busy"):
                client.set_power(Power.OFF)
        client.close()
        assert stage.logins_begun() == 1


def test_a_slow_bmc_gets_the_time_that_it_needs(tmp_path: Path) -> None:
    """1.5 s for each answer: a login is seven of them, and twice as many where each is asked for twice."""
    with faulty(tmp_path, "slow") as stage:
        client = stage.client(Deadlines())
        assert client.power() is Power.ON
        client.close()
        assert stage.logins_begun() == 1


@pytest.fixture(scope="module")
def ipmi_sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpmiSim]:
    stage = IpmiSim(tmp_path_factory.mktemp("ipmi_sim"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def pyghmi_sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PyghmiSim]:
    stage = PyghmiSim(tmp_path_factory.mktemp("pyghmi_sim"))
    yield stage
    stage.close()


def ask(stage: BmcProcess, **access: object) -> Power:
    client = stage.client(**access)  # type: ignore[arg-type]
    try:
        return client.power()
    finally:
        client.close()


def test_suite_3_is_spoken_when_asked_for(ipmi_sim: IpmiSim) -> None:
    assert ask(ipmi_sim, suite=3) in Power


def test_suite_17_is_not_given_up_when_asked_for(ipmi_sim: IpmiSim, pyghmi_sim: PyghmiSim) -> None:
    for stage in (ipmi_sim, pyghmi_sim):
        with pytest.raises(BmcRefused, match="does not accept the cipher suite"):
            ask(stage, suite=17)


def test_an_unknown_user_is_named(ipmi_sim: IpmiSim) -> None:
    with pytest.raises(BmcRefused, match="does not let in user nobody"):
        ask(ipmi_sim, username="nobody")


def test_a_bmc_that_drops_unknown_users_silently_does_not_hang_us(pyghmi_sim: PyghmiSim) -> None:
    """The trap bmc-half-login: pyghmi alone would try to log in for ever."""
    before = time.monotonic()
    with pytest.raises(BmcUnavailable, match=r"(does not go on with the login|no usable answer)"):
        ask(pyghmi_sim, username="nobody")
    assert time.monotonic() - before < 10


def test_a_child_that_misses_its_deadline_is_dead(ipmi_sim: IpmiSim) -> None:
    """However it hangs: here it is stopped, which no signal handler of its own would notice."""
    child = IpmiBmc.start_child()
    os.kill(child.pid, signal.SIGSTOP)
    client = IpmiBmc(
        BmcAccess(ADDRESS, port=ipmi_sim.port, username=USER, password=PASSWORD),
        SystemClock(),
        Deadlines(login=2, command=1),
        child,
    )
    assert client.power() in Power, "the second try is by a fresh child"
    assert not Path(f"/proc/{child.pid}").exists()
    client.close()


def test_a_child_killed_from_outside_is_replaced(ipmi_sim: IpmiSim) -> None:
    child = IpmiBmc.start_child()
    access = BmcAccess(ADDRESS, port=ipmi_sim.port, username=USER, password=PASSWORD)
    client = IpmiBmc(access, SystemClock(), child=child)
    assert client.power() in Power
    os.kill(child.pid, signal.SIGKILL)
    assert client.power() in Power
    client.close()


def test_a_child_leaves_when_its_parent_is_gone(ipmi_sim: IpmiSim) -> None:
    """Pacemaker kills the agent's process group; a kill of the agent alone leaves none behind."""
    program = (
        "from vmha_ocf.backends.bmc.ipmi import IpmiBmc\n"
        "child = IpmiBmc.start_child(); print(child.pid); input()"
    )
    lib = str(Path(PROGRAM).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": lib},
    ) as parent:
        assert parent.stdout
        child = Path(f"/proc/{int(parent.stdout.readline())}/cmdline")
        deadline = time.monotonic() + 10
        while b"ipmi_child" not in child.read_bytes():  # It is empty for a moment, in exec.
            assert time.monotonic() < deadline
            time.sleep(0.01)
        parent.kill()
    deadline = time.monotonic() + 10
    while child.exists() and child.read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_half_login_that_ends_by_itself_names_the_user(pyghmi_sim: PyghmiSim) -> None:
    with pytest.raises(BmcUnavailable, match="check username=nobody"):
        ask(pyghmi_sim, username="nobody", deadlines=Deadlines(login=12, command=2))


def test_a_user_without_the_privilege_is_told_so(ipmi_sim: IpmiSim) -> None:
    client = ipmi_sim.client(privilege=2)
    assert client.power() in Power
    with pytest.raises(BmcRefused, match="privilege"):
        client.set_power(Power.OFF)
    client.close()


def test_a_bmc_that_has_just_restarted_is_seen_through(pyghmi_sim: PyghmiSim) -> None:
    """The trap bmc-restarts, on the wire: completion code D5h and the bit of Get Device ID."""
    pyghmi_sim.set_host(Power.ON)
    client = pyghmi_sim.client()
    pyghmi_sim.knows_its_host(False)
    try:
        assert client.power() is Power.OFF
        assert client.in_service() is False
        for wanted in Power:
            with pytest.raises(BmcAlready, match="already: completion code 0xd5"):
                client.set_power(wanted)
        with pytest.raises(PowerNotVerified, match="not in service"):
            power_switch.off(client, SystemClock(), Patience(power=1))
    finally:
        pyghmi_sim.knows_its_host(True)
    assert client.in_service() is True
    power_switch.off(client, SystemClock(), Patience())
    assert pyghmi_sim.host() is Power.OFF
    client.close()


def test_a_host_that_is_off_is_told_so_once_more_and_watched(ipmi_sim: IpmiSim) -> None:
    ipmi_sim.set_host(Power.OFF)
    client = ipmi_sim.client()
    before = time.monotonic()
    power_switch.off(client, SystemClock(), Patience())
    assert power_switch.STEADY <= time.monotonic() - before < power_switch.STEADY + 3
    client.close()


def test_the_right_kg_opens_a_bmc_and_no_other(tmp_path: Path) -> None:
    key = "swordfish"
    stage = IpmiSim(tmp_path, kg=key)
    try:
        assert ask(stage) is Power.ON
        for wrong in (None, b"another".hex()):
            with pytest.raises(BmcRefused, match="K_g"):
                ask(stage, kg=wrong)
    finally:
        stage.close()


def test_a_name_that_does_not_resolve_is_told_so() -> None:
    access = BmcAccess("bmc.of.nobody.invalid", username="admin")
    with pytest.raises(BmcUnavailable, match=r"bmc\.of\.nobody\.invalid does not resolve"):
        IpmiBmc(access, SystemClock()).power()


def test_a_dead_bmc_ends_within_the_deadlines() -> None:
    access = BmcAccess(ADDRESS, port=9, username="admin")
    before = time.monotonic()
    with pytest.raises(BmcUnavailable):
        IpmiBmc(access, SystemClock(), Deadlines(login=1, command=1)).power()
    assert time.monotonic() - before < 4


def test_a_session_is_given_back(ipmi_sim: IpmiSim) -> None:
    """ipmi_sim has room for ten sessions of a user, many BMCs for fewer."""
    for _ in range(14):
        assert ask(ipmi_sim) in Power
