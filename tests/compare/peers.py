"""All that are compared, in the order of the table."""

from __future__ import annotations

from tests.compare.engines import Older, Ours, Plain
from tests.compare.masakari import MASAKARI

ENGINES = (Plain(), Ours(), Older(), *MASAKARI)
