"""Which class an instance has, and whether it is excluded, by its marks. Pure.

What cannot be looked up is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.cloud.policy.values import EVACUATION, Exclusion, Marks, Policy, Says
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import ImageId, Instance, InstanceId

_QUOTED = ("true", "false")
"""Typed with quotes, it is meant in large and small letters: Python's clients write True."""
Images = Mapping[ImageId, Mapping[str, str]]
"""Their properties, as far as they were looked up."""


@dataclass(frozen=True, slots=True)
class Match:
    by: str = ""
    """What says yes, in words; "" if nothing does."""
    unknown: bool = False
    """Nothing says yes, and something could not be looked up."""


@dataclass(frozen=True, slots=True)
class Classified:
    name: str = ""
    """Of its class; "" if it has none, or nobody knows."""
    why: str = ""
    unknown: bool = False
    """Nobody knows."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Of the instances of one host."""

    by: Mapping[InstanceId, str] = field(default_factory=dict)
    """Why, in words."""
    perhaps: frozenset[InstanceId] = frozenset()
    """Whether they are could not be looked up."""
    told: frozenset[InstanceId] = frozenset()
    """Those of ``by`` that somebody is told of, marked or not."""
    perhaps_told: frozenset[InstanceId] = frozenset()
    """Those of ``perhaps`` that somebody might have to be told of."""

    def without(self, some: Collection[InstanceId]) -> Excluded:
        by = {one: why for one, why in self.by.items() if one not in some}
        return Excluded(
            by,
            self.perhaps.difference(some),
            self.told & by.keys(),
            self.perhaps_told.difference(some),
        )


NOBODY = Excluded()


def match(instance: Instance, marks: Marks, images: Images) -> Match:
    """The first of the marks that it carries."""
    own = next(_own(instance, marks), "")
    if own:
        return Match(own)
    looked_up: Mapping[str, str] | None = {}
    if instance.image is not None:
        looked_up = images.get(instance.image)
    others = [("flavor", marks.flavor, instance.extra_specs), ("image", marks.image, looked_up)]
    for word, says, values in others:
        by = next(_said(says, values), "") if values is not None else ""
        if by:
            return Match(f"{word} {by}")
    return Match(unknown=any(says and values is None for _, says, values in others))


def classify(instance: Instance, policy: Policy, images: Images) -> Classified:
    """The first class of the file whose mark it carries, or the default."""
    for one in policy.classes:
        found = match(instance, one.marks, images)
        if found.by:
            return Classified(one.name, found.by)
        if found.unknown:
            return Classified(
                "", f"whether it is of {one.name} could not be looked up", unknown=True
            )
    return Classified(policy.default_class, "default_class" if policy.default_class else "no mark")


def excluded(
    instances: Iterable[Instance], policy: Policy, images: Images, out_of: str = EVACUATION
) -> Excluded:
    if not policy.exclusions:
        return NOBODY
    by: dict[InstanceId, str] = {}
    perhaps: set[InstanceId] = set()
    told: set[InstanceId] = set()
    perhaps_told: set[InstanceId] = set()
    for one in instances:
        found = [(each, match(one, each.marks, images)) for each in _of(policy, out_of)]
        yes = next(((each, it) for each, it in found if it.by), None)
        if yes:
            each, it = yes
            by[one.id] = f"excluded by the policy, line {each.line} ({it.by}): {each.why}"
            if each.notify:
                told.add(one.id)
        elif unknown := [each for each, it in found if it.unknown]:
            perhaps.add(one.id)
            if any(each.notify for each in unknown):
                perhaps_told.add(one.id)
    return Excluded(by, frozenset(perhaps), frozenset(told), frozenset(perhaps_told))


def images_to_look_up(
    instances: Iterable[Instance], policy: Policy, known: Images
) -> frozenset[ImageId]:
    """Those that decide whether somebody is excluded from evacuation."""
    asks = any(each.marks.image for each in _of(policy, EVACUATION))
    new = [one for one in instances if asks and one.image is not None and one.image not in known]
    perhaps = excluded(new, policy, known).perhaps
    return frozenset(one.image for one in new if one.id in perhaps and one.image is not None)


def _of(policy: Policy, out_of: str) -> Iterator[Exclusion]:
    return (one for one in policy.exclusions if out_of in one.out_of)


def _own(instance: Instance, marks: Marks) -> Iterator[str]:
    """What needs no looking up."""
    yield from (f"server tag {tag}" for tag in marks.tags if tag in instance.tags)
    yield from (f"metadata {said}" for said in _said(marks.metadata, instance.metadata))
    yield from (f"image {one}" for one in marks.images if one == instance.image)
    yield from (f"project {one}" for one in marks.projects if one == instance.project.lower())
    yield from (f"name {one}" for one in marks.names if fnmatchcase(instance.name, one))


def _said(says: Says, values: Mapping[str, str]) -> Iterator[str]:
    for name, wanted in says.items():
        if name in values and _means(values[name], wanted):
            yield f"{name}={values[name].strip()}"


def _means(text: str, wanted: str | bool) -> bool:
    if isinstance(wanted, str):
        said, asked = text.strip(), wanted.strip()
        return said == asked or (asked.lower() in _QUOTED and said.lower() == asked.lower())
    try:
        return parse_boolean(text) is wanted
    except ParameterError:
        return False
