"""The text of an inventory, of whatever form -> the machines in it. Pure.

The form is known by what is there, not by the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from vmha_ocf.errors import LocalParameterError
from vmha_ocf.operator.inventories import ansible, elsewhere, ironic, ours, table
from vmha_ocf.operator.inventories.machine import Found, Machine
from vmha_ocf.operator.inventories.tree import parse_json, wrong

ParseYaml = Callable[[str, str], object]
"""Text and its file's name -> a tree, every scalar a text. Raises LocalParameterError."""
_FORMS = "our YAML, instackenv, Ironic's, bifrost's, Ansible's, MAAS' and CSV are read: see docs/vmha.rst"


def read_machines(text: str, path: str, parse_yaml: ParseYaml) -> Found:
    """Raises LocalParameterError, which repeats no secret."""
    if ansible.is_ansible_ini(text):
        return Found(list(ansible.read_ini(text, path)))
    if table.is_table(text):
        return table.read_table(text, path)
    return of_tree(read_tree(text, path, parse_yaml), path)


def read_tree(text: str, path: str, parse_yaml: ParseYaml) -> object:
    """JSON where it is JSON; else YAML, which has brackets, too, but neither tabs nor pairs of \\u."""
    if not text.lstrip().startswith(("{", "[")):
        return parse_yaml(text, path)
    try:
        return parse_json(text, path)
    except LocalParameterError as error:
        if "not JSON" not in error.message:
            raise
        try:
            return parse_yaml(text, path)
        except LocalParameterError:
            raise error from None


def of_tree(tree: object, path: str) -> Found:
    if isinstance(tree, list):
        return _of_list(tree, path)
    if not isinstance(tree, Mapping):
        raise wrong(path, "it has no hosts in any form that is known", _FORMS)
    if "nodes" in tree or "chassis" in tree:
        return _ironic(ironic.nodes_of(tree, path), path)
    if tree.keys() & {"driver", "Driver", "driver_info", "pm_type"}:
        return _ironic([tree], path)
    for is_it, read in _READERS:
        if is_it(tree):
            return Found(list(read(tree, path)))
    raise wrong(path, "it has no list of hosts, and no other form that is known", _FORMS)


def _of_list(tree: Sequence[object], path: str) -> Found:
    if elsewhere.is_maas(tree):
        return Found(list(elsewhere.read_maas(tree, path)))
    if elsewhere.is_roles(tree):
        what = "it says how many machines of each role are deployed, and not where their BMCs are"
        raise wrong(
            path, what, "give the file of the nodes, and each hostname in a file for --details"
        )
    return _ironic(tree, path)


Tree = Mapping[str, object]
_READERS: Sequence[tuple[Callable[[Tree], bool], Callable[[Tree, str], Iterable[Machine]]]] = (
    (ours.is_ours, ours.read_ours),
    (ansible.is_ansible_tree, ansible.read_tree),
    (elsewhere.is_osa, elsewhere.read_osa),
    (ironic.is_bifrost, ironic.read_bifrost),
)


def _ironic(nodes: Sequence[object], path: str) -> Found:
    passed = ironic.not_read(nodes)
    told = [f"{', '.join(passed)} of its nodes are not looked at"] if passed else []
    return Found(list(ironic.read_nodes(nodes, path)), told)
