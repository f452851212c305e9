"""What the owner of an instance wants when it fails by itself: its key ``recovery``. Pure.

``recovery`` is the guest's own failure, ``evacuable`` the death of its host; neither says anything about
the other, but that who is marked and says nothing is recovered from a crash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vmha_ocf.cloud.policy.matching import Images
from vmha_ocf.model import Instance

KEY = "recovery"


class Recovery(Enum):
    CRASH = "crash"
    """Restarted when it has crashed, panicked or hangs."""
    ALWAYS = "always"
    """Also when it has shut itself down."""
    NOTIFY = "notify"
    """Somebody is told."""
    NONE = "none"


WORDS = [one.value for one in Recovery]


@dataclass(frozen=True, slots=True)
class Wanted:
    recovery: Recovery | None
    """None: it could not be looked up, and nothing is done."""
    by: str


@dataclass(frozen=True, slots=True)
class Becomes:
    """In words, by what happens to it. What its owner stops stays so in any case."""

    crashed: str
    shut_down: str
    host_died: str


def wanted(instance: Instance, images: Images, *, marked: bool) -> Wanted:
    """Its own metadata come first, then its flavor, then its image. ``marked``: it would be evacuated.

    A word that is none of ours restarts nobody, and somebody is told."""
    for source, values in _sources(instance, images):
        if values is None:
            return Wanted(None, f"its {source} could not be looked up")
        text = values.get(KEY, "").strip().lower()
        if text in WORDS:
            return Wanted(Recovery(text), f"{source} {KEY}={text}")
        if text:
            return Wanted(Recovery.NOTIFY, f"{source} {KEY} is none of {', '.join(WORDS)}")
    return Wanted(default(marked=marked), "the mark" if marked else "no mark")


def default(*, marked: bool) -> Recovery:
    return Recovery.CRASH if marked else Recovery.NONE


def becomes(recovery: Recovery, *, marked: bool, others: bool = False) -> Becomes:
    """``others``: an exclusion of the policy has somebody told when its host dies."""
    restarted = recovery in (Recovery.CRASH, Recovery.ALWAYS)
    told = "told" if recovery is Recovery.NOTIFY else "left"
    return Becomes(
        "restarted" if restarted else told,
        "restarted" if recovery is Recovery.ALWAYS else "left",
        "told" if others else "evacuated" if marked else "stays",
    )


def _sources(instance: Instance, images: Images) -> Iterator[tuple[str, Mapping[str, str] | None]]:
    yield "metadata", instance.metadata
    yield "flavor", instance.extra_specs
    yield "image", {} if instance.image is None else images.get(instance.image)
