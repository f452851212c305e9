"""Which instances of a host are to be evacuated. Pure.

An instance is marked by any of: a server tag, server metadata, a flavor extra spec, an image
property or an image tag. ``false`` in the server's own metadata always wins. A look-up that failed
is neither yes nor no: such an instance is unknown, and looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.settings import Marks, Settings, Untagged
from vmha_ocf.cloud.policy.matching import NOBODY, Excluded
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import ImageId, Instance

ImageMarks = Mapping[ImageId, Mapping[str, str]]


class Choice(Enum):
    EVACUATE = "evacuable"
    OPTED_OUT = "opted out"
    UNTAGGED = "untagged"
    EXCLUDED = "excluded by the policy"
    UNKNOWN = "unknown"


def choose(
    instance: Instance,
    settings: Settings,
    images: ImageMarks,
    anything_marked: bool | None,
    excluded: Excluded = NOBODY,
) -> Choice:
    """Whether this instance is to be evacuated.

    ``images`` are the look-ups made so far; ``anything_marked`` tells whether anything in the
    cloud carries a mark (None: not known), which only ``untagged=auto`` asks; ``excluded``: whom the policy
    leaves alone. Whom it wants somebody told of is that, marked or not.
    """
    if instance.id in excluded.told:
        return Choice.EXCLUDED
    if instance.id in excluded.perhaps_told:
        return Choice.UNKNOWN
    choice = _choose(instance, settings, images, anything_marked)
    if choice in (Choice.EVACUATE, Choice.UNKNOWN) and instance.id in excluded.by:
        return Choice.EXCLUDED
    if choice is Choice.EVACUATE and instance.id in excluded.perhaps:
        return Choice.UNKNOWN
    return choice


def _choose(
    instance: Instance, settings: Settings, images: ImageMarks, anything_marked: bool | None
) -> Choice:
    marked = mark(instance, settings.marks, images)
    if marked in (Choice.EVACUATE, Choice.OPTED_OUT):
        return marked
    match settings.untagged:
        case Untagged.ALL:
            return Choice.EVACUATE  # An image can only say the same.
        case Untagged.AUTO if marked is Choice.UNTAGGED:
            return _AUTO[anything_marked]
        case _:
            return marked


_AUTO = {None: Choice.UNKNOWN, True: Choice.UNTAGGED, False: Choice.EVACUATE}


def mark(instance: Instance, marks: Marks, images: ImageMarks) -> Choice:
    """What the marks alone say."""
    own = [_truth(instance.metadata.get(key)) for key in marks.metadata]
    if False in own:
        return Choice.OPTED_OUT
    if True in own or instance.tags.intersection(marks.server_tags):
        return Choice.EVACUATE
    return _mark_of_others(instance, marks, images)


def _mark_of_others(instance: Instance, marks: Marks, images: ImageMarks) -> Choice:
    """What its flavor and its image say. Either is enough; a no needs both."""
    image = images.get(instance.image) if instance.image is not None else {}
    sources = [(marks.flavor, instance.extra_specs), (marks.image, image)]
    known = [(names, values) for names, values in sources if values is not None]
    if any(_truth(values.get(name)) for names, values in known for name in names):
        return Choice.EVACUATE
    unknown = any(names and values is None for names, values in sources)
    return Choice.UNKNOWN if unknown else Choice.UNTAGGED


def images_to_look_up(
    instances: Iterable[Instance], settings: Settings, known: ImageMarks
) -> frozenset[ImageId]:
    """The images whose marks would decide about an instance that nothing else decides about."""
    if settings.untagged is Untagged.ALL:
        return frozenset()
    return frozenset(
        instance.image
        for instance in instances
        if instance.image is not None
        and instance.image not in known
        and mark(instance, settings.marks, known) is Choice.UNKNOWN
    )


def _truth(text: str | None) -> bool | None:
    """True, False, or None for absent and for what is neither."""
    if text is None or not text.strip():
        return None
    try:
        return parse_boolean(text)
    except ParameterError:
        return None
