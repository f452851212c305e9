from __future__ import annotations

import pytest

from vmha_ocf.errors import ParameterError
from vmha_ocf.fencing_level import verify_company
from vmha_ocf.model import NodeName

NODE = NodeName("compute-1")


@pytest.mark.parametrize(
    "level",
    [
        {"target": "compute-1", "devices": "ipmi,record"},
        {"target": "COMPUTE-1", "devices": "ipmi,record"},
        {"target-pattern": "compute-.*", "devices": "ipmi,record"},
        {"target-pattern": "^[[:alpha:]]+-1$", "devices": "ipmi,record"},
        {"target-pattern": "a**", "devices": "ipmi,record"},
        {"target-attribute": "rack", "target-value": "1", "devices": "ipmi,record"},
    ],
)
def test_a_device_behind_another_one_may_record(level: dict[str, str]) -> None:
    verify_company(NODE, [{"target": "compute-1", "devices": "other"}, level])


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [{"target": "compute-1", "devices": "record"}],
        [{"target": "compute-2", "devices": "ipmi,record"}],
        [{"target-pattern": "^ctl", "devices": "ipmi,record"}],
        [{"target": "compute-1"}],
        [{"devices": "ipmi,record"}],
    ],
)
def test_a_device_alone_may_not(levels: list[dict[str, str]]) -> None:
    with pytest.raises(ParameterError, match="nothing switches compute-1 off") as refused:
        verify_company(NODE, levels)
    assert "pcs stonith level add 1 compute-1" in refused.value.hint
