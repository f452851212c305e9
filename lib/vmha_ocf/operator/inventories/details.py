"""A second file beside the inventory, in our own form, with what the first one does not know. Pure.

Ironic shows passwords as ******, Ansible keeps them in a vault, MAAS tells no BMC at all, and
none knows Nova's names. What is said of one host counts before the inventory, and what is said
for all where it is silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vmha_ocf.operator.inventories.machine import Machine
from vmha_ocf.operator.inventories.tree import wrong

_HIDDEN = re.compile(
    r"\*{3,}|.*\{\{.*\}\}.*|.*\{%.*%\}.*|\$ANSIBLE_VAULT.*|\$\{\w+\}|"
    r"<[\w .-]*(pass|secret|user|addr|ip)[\w .-]*>",
    re.DOTALL | re.IGNORECASE,
)


def is_hidden(value: str) -> bool:
    return bool(_HIDDEN.fullmatch(value))


def completed(
    machines: Sequence[Machine],
    common: Mapping[str, str],
    details: Sequence[Machine],
    paths: tuple[str, str],
) -> list[Machine]:
    """``paths``: of the inventory and of the details. Raises LocalParameterError."""
    told: dict[str, Machine] = {}
    known = {one.name for one in machines if one.name}
    for one in details:
        if one.name not in known:
            raise wrong(
                paths[1],
                f"{one.where} is not in {paths[0]}",
                f"it has {', '.join(sorted(known)[:6]) or 'no names'}, ...; case matters",
            )
        if told.setdefault(one.name, one) is not one:
            raise wrong(paths[1], f"{one.name} is there twice", "keep one of the two")
    return [_complete(one, common, told.get(one.name)) for one in machines]


def _complete(one: Machine, common: Mapping[str, str], told: Machine | None) -> Machine:
    seen = {key: value for key, value in one.options.items() if not is_hidden(value)}
    options = {**one.options, **common, **seen}
    if told is None:
        return replace(one, options=options)
    return replace(
        one,
        options={**options, **told.options},
        node=told.node or one.node,
        host=told.host or one.host,
        address=told.address or one.address,
        said=told.said or one.said,
    )
