"""Ansible's inventories: Kolla-Ansible's, Kayobe's, and what ``ansible-inventory --list`` writes.
Pure.

Groups say what a machine is for. Variables of groups in files of their own are not here:
``ansible-inventory --list`` has them all, but for what templates make.
"""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from vmha_ocf.operator.inventories.bmc_keys import read_bmc, undrivable
from vmha_ocf.operator.inventories.machine import Machine, Role
from vmha_ocf.operator.inventories.tree import first, mapping, said, words, wrong

_SECTION = re.compile(r"\[([^\[\]:\s]+)(?::(vars|children|hosts))?\]\s*(?:[#;].*)?")
_RANGE = re.compile(r"\[(\w+):(\w+)(?::([0-9]{1,6}))?\]")
_MOST = 100_000
"""Hosts of one inventory: two ranges in one pattern multiply."""


@dataclass
class _Groups:
    """Growing, while a file is read."""

    hosts: dict[str, dict[str, object]] = field(default_factory=dict)
    """A machine's own variables."""
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    children: dict[str, dict[str, None]] = field(default_factory=dict)
    variables: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, group: str, host: str, values: Mapping[str, object]) -> None:
        self.hosts.setdefault(host, {}).update(values)
        self.members.setdefault(group, {})[host] = None

    def of_hosts(self) -> Mapping[str, list[str]]:
        """By machine, its groups, the nearest first."""
        above: dict[str, list[str]] = {}
        for parent, children in self.children.items():
            for child in children:
                above.setdefault(child, []).append(parent)
        found: dict[str, list[str]] = {host: [] for host in self.hosts}
        for group, hosts in self.members.items():
            for host in hosts:
                found[host].append(group)
        known: dict[tuple[str, ...], list[str]] = {}
        for host, groups in found.items():
            direct = tuple(groups)
            if direct not in known:
                known[direct] = list(_upwards(direct, above))
            found[host] = known[direct]
        return found

    def order(self) -> Callable[[str], tuple[int, int, str]]:
        """The later counts before the earlier, as Ansible has it: what is deeper inside of others, then the
        greater ansible_group_priority, then the alphabet."""
        above = Counter(child for children in self.children.values() for child in children)
        depths = dict.fromkeys(above, 1)
        open_ = [group for group in self.children if not above[group]]
        while open_:
            group = open_.pop()
            depth = 0 if group == "all" else depths.get(group, 1)
            for child in self.children.get(group, ()):
                depths[child] = max(depths[child], depth + 1)
                above[child] -= 1
                if not above[child]:
                    open_.append(child)

        def key(group: str) -> tuple[int, int, str]:
            priority = str(self.variables.get(group, {}).get("ansible_group_priority", "1"))
            number = int(priority) if re.fullmatch(r"[0-9]{1,9}", priority) else 1
            return (0 if group == "all" else depths.get(group, 1), number, group)

        return key


def is_ansible_ini(text: str) -> bool:
    return any(_SECTION.fullmatch(line.strip()) for line in text.split("\n"))


def is_ansible_tree(top: Mapping[str, object]) -> bool:
    inner = {"hosts", "children", "vars"}
    return "_meta" in top or any(
        isinstance(value, Mapping) and value and value.keys() <= inner for value in top.values()
    )


def read_ini(text: str, path: str) -> Iterator[Machine]:
    groups = _Groups()
    group, kind = "ungrouped", "hosts"
    for number, written in enumerate(text.split("\n"), 1):
        line = written.strip()
        if not line or line[0] in "#;":
            continue
        if section := _SECTION.fullmatch(line):
            group, kind = section[1], section[2] or "hosts"
        elif line.startswith("["):
            raise wrong(path, f"line {number} is no [group]", "correct it there")
        elif kind == "children":
            groups.children.setdefault(group, {})[line.split()[0]] = None
        elif kind == "vars":
            key, equals, value = line.partition("=")
            if not equals:
                raise wrong(path, f"line {number} of [{group}:vars] is no name = value")
            groups.variables.setdefault(group, {})[key.strip()] = _value(value.strip())
        else:
            _host_line(groups, group, line, number, path)
    yield from _machines(groups, path)


