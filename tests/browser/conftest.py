"""One browser for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.devtools import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()
