"""Permanent node attributes, properties and node states in Pacemaker's CIB, through its tools.

Seen on 2.1.5: queries answer from this node's copy, changes go through the DC; and
``cibadmin --delete`` exits 0 whatever it did, even for a broken XPath: only reading back tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from vmha_ocf.backends.pacemaker.tools import NO_SUCH_OBJECT, ask, no_answer, parse_xml
from vmha_ocf.backends.process.command import Run, run
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName

_NODES = "/cib/configuration/nodes/node"
_PROPERTIES = "/cib/configuration/crm_config/cluster_property_set"
_ATTRIBUTE = "instance_attributes/nvpair"


class Cib:
    """``timeout``: seconds for one call; without a DC a change waits for the election."""

    def __init__(self, run: Run = run, *, timeout: float = 5.0) -> None:
        self._run = run
        self._timeout = timeout

    def query(self, xpath: str, *, children: bool = True) -> Sequence[Element]:
        """The elements that match; none is []. Raises CommandUnavailable."""
        argv = ["cibadmin", "--query", f"--xpath={xpath}"]
        if not children:
            argv.append("--no-children")
        result = ask(self._run, argv, self._timeout)
        if result.rc == NO_SUCH_OBJECT:
            return []
        if result.rc != 0:
            raise no_answer("cibadmin", result)
        root = parse_xml("cibadmin", result.stdout)
        return list(root) if root.tag == "xpath-query" else [root]

    def node_attributes(self, name: str) -> Mapping[NodeName, str]:
        """The permanent values of an attribute by node. Raises CommandUnavailable."""
        nodes = self.query(f"{_NODES}[{_ATTRIBUTE}[@name={quote(name)}]]")
        return {
            NodeName(node.get("uname", "")): pair.get("value", "")
            for node in nodes
            for pair in node.iterfind(_ATTRIBUTE)
            if pair.get("name") == name
        }

    def each_node_attribute(self, names: Sequence[str]) -> Mapping[tuple[NodeName, str], str]:
        """As node_attributes, of several, by node and name. Raises CommandUnavailable."""
        wanted = " or ".join(f"@name={quote(name)}" for name in names)
        return {
            (NodeName(node.get("uname", "")), pair.get("name", "")): pair.get("value", "")
            for node in self.query(f"{_NODES}[{_ATTRIBUTE}[{wanted}]]")
            for pair in node.iterfind(_ATTRIBUTE)
            if pair.get("name") in names
        }

    def set_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Raises CommandUnavailable, ParameterError (Pacemaker has no such node)."""
        result = ask(
            self._run,
            [
                "crm_attribute",
                "--lifetime=forever",
                f"--node={node}",
                f"--name={name}",
                f"--update={value}",
            ],
            self._timeout,
        )
        if result.rc == NO_SUCH_OBJECT:
            raise ParameterError(
                f"Pacemaker has no node {node!r}",
                hint="give the node's name as crm_mon shows it, not the host's name in Nova",
            )
        if result.rc != 0:
            raise no_answer("crm_attribute", result)

    def delete_node_attribute(self, node: NodeName, name: str, value: str) -> None:
        """Compare and delete, atomic in the CIB: other values stay. Raises CommandUnavailable."""
        xpath = (
            f"{_NODES}[@uname={quote(node)}]/{_ATTRIBUTE}"
            f"[@name={quote(name)}][@value={quote(value)}]"
        )
        result = ask(self._run, ["cibadmin", "--delete", f"--xpath={xpath}"], self._timeout)
        if result.rc not in (0, NO_SUCH_OBJECT):
            raise no_answer("cibadmin", result)

    def properties(self, name: str) -> Mapping[str, str]:
        """One set of cluster properties; {} if there is none. Raises CommandUnavailable."""
        pairs = self.query(f"{_PROPERTIES}[@id={quote(name)}]/nvpair")
        return {pair.get("name", ""): pair.get("value", "") for pair in pairs}

    def set_property(self, name: str, key: str, value: str) -> None:
        """One property of the set ``name``, which is made if need be. Raises CommandUnavailable."""
        argv = ["crm_attribute", "--type=crm_config", f"--set-name={name}"]
        result = ask(self._run, [*argv, f"--name={key}", f"--update={value}"], self._timeout)
        if result.rc != 0:
            raise no_answer("crm_attribute", result)

    def quorate(self) -> bool:
        """Whether this node's partition has quorum. Raises CommandUnavailable.

        The controller's word, not the CIB's have-quorum: that is written by the DC, so it is old
        while a partition that was cut off has not elected its own."""
        result = ask(self._run, ["crm_node", "--quorum"], self._timeout)
        match result.rc, result.stdout.strip():
            case 0, "1":
                return True
            case ((0 | 106), "0"):  # 106 on 2.1.5
                return False
        raise no_answer("crm_node", result)


def quote(text: str) -> str:
    """An XPath expression for a text with any quotes; XPath knows no escapes."""
    if "'" not in text:
        return f"'{text}'"
    parts = ', "\'", '.join(f"'{part}'" for part in text.split("'"))
    return f"concat({parts})"