def read_tree(top: Mapping[str, object], path: str) -> Iterator[Machine]:
    """A static inventory in YAML, or ``ansible-inventory --list`` with its ``_meta``."""
    groups = _Groups()
    meta = mapping(top.get("_meta"), path, "_meta")
    own = mapping(meta.get("hostvars"), path, "hostvars")
    for host, values in own.items():
        groups.hosts[host] = dict(mapping(values, path, host))
    open_: list[tuple[str, object, int]] = [(name, value, 0) for name, value in top.items()]
    while open_:
        name, value, depth = open_.pop()
        if name == "_meta":
            continue
        if depth > 50:
            raise wrong(path, f"group {name} is too deep inside of others")
        group = mapping(value, path, f"group {name}")
        _tree_hosts(groups, name, group.get("hosts"), path)
        groups.variables.setdefault(name, {}).update(mapping(group.get("vars"), path, name))
        children = group.get("children")
        if isinstance(children, list):
            children = dict.fromkeys(words(children, path, f"children of {name}"))
        for child, inner in mapping(children, path, f"children of {name}").items():
            groups.children.setdefault(name, {})[child] = None
            open_.append((child, inner, depth + 1))
    yield from _machines(groups, path)


def _tree_hosts(groups: _Groups, name: str, found: object, path: str) -> None:
    if isinstance(found, list):
        found = dict.fromkeys(words(found, path, f"hosts of {name}"))
    for pattern, values in mapping(found, path, f"hosts of {name}").items():
        for host in _expanded(pattern, path):
            groups.add(name, host, mapping(values, path, host))
            _refuse_endless(groups, path)


def _host_line(groups: _Groups, group: str, line: str, number: int, path: str) -> None:
    try:
        pattern, *assignments = shlex.split(line, comments=True)
    except ValueError:
        raise wrong(path, f"line {number} has a quote that does not end") from None
    values: dict[str, object] = {}
    for word in assignments:
        key, equals, value = word.partition("=")
        if not equals:
            raise wrong(path, f"line {number}: what follows {pattern} is no name=value")
        values[key] = _value(value)
    for host in _expanded(pattern, path):
        groups.add(group, host, values)
        _refuse_endless(groups, path)


def _refuse_endless(groups: _Groups, path: str) -> None:
    if len(groups.hosts) > _MOST:
        raise wrong(
            path, f"its ranges are more than {_MOST} hosts", "look at what is in [brackets]"
        )


def _expanded(pattern: str, path: str) -> Iterator[str]:
    """``compute[01:10]`` is ten machines."""
    match = _RANGE.search(pattern)
    if not match:
        yield pattern
        return
    before, after = pattern[: match.start()], pattern[match.end() :]
    for middle in _between(match[1], match[2], int(match[3] or 1), path):
        for rest in _expanded(after, path):
            yield before + middle + rest


def _between(low: str, high: str, step: int, path: str) -> Iterator[str]:
    numbers = low.isascii() and high.isascii() and low.isdecimal() and high.isdecimal()
    if numbers and len(low + high) <= 16 and 0 <= int(high) - int(low) < _MOST and step > 0:
        width = len(low) if low.startswith("0") else 0
        yield from (str(number).zfill(width) for number in range(int(low), int(high) + 1, step))
    elif len(low) == len(high) == 1 and low.isalpha() and low <= high and step > 0:
        yield from (chr(code) for code in range(ord(low), ord(high) + 1, step))
    else:
        raise wrong(path, f"[{low}:{high}] is no range of hosts", "write them as [01:10] or [a:f]")


def _machines(groups: _Groups, path: str) -> Iterator[Machine]:
    of_hosts, order = groups.of_hosts(), groups.order()
    for host, own in groups.hosts.items():
        mine = of_hosts[host]
        values: dict[str, object] = {}
        for group in sorted({"all", *mine}, key=order):
            values.update(groups.variables.get(group, {}))
        values.update(own)
        yield _machine(host, said(values), mine, path)


def _machine(host: str, values: Mapping[str, object], mine: list[str], path: str) -> Machine:
    driver = first(values, ("ironic_driver", "bmc_type", "power_type"), path, host)
    return Machine(
        host,
        host,
        read_bmc(values, path, host, driver),
        address=first(values, ("ansible_host", "ansible_ssh_host"), path, host),
        driver=driver,
        undrivable=undrivable(values, path, host),
        roles=tuple(Role("group", group) for group in mine if group not in ("all", "ungrouped")),
    )


def _upwards(direct: tuple[str, ...], above: Mapping[str, list[str]]) -> Iterator[str]:
    found = dict.fromkeys(direct)
    open_ = list(direct)
    while open_:
        for parent in above.get(open_.pop(0), ()):
            if parent not in found:
                found[parent] = None
                open_.append(parent)
    return iter(found)


def _value(text: str) -> str:
    """As Ansible reads it: what begins with a quote is a text of Python's, perhaps with a remark behind."""
    if text[:1] not in ("'", '"'):
        return text
    with warnings.catch_warnings():
        # Of a backslash that Python does not know: its words quote the text.
        warnings.simplefilter("ignore")
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    return found if isinstance(found, str) else text
