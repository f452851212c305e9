"""One stage for all tests of a file: bringing it up takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.layout import lab_from_environment
from tests.lab.stage import Stage, on_stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with on_stage(lab_from_environment(3, 4), print) as up:
        yield up


@pytest.fixture(autouse=True)
def _clean(stage: Stage) -> Iterator[None]:
    """Each test begins with an empty cloud that is all in service."""
    yield
    for host in stage.hosts:
        stage.cloud.knob(host, "spawn_delay", None)
        stage.wait_in_service(host)
    client = stage.cloud.client()
    uuids = [row.uuid for row in stage.cloud.instances()]
    client.delete(uuids)
    client.wait_deleted(uuids)
