"""Deliberate mistakes of the product, each of which one weather shows, and a kind world does not."""

from __future__ import annotations

from dataclasses import dataclass

from tests.weather.mistakes import answers, around, guests, people
from tests.weather.mistakes.over import Mistake

NOVA = "NovaEvacuate.nova"
FLAGS = "NovaEvacuate.flags"
CLUSTER = "NovaEvacuate.cluster"
TRACES = "NovaEvacuate.traces"
ATTRD = "NovaEvacuate.attrd"
CIB = "NovaEvacuate.cib"
EACH_WORKER = " ".join(
    f"{worker}.{port}"
    for worker in ("NovaEvacuate", "debug-start")
    for port in ("cluster", "flags")
)


@dataclass(frozen=True)
class Break:
    weather: str
    scenario: str
    where: str
    """The ports that have the mistake."""
    mistake: Mistake


BREAKS = (
    Break("slow-answers", "already-off", NOVA, answers.HasNoPatience),
    Break("nova-answer-lost", "marked-by-image", NOVA, answers.RepeatsALostRequest),
    Break("nova-request-late", "api-blip", NOVA, answers.RepeatsALostRequest),
    Break("nova-busy", "completed-before-it-began", NOVA, answers.TakesBusyForDone),
    Break("nova-unreached", "almost-the-tag", NOVA, answers.TakesNoConnectionForNothing),
    Break("attrd-unanswered", "network-cut", ATTRD, answers.SilentOnceIsGone),
    Break("attrd-answer-lost", "network-cut", ATTRD, answers.SilentOnceIsGone),
    Break("cib-unanswered", "network-cut", CIB, answers.SilentOnceIsGone),
    Break("cib-answer-lost", "network-cut", CIB, answers.SilentOnceIsGone),
    Break("server-groups-slow", "all-hosts-at-once", NOVA, answers.SlowOnceIsGone),
    Break("server-groups-denied", "network-cut", NOVA, answers.DeniedOnceIsDenied),
    Break("server-groups-down", "network-cut", NOVA, answers.UnreachedOnceIsGone),
    Break("glance-slow", "marked-by-image", NOVA, answers.NoMarkWhereSlow),
    Break("glance-denied", "marked-by-image", NOVA, answers.NoMarkWhereDenied),
    Break("glance-down", "marked-by-image", NOVA, answers.NoMarkWhereAway),
    Break("placement-away", "already-off", NOVA, answers.AsksOnce),
    Break(
        "placement-slow",
        "site-power-cut-in-mid-evacuation",
        NOVA,
        answers.GivesTheSchedulerFiveSeconds,
    ),
    Break("clocks-25-s-ahead", "host-flaps", NOVA, around.OldRecordsAreLost),
    Break("clocks-1-s-behind", "network-cut", NOVA, around.DistrustsTheFuture),
    Break("clocks-25-s-behind", "stopped-then-error", NOVA, around.ComesFromTheFuture),
    Break("domain-by-the-host-map", "confirmed-by-hand", CLUSTER, around.DoesNotReadMaps),
    Break(
        "domain-by-the-device", "confirmed-by-hand", CLUSTER, around.DoesNotReadTheDevicesDomain
    ),
    Break("domain-by-both", "network-cut", FLAGS, around.AddsADomainTwice),
    Break("cell-down", "api-blip", NOVA, around.NeedsAllCells),
    Break("cell-down-for-a-while", "api-blip", NOVA, around.RemembersCellsThatAreDown),
    Break("service-down-180-60", "two-die-together-no-domain", NOVA, around.SilentFor45Seconds),
    Break("service-down-300-30", "two-die-together-no-domain", NOVA, around.SilentFor25Seconds),
    Break("nothing-wakes", "already-off", FLAGS, around.OldAtFirstSight),
    Break("operator-writes-a-reason", "rebuilt-from-image", TRACES, people.ForgetsItsTraces),
    Break("operator-disables", "network-cut", TRACES, people.ForgetsItsTraces),
    Break("operator-forces-down", "rebuilt-from-image", NOVA, people.DoesNotLookFirst),
    Break("operator-unforces", "two-hosts-at-once", NOVA, people.ForcedDownOnce),
    Break(
        "started-behind-our-back",
        "released-when-its-host-is-back",
        NOVA,
        people.RemembersWhoIsDown,
    ),
    Break(
        "operator-deletes-the-service",
        "dead-destination-unflagged",
        NOVA,
        people.RemembersServices,
    ),
    Break("second-worker", "another-device-alone", EACH_WORKER, people.AsksNobody),
    Break("tenant-deletes", "fenced-twice", NOVA, people.ListsOnce),
    Break("tenant-untags", "nova-never-retries", NOVA, people.KeepsItsFirstMarks),
    Break("tenant-tags", "untagged-none", NOVA, people.KeepsItsFirstMarks),
    Break("tenant-stops", "already-off", NOVA, people.SkipsWhoIsStopping),
    Break("tenant-stops-and-starts", "absent-is-done", NOVA, people.SkipsWhoIsStopping),
    Break("tenant-resizes", "network-cut", NOVA, people.SkipsWhoIsResized),
    Break("admin-live-migrates", "network-cut", NOVA, people.SkipsWhoMigrates),
    Break("another-tool-evacuates", "two-die-together-no-domain", NOVA, people.OnlyItsOwn),
    Break("worker-killed-three-times", "completed-too-early", NOVA, people.OnlyItsOwn),
    Break(
        "configuration-restored",
        "removed-after-its-evacuation",
        FLAGS,
        people.DropsWhatIsNotProved,
    ),
    Break(
        "configuration-of-the-failure-restored",
        "live-migration-switched-over",
        NOVA,
        people.LooksAtNoHeartbeats,
    ),
    Break("domain-by-novaevacuate", "network-cut", FLAGS, around.FlagsTheNode),
    Break("clocks-1-s-ahead", "absent-is-done", NOVA, around.NothingIsOlderThanItsRequest),
    Break("guests-crash", "dead-destination", NOVA, guests.RestartsTwice),
    Break("operator-enables", "almost-the-tag", NOVA, people.EnabledIsInService),
)
