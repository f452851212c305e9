"""One failure with QEMU guests that count on their disks; ``make lab GUESTS=real`` plays all the others.

Where guests/packages.txt is not installed it fails, with what to install: ``make test`` installs it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.cases.scene import Scene
from tests.lab.guests.judge import silences
from tests.lab.guests.prerequisites import ready
from tests.lab.layout import lab_from_environment
from tests.lab.promises import Expected
from tests.lab.recovery import await_recovery
from tests.lab.stage import Stage, on_stage

pytestmark = pytest.mark.lab
DIES = "compute-1"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    hypervisor, how = ready()
    print(how)
    with on_stage(lab_from_environment(3, 2), print, hypervisor=hypervisor) as up:
        yield up


def test_real_guests_count_on_elsewhere_when_their_host_loses_power(stage: Stage) -> None:
    scene = Scene(stage)
    tagged, plain = scene.boot(DIES, 2), scene.plain(DIES)
    stage.wait_beats(plain)
    scene.cut_power(DIES)
    # When the host is back in service other tests tell; it would take as long again.
    await_recovery(stage, Expected({DIES}, tagged, plain, in_service=False), scene.began)
    observer = stage.cloud.observer
    assert observer is not None
    for uuid in tagged:
        (away,) = silences(observer.beats(uuid))
        assert away.moved, str(away)
        assert away.last.at < scene.harmed + 2 < away.first.at, str(away)
        assert away.first.record.count == away.last.record.count + 1, str(away)
    assert [silences(observer.beats(uuid)) for uuid in plain] == [[]]
