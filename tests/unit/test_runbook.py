"""The runbook has each sentence that the agents show, and shows none that they do not have."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

from tests.unit import sentences
from vmha_ocf import errors
from vmha_ocf.backends.bmc import ipmi_errors, redfish_errors
from vmha_ocf.backends.process import daemon
from vmha_ocf.backends.telling import outbox
from vmha_ocf.fencing.bmc_access import BmcAccess
from vmha_ocf.living.booting import keeper

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "operate.rst").read_text()
SYMPTOMS = re.findall(r"^\| ``(.+)``$", RUNBOOK, re.MULTILINE)

TELLS = (
    "evacuation/verdict.py",
    "living/booting/gate.py",
    "service/damage.py",
    "service/ownership.py",
    "service/returning.py",
    "cluster/storm.py",
    "cluster/hold.py",
    "evacuation/acting.py",
    "living/booting/off_since.py",
    "living/booting/away.py",
    "living/booting/site_start.py",
    "living/booting/after_boot.py",
    "worker/authority.py",
    "living/booting/starting.py",
    "living/booting/keeper.py",
    "living/disabling/disabler.py",
    "living/disabling/plan.py",
    "living/fencing/fencer.py",
    "living/fencing/hindrance.py",
    "living/fencing/lost.py",
    "living/leaving/leaver.py",
    "living/leaving/plan.py",
    "living/guests/inquiry.py",
    "living/networks/measured.py",
    "living/networks/told.py",
    "living/processes/healer.py",
    "living/processes/worn_out.py",
    "worker/lookout.py",
    "worker/round.py",
    "incidents/flag_steps.py",
    "cluster/held.py",
    "evacuation/requests.py",
    "service/bring_back.py",
    "evacuation/host.py",
    "living/healing/episode.py",
    "living/healing/guests.py",
    "living/healing/host_now.py",
    "living/healing/judgement.py",
    "living/healing/listings.py",
    "living/healing/reports.py",
    "living/healing/restarts.py",
    "living/healing/wishes.py",
    "programs/listeners.py",
    "cloud/policy/telling.py",
    "cloud/policy/in_force.py",
    "cloud/policy/everywhere.py",
    "proof/lost.py",
    "proof/proofs.py",
    "worker/rounds.py",
    "service/put_back.py",
    "service/take_down.py",
    "proof/flagging.py",
    "incidents/chronicle.py",
    "operator/host_status.py",
)
"""Where what people read comes from, whatever is done with it."""

NEWS = (
    "at=",
    "by=",
    "on their way back: ...",
    "nothing is flagged",
    "proof of ...",
    "...: not looked at yet",
    "...: ...",
    ", fenced by ...",
    "did you mean ...? ",
    " (and ... more)",
    " (and ... more: vmha status)",
    " and ... more",
    "... and ... more are",
    "... instances that ran there are",
    "1 instance that ran there is",
    "... instances wait",
    "1 instance waits",
    "openstack server start ...",
    "...: asked Nova to evacuate ......",
    "...: fenced by ...: flagged",
    "...: its evacuation is given up: ...",
    "pcs stonith fence ...",
    "is on its way",
    "if nobody wants it down: ",
    "the host is away",
    "was ... before",
    "was asked to be put back",
    "its own host was started meanwhile",
    "left disabled, as it was found",
    "was un-forced by somebody else",
    "forced down in Nova",
    "being evacuated: ...",
    "starting",
    "back in service",
    "got no clear answer",
    "asked Nova to restart it",
    "openstack server reboot --hard ...",
    "gives no sign of life",
    "is paused by an I/O error",
    "no reason is given",
    "runs out of libvirt's control",
    "was stopped by its watchdog",
    "was torn apart by a live migration that failed",
    "was not sent",
    "attrd_updater -p",
    "the kernel's clock: ...",
)
"""Words that say how it goes, parts of sentences, and what is no sentence."""

WRONG = {"ParameterError", "LocalParameterError", "NotInstalled", "NotPermitted"}
"""Each names the parameter or the file, and what it may be: they have one entry together."""
OF_CODE = [keeper.GateClosed, daemon.WorkerNotStarted, daemon.WorkerNotStopped]
ERRORS = {
    name
    for name, one in inspect.getmembers(errors, inspect.isclass)
    if issubclass(one, errors.VmhaError) and name not in WRONG
}
ERRORS |= {one.__name__ for one in [*OF_CODE, outbox.NotDelivered]} | {"kind"}
ELSEWHERE = ("operator/", "operator/deployment.py")
"""What the operator's command answers at once, to the person who typed it."""


def entry_of(sentence: str) -> str | None:
    return next((one for one in SYMPTOMS if sentences.matches(one, sentence)), None)


def shown() -> set[str]:
    told = {text for module in TELLS for text in sentences.texts(module)}
    for module in sentences.modules():
        if not module.startswith(ELSEWHERE):
            told |= sentences.raised(module, ERRORS)
    return {text for text in told if not text.startswith(NEWS)}


EVERY = {text for module in sentences.modules() for text in sentences.texts(module)}


def test_each_sentence_has_its_entry() -> None:
    assert [one for one in sorted(shown()) if not entry_of(one)] == []


def test_each_symptom_is_a_sentence_of_the_code() -> None:
    assert len(SYMPTOMS) > 100
    told = [one for one in SYMPTOMS if any(sentences.matches(one, text) for text in EVERY)]
    assert told == SYMPTOMS


@pytest.mark.parametrize(
    ("symptom", "sentence", "same"),
    [
        ("BMC ... does not answer", "BMC ... does not answer", True),
        ("... failed it", "... failed it", True),
        ("the flags cannot be read", "the flags cannot be read: ...", True),
        ("... is off, but: ...", "... is off, and: ...", False),
        ("waits for a person", "nobody waits for a person", False),
        ("...", "the flags cannot be read", False),
    ],
)
def test_what_counts_as_the_same(symptom: str, sentence: str, same: bool) -> None:
    assert sentences.matches(symptom, sentence) is same


@pytest.mark.parametrize("kind", sorted(ipmi_errors._SENTENCES))
def test_each_trouble_with_a_bmc_has_its_entry(kind: str) -> None:
    error = ipmi_errors.bmc_error(BmcAccess("192.0.2.7", username="admin"), kind, "detail")
    assert isinstance(error, errors.NotInstalled) or entry_of(error.message)


@pytest.mark.parametrize("kind", sorted(redfish_errors._SENTENCES))
def test_each_trouble_with_a_bmc_over_redfish_has_its_entry(kind: str) -> None:
    error = redfish_errors.bmc_error(BmcAccess("192.0.2.7", username="admin"), kind, "detail")
    assert isinstance(error, errors.NotInstalled) or entry_of(error.message)


def test_every_alert_has_its_row() -> None:
    rules = yaml.safe_load((ROOT / "examples" / "alert-rules.yaml").read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"^``(Vmha\w+)``", RUNBOOK, re.MULTILINE)) == alerts
