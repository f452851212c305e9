"""Which rule decides whether an instance is to be evacuated, in words. Pure.

``tagging`` decides. This names what it went by, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.settings import Settings, Untagged
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.tagging import Choice, ImageMarks
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import Instance


def deciding_rule(
    instance: Instance, settings: Settings, images: ImageMarks, anything_marked: bool | None
) -> str:
    """For example ``server tag automatic-recovery`` or ``untagged=auto: nothing is marked``."""
    match tagging.mark(instance, settings.marks, images):
        case Choice.OPTED_OUT:
            return next(_metadata(instance, settings, wanted=False))
        case Choice.EVACUATE:
            return next(_marks(instance, settings, images))
        case Choice.UNKNOWN if settings.untagged is not Untagged.ALL:
            return "flavor or image could not be looked up"
    if settings.untagged is not Untagged.AUTO:
        return f"no mark, untagged={settings.untagged.value}"
    known = {
        None: "it is not known whether anything is marked",
        True: "other things are marked",
        False: "nothing in the cloud is marked",
    }
    return f"no mark, untagged=auto and {known[anything_marked]}"


def _marks(instance: Instance, settings: Settings, images: ImageMarks) -> Iterator[str]:
    """Those that say yes, in the order in which they are looked at."""
    marks = settings.marks
    yield from _metadata(instance, settings, wanted=True)
    for tag in marks.server_tags:
        if tag in instance.tags:
            yield f"server tag {tag}"
    for name in marks.flavor:
        if _says(instance.extra_specs or {}, name, True):
            yield f"flavor {name}"
    image = images.get(instance.image, {}) if instance.image is not None else {}
    for name in marks.image:
        if _says(image, name, True):
            yield f"image {name}"


def _metadata(instance: Instance, settings: Settings, *, wanted: bool) -> Iterator[str]:
    for key in settings.marks.metadata:
        if _says(instance.metadata, key, wanted):
            yield f"metadata {key}={instance.metadata[key].strip()}"


def _says(values: Mapping[str, str], name: str, wanted: bool) -> bool:
    try:
        return parse_boolean(values.get(name, "")) is wanted
    except ParameterError:
        return False
