"""Pacemaker's configuration out of the CIB, as far as the operator's command looks.

Templates are followed; rules that make parameters depend on the time or the node are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from xml.etree.ElementTree import Element

from vmha_ocf.backends.pacemaker.cib import Cib
from vmha_ocf.cluster.configuration import (
    INFINITY,
    Configuration,
    Location,
    Order,
    Resource,
    Result,
)
from vmha_ocf.errors import CommandUnavailable, LocalParameterError
from vmha_ocf.model import NodeName

SECRETS = "/var/lib/pacemaker/lrm/secrets"
_ELSEWHERE = "lrm://"
"""The value of a parameter that ``cibsecret`` keeps in a file of each node."""
_PENDING = "-1"
_FAIL_COUNT = "fail-count-"


def read_configuration(cib: Cib) -> Configuration:
    """Raises CommandUnavailable."""
    found = cib.query("/cib")
    if len(found) != 1:
        raise CommandUnavailable("cibadmin shows no CIB", hint="is the cluster running here?")
    return to_configuration(found[0])


def read_settings(cib: Cib) -> Configuration:
    """Without the results of actions: on many nodes these are most of the CIB. Raises
    CommandUnavailable."""
    found = cib.query("/cib/configuration")
    if len(found) != 1:
        raise CommandUnavailable("cibadmin shows no CIB", hint="is the cluster running here?")
    root = Element("cib")
    root.append(found[0])
    return to_configuration(root)


def to_configuration(cib: Element) -> Configuration:
    templates = {one.get("id", ""): one for one in cib.iterfind(".//resources/template")}
    clones = {
        primitive.get("id", ""): clone
        for clone in (*cib.iterfind(".//resources/clone"), *cib.iterfind(".//resources/master"))
        for primitive in clone.iter("primitive")
    }
    resources = [
        _resource(each, templates, clones.get(each.get("id", "")))
        for each in cib.iterfind(".//resources//primitive")
    ]
    return Configuration(
        resources=resources,
        locations=list(_locations(cib)),
        orders=[
            Order(each.get("first", ""), each.get("then", ""), each.get("kind", "Mandatory"))
            for each in cib.iterfind(".//constraints/rsc_order")
        ],
        levels=[dict(each.items()) for each in cib.iterfind(".//fencing-level")],
        alerts=[each.get("path", "") for each in cib.iterfind(".//alerts/alert")],
        properties=_pairs(cib, "./configuration/crm_config/cluster_property_set"),
        attributes={
            NodeName(node.get("uname", "")): _pairs(node, "instance_attributes")
            for node in cib.iterfind("./configuration/nodes/node")
        },
        results=_results(cib),
        failures=_failures(cib),
        under_way=frozenset(_under_way(cib)),
    )


def with_secrets(resource: Resource, folder: str = SECRETS) -> Resource:
    """Parameters that ``cibsecret`` took out of the CIB. Raises LocalParameterError."""
    hidden = [name for name, value in resource.parameters.items() if value == _ELSEWHERE]
    told = {name: _secret(f"{folder}/{resource.name}/{name}") for name in hidden}
    return replace(resource, parameters={**resource.parameters, **told})


def _secret(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LocalParameterError(
            f"the secret {path} cannot be read: {type(error).__name__}",
            hint="cibsecret sync copies it to every controller",
        ) from None


def _resource(
    primitive: Element, templates: Mapping[str, Element], clone: Element | None
) -> Resource:
    """What is said of a clone counts for what is in it, which may say otherwise."""
    template = templates.get(primitive.get("template", ""))
    sources = [template, primitive] if template is not None else [primitive]
    outer = [clone] if clone is not None else []
    kind = sources[0]
    parts = [kind.get("class", ""), kind.get("provider", ""), kind.get("type", "")]
    operations: dict[str, Mapping[str, str]] = {}
    for source in sources:
        for each in source.iterfind("operations/op"):
            operations[each.get("name", "")] = dict(each.items())
    return Resource(
        name=primitive.get("id", ""),
        kind=":".join(part for part in parts if part),
        parameters={
            k: v for one in sources for k, v in _pairs(one, "instance_attributes").items()
        },
        meta={
            k: v for one in [*outer, *sources] for k, v in _pairs(one, "meta_attributes").items()
        },
        operations=operations,
        clone="" if clone is None else clone.get("id", ""),
    )


def _pairs(parent: Element, path: str) -> dict[str, str]:
    """The first set wins, as the one with the highest score does where none has one."""
    found: dict[str, str] = {}
    for pair in parent.iterfind(f"{path}/nvpair"):
        found.setdefault(pair.get("name", ""), pair.get("value", ""))
    return found


def _locations(cib: Element) -> Iterator[Location]:
    for constraint in cib.iterfind(".//constraints/rsc_location"):
        resource = constraint.get("rsc", "")
        for rule in constraint.iterfind("rule"):
            expressions = [
                (each.get("attribute", ""), each.get("operation", ""), each.get("value", ""))
                for each in rule.iter("expression")
            ]
            yield Location(resource, rule.get("score", ""), expressions)


def _results(cib: Element) -> Mapping[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for state in cib.iterfind("./status/node_state"):
        node = NodeName(state.get("uname", ""))
        for resource in state.iter("lrm_resource"):
            last = _last(resource)
            if last is not None:
                name = _of_clone(resource.get("id", ""))
                found.setdefault(name, []).append(_result(node, last))
    return found


def _failures(cib: Element) -> Mapping[tuple[str, NodeName], int]:
    """A count for each operation; they are added."""
    found: Counter[tuple[str, NodeName]] = Counter()
    for state in cib.iterfind("./status/node_state"):
        for pair in state.iterfind("transient_attributes/instance_attributes/nvpair"):
            name, value = pair.get("name", ""), pair.get("value", "")
            if name.startswith(_FAIL_COUNT):
                resource = _of_clone(name.removeprefix(_FAIL_COUNT).partition("#")[0])
                count = int(value) if value.isdecimal() else INFINITY * (value == "INFINITY")
                found[resource, NodeName(state.get("uname", ""))] += count
    return found


def _under_way(cib: Element) -> Iterator[str]:
    """Of nodes that are away, too: what they had to do may be waited for."""
    for resource in cib.iterfind("./status/node_state//lrm_resource"):
        if any(each.get("op-status") == _PENDING for each in resource.iterfind("lrm_rsc_op")):
            yield _of_clone(resource.get("id", ""))


def _of_clone(instance: str) -> str:
    return instance.partition(":")[0]


def _last(resource: Element) -> Element | None:
    """The action with the highest number. A probe that found nothing counts like any other."""
    actions = [
        each
        for each in resource.iterfind("lrm_rsc_op")
        if each.get("op-status") != _PENDING and each.get("call-id", "-1").isdecimal()
    ]
    return max(actions, key=lambda each: int(each.get("call-id", "0")), default=None)


def _result(node: NodeName, action: Element) -> Result:
    code = action.get("rc-code", "")
    return Result(
        node,
        action.get("operation", ""),
        int(code) if code.isdecimal() else 1,
        action.get("exit-reason", ""),
    )
