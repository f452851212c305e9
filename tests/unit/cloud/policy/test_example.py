"""examples/policy.toml: what is commented out in it is understood as well."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cloud.policy.texts import whole
from vmha_ocf.cloud.policy.kinds import NETWORKS, Action
from vmha_ocf.cloud.policy.read import understand
from vmha_ocf.cloud.policy.values import Policy

TEXT = (Path(__file__).resolve().parents[4] / "examples" / "policy.toml").read_text(
    encoding="utf-8"
)
_ROW = r"(\[[a-z.\[\]-]+\]|[a-z_-]+ = )"
"""The beginning of a line that says something: a sentence has a blank after its #."""
FENCE, NOTIFY, RESTART = Action.FENCE, Action.NOTIFY, Action.RESTART
MATRIX = {
    "network.admin": ((FENCE,), (NOTIFY,)),
    "network.tenant": ((FENCE,), (Action.MIGRATE, NOTIFY)),
    "network.storage": ((FENCE,), (FENCE,)),
    "network.several": ((FENCE,), (FENCE,)),
    "process.nova-compute": ((FENCE,), (RESTART, NOTIFY)),
    "process.libvirt": ((FENCE,), (RESTART, NOTIFY)),
}
"""Of cattle, and of pets."""


def obeyed() -> str:
    return re.sub(rf"^#{_ROW}", r"\1", TEXT, flags=re.MULTILINE)


def in_full() -> str:
    """With the rows that are refused, in the place of those below them."""
    refused = re.sub(r"^##(([a-z-]+) = .*)\n(?:#\2 = .*\n)?", r"\1\n", TEXT, flags=re.MULTILINE)
    return re.sub(rf"^#{_ROW}", r"\1", refused, flags=re.MULTILINE)


def rows(policy: Policy, name: str) -> dict[str, tuple[Action, ...]]:
    found = next(one.rows for one in policy.classes if one.name == name)
    return {kind: row for kind, row in found.items() if not kind.startswith("guest.")}


def test_each_row_that_this_version_obeys_is_understood_by_it() -> None:
    found = understand(obeyed())
    assert [str(one) for one in found.faults] == []
    assert set(found.policy.measured) == set(NETWORKS)
    assert rows(found.policy, "pets")["network.tenant"] == (Action.DISABLE,)


def test_all_of_it_is_the_matrix() -> None:
    found = whole(in_full())
    assert [str(one) for one in found.faults] == []
    assert rows(found.policy, "cattle") == {kind: row for kind, (row, _) in MATRIX.items()}
    assert rows(found.policy, "pets") == {kind: row for kind, (_, row) in MATRIX.items()}
