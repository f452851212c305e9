"""An agent's table as OCF metadata. Used by ``make metadata``, never when Pacemaker asks.

The XML keeps to what OCF 1.0 and 1.1, resource-agents, pcs and ra-api-1.dtd all accept: no
``select``, no ``reload-agent``, no ``unique-group``; every parameter has both descriptions and a
content, every action a timeout with its unit.
"""

from __future__ import annotations

from lxml import etree

from vmha_ocf.agent.ocf import Action, Agent
from vmha_ocf.agent.parameter import Parameter

_HEAD = '<?xml version="1.0"?>\n<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">\n'
"""Without an encoding: crmsh refuses a text that names one."""


def format_metadata(agent: Agent) -> str:
    root = etree.Element("resource-agent", name=agent.name, version="1.0")
    etree.SubElement(root, "version").text = "1.1"
    _describe(root, agent.text, agent.summary)
    parameters = etree.SubElement(root, "parameters")
    for parameter in agent.parameters:
        _add_parameter(parameters, parameter)
    actions = etree.SubElement(root, "actions")
    for action in agent.actions:
        _add_action(actions, action)
    etree.indent(root)
    return _HEAD + etree.tostring(root, encoding="unicode", pretty_print=True)


def _describe(parent: etree._Element, text: str, summary: str) -> None:
    etree.SubElement(parent, "longdesc", lang="en").text = text.strip()
    etree.SubElement(parent, "shortdesc", lang="en").text = summary


def _add_parameter(parent: etree._Element, parameter: Parameter) -> None:
    element = etree.SubElement(
        parent,
        "parameter",
        name=parameter.name,
        unique=str(int(parameter.unique)),
        required=str(int(parameter.required)),
    )
    _describe(element, _explain(parameter), parameter.summary)
    content = etree.SubElement(element, "content", type=parameter.content)
    if parameter.default:
        content.set("default", parameter.default)


def _explain(parameter: Parameter) -> str:
    sentences = [parameter.text.strip()]
    if parameter.allowed:
        sentences.append(f"Allowed: {parameter.allowed}.")
    if parameter.example:
        sentences.append(f"Example: {parameter.name}={parameter.example}")
    return "\n".join(sentences)


def _add_action(parent: etree._Element, action: Action) -> None:
    element = etree.SubElement(parent, "action", name=action.name, timeout=f"{action.timeout}s")
    if action.interval is not None:
        element.set("interval", f"{action.interval}s")
        element.set("depth", "0")
