"""What all hosts say of their instances, as the controllers have it. Each is believed of itself alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.cloud.policy.values import GUEST
from vmha_ocf.errors import GuestsUnavailable
from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.report import ATTRIBUTE, Report, parse_report
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.living.healing.episode import Episode, episode_of
from vmha_ocf.model import Epoch, InstanceId, Monotonic, NodeName, NovaHost
from vmha_ocf.ports import Clock, Ports
from vmha_ocf.proof.presence import Nodes


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    report: Report

    @property
    def troubles(self) -> Mapping[InstanceId, Trouble]:
        return {**self.report.failed, **self.report.found}


Reported = Mapping[NodeName, Said]

SILENT = Said("", Report("", Epoch(0.0)))
"""Of a host that tells nothing."""


class Reports:
    """``problems``: by node, what cannot be believed."""

    def __init__(self, ports: Ports) -> None:
        self.problems: dict[NodeName, str] = {}
        self._ports = ports
        self._known: dict[NodeName, Said] = {}

    def read(self, nodes: Nodes) -> Reported:
        """Of the nodes that are there. Raises FlagsUnavailable."""
        texts = self._ports.notes.read_passing(ATTRIBUTE)
        here = {name for name, one in nodes.items() if one.online and not one.fenced}
        self.problems.clear()
        said = {node: self._said(node, texts[node]) for node in sorted(here & texts.keys())}
        self._known = {node: one for node, one in said.items() if one is not None}
        return {node: one for node, one in self._known.items() if self._answers(node, one.report)}

    def note_nameless(
        self, hosts_of: Callable[[NodeName], Collection[NovaHost]], said: Mapping[NodeName, Said]
    ) -> None:
        """Nodes that tell of trouble, and nobody knows what Nova calls them."""
        for node, one in said.items():
            new = [each for each in one.report.failed.values() if each.kind is not Kind.SHUT_DOWN]
            if new and not hosts_of(node):
                self.problems[node] = (
                    f"{node}: its instances that are down cannot be restarted, as nobody knows which host "
                    "of Nova it is: set domain of NovaEvacuate, or pcmk_host_map of its fencing device"
                )

    def _said(self, node: NodeName, text: str) -> Said | None:
        known = self._known.get(node)
        if known is not None and known.text == text:
            return known
        try:
            return Said(text, parse_report(text))
        except GuestsUnavailable as error:
            self.problems[node] = f"{node}: what it says of its instances: {error}"
            return None

    def _answers(self, node: NodeName, report: Report) -> bool:
        if report.unknown is not None:
            self.problems[node] = (
                f"{node}: libvirt gives no answer there, so none of its instances is restarted"
            )
        elif report.more:
            self.problems[node] = (
                f"{node}: {report.more} more instances are down than it can name: virsh list --all"
            )
        return report.unknown is None


class Heard:
    """How long ago we first heard of what is reported now, and what of it was found to be left."""

    def __init__(self, clock: Clock, in_force: InForce) -> None:
        self._clock = clock
        self._in_force = in_force
        self._since: Mapping[Episode, Monotonic] = {}
        self._left: Mapping[Episode, str] = {}
        """What has shut itself down and stays so, by which policy."""

    def hear(self, reports: Reported) -> None:
        now = self._clock.monotonic()
        self._since = {
            episode: self._since.get(episode, now)
            for said in reports.values()
            for episode in (episode_of(*one) for one in said.troubles.items())
        }

    def off(self) -> None:
        self._since = {}

    def lasted(self, episode: Episode) -> float:
        return self._clock.monotonic() - self._since[episode]

    def troubles(self, said: Said) -> Mapping[InstanceId, Trouble]:
        """Without what has shut itself down, where no row asks for that, or it was found to be left."""
        policy = self._in_force.policy
        ends = policy.asks_about(f"{GUEST}.{Kind.SHUT_DOWN.value}")
        return {
            one: trouble
            for one, trouble in said.troubles.items()
            if trouble.kind is not Kind.SHUT_DOWN
            or (ends and self._left.get(episode_of(one, trouble)) != policy.digest)
        }

    def leave(self, episodes: Iterable[Episode], reports: Reported) -> None:
        """Whoever stops an instance in peace has his host's instances listed once for it."""
        reported = {
            episode_of(one, trouble)
            for said in reports.values()
            for one, trouble in said.troubles.items()
            if trouble.kind is Kind.SHUT_DOWN
        }
        left = dict.fromkeys(episodes, self._in_force.policy.digest)
        self._left = {one: by for one, by in {**self._left, **left}.items() if one in reported}
