"""A Nova of HTTP answers on loopback, and our backend that is logged in to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.http_nova import HttpCloud, connect
from vmha_ocf.backends.openstack.nova import OpenStackNova


@pytest.fixture
def cloud() -> Iterator[HttpCloud]:
    with HttpCloud() as cloud:
        yield cloud


@pytest.fixture
def nova(cloud: HttpCloud) -> OpenStackNova:
    return connect(cloud)
