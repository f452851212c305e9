"""Does this instance run on that host? The question, a permanent attribute of the host's node, and its
answer, an attribute that ends with the node's connection. Pure.

Who recovers an instance that was on its way to another host has to know that it does not run there. The
report of what is down cannot say that: what is not in it may run, may never have arrived, or the report
may be of a moment before. A list of all that runs would be written anew with each start and stop of any
guest, to all controllers, for a question that is asked once in a year. So it is asked, and the answer
counts by itself alone:

- it carries the question's own word, so it was given after the question;
- it comes from a look at libvirt that began after the question was seen, beside a look at all processes
of the host, as libvirt may have lost a QEMU that runs;
- it names each instance. What is not named was not answered. While libvirt gives no answer, there is
none;
- it goes with the node's connection, and names the boot.

No answer is never "it does not run there": the host may be away, busy, without a watcher, or of an older
version.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from vmha_ocf.living.guests.report import full, matched, not_understood, parse_words, short
from vmha_ocf.living.guests.states import Domain
from vmha_ocf.model import Epoch, InstanceId

ASKED = "vmha-instances-asked"
ANSWER = "vmha-instances-answer"
MOST = 50
"""Instances of one question."""
_NONCE = re.compile(r"[0-9a-f]{8,32}")
_UUID = re.compile(r"[0-9a-f]{32}")
_ONE = re.compile(r"([0-9a-f]{32}):([a-z]{2,10})")
_BOOT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"[1-9][0-9]{0,10}")


class Here(Enum):
    RUNS = "runs"
    """A QEMU of it is there: running, paused, or taking up a live migration."""
    OFF = "off"
    """libvirt has its definition, and there is no QEMU of it."""
    ABSENT = "absent"
    """libvirt does not know it, and no process of the host is a QEMU of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """``nonce``: a word that is new with each question."""

    nonce: str
    instances: Sequence[InstanceId]


@dataclass(frozen=True, slots=True)
class Answer:
    nonce: str
    boot: str
    at: Epoch
    """When the look at libvirt began, by the host's clock."""
    instances: Mapping[InstanceId, Here]


def format_question(question: Question) -> str:
    """No more than MOST instances."""
    named = ",".join(short(each) for each in question.instances[:MOST])
    return f"1 nonce={question.nonce} instances={named}"


def parse_question(text: str) -> Question:
    """Raises GuestsUnavailable."""
    values = parse_words(text)
    words = values.get("instances", "").split(",")
    if len(words) > MOST:
        raise not_understood(f"it asks for more than {MOST} instances")
    nonce = matched(_NONCE, values.get("nonce", ""), "nonce")
    named = [full(matched(_UUID, word, "instances")) for word in words]
    return Question(nonce, tuple(named))


def answer(
    question: Question,
    domains: Iterable[Domain],
    processes: Collection[InstanceId],
    boot: str,
    at: Epoch,
) -> Answer:
    """``domains`` are all that libvirt has, not only Nova's; ``processes``: of which of those that were
    asked for there is a QEMU, by the kernel's word. Both were read after ``at``."""
    active = {one.uuid: one.active for one in domains}

    def where(uuid: InstanceId) -> Here:
        if active.get(uuid) or uuid in processes:
            return Here.RUNS
        return Here.OFF if uuid in active else Here.ABSENT

    return Answer(question.nonce, boot, at, {each: where(each) for each in question.instances})


def format_answer(given: Answer) -> str:
    named = ",".join(f"{short(uuid)}:{here.value}" for uuid, here in given.instances.items())
    return f"1 nonce={given.nonce} boot={given.boot} at={given.at:.0f} instances={named}"


def parse_answer(text: str, question: Question) -> Answer | None:
    """None: it is an answer to another question. Raises GuestsUnavailable for what no watcher writes, and
    where it does not say of each instance what was asked for."""
    values = parse_words(text)
    if matched(_NONCE, values.get("nonce", ""), "nonce") != question.nonce:
        return None
    found = [_said(word) for word in values.get("instances", "").split(",")]
    said = dict(found)
    if len(said) < len(found) or said.keys() != set(question.instances):
        raise not_understood("it answers for other instances than were asked for")
    return Answer(
        question.nonce,
        matched(_BOOT, values.get("boot", ""), "boot"),
        Epoch(float(matched(_TIME, values.get("at", ""), "at"))),
        said,
    )


def _said(word: str) -> tuple[InstanceId, Here]:
    match = _ONE.fullmatch(word)
    if match is None or match[2] not in {each.value for each in Here}:
        raise not_understood("its instances= is not one")
    return full(match[1]), Here(match[2])
