"""What Nova has of the instances that are in trouble, and what is wanted for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf

from vmha_ocf.agent.due import Due
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.marks import HostMarks
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.cloud.tagging import Choice
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.healing.case import Case
from vmha_ocf.living.healing.verdict import Verdict
from vmha_ocf.living.healing.wishes import MARKED_OR_NOT, wish
from vmha_ocf.model import ImageId, Instance, InstanceId, NovaHost
from vmha_ocf.ports import Ports

_KEPT = 300.0
"""Seconds that what images and marks say serves."""

EVERY = 30.0
"""Seconds between two looks at a host for whose instances nothing is to be done."""
HOSTS = 20
"""Looked at in one round: the others have their turn in the next."""

Listed = Mapping[NovaHost, Mapping[InstanceId, Instance]]


class Listings:
    """``listed``: by host, of those that are known now."""

    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud) -> None:
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self.listed: dict[NovaHost, Mapping[InstanceId, Instance]] = {}
        self._due = Due(ports.clock)
        self._looked: dict[NovaHost, tuple[float, str]] = {}
        """When each host's instances were listed, and by which report."""
        self._images: dict[ImageId, Mapping[str, str]] = {}
        self._choices: dict[InstanceId, Choice] = {}
        self._unlisted: Mapping[NovaHost, str] = {}
        self._not_looked_up = ""

    @property
    def problems(self) -> Sequence[str]:
        return [*self._unlisted.values(), *filter(None, [self._not_looked_up])]

    def look(self, troubled: Mapping[NovaHost, str], busy: Collection[NovaHost]) -> None:
        """What Nova has on those with a new report, or where something changes, and now and again."""
        now = self._ports.clock.monotonic()
        looked = {host: self._looked.get(host, (-inf, "")) for host in troubled}
        due = [
            host
            for host, (at, text) in looked.items()
            if text != troubled[host] or host in busy or now - at >= EVERY
        ]
        turn = sorted(due, key=lambda host: looked[host])[:HOSTS]
        self.listed = {host: one for host, one in self.listed.items() if host in troubled}
        for host in turn:
            self.listed.pop(host, None)  # what cannot be listed now is not known
        self.listed |= self._on_all(turn)
        self._looked = looked | {
            host: (now, troubled[host]) for host in turn if host in self.listed
        }

    def _on_all(self, hosts: Collection[NovaHost]) -> Listed:
        """Of those that Nova answers for. Whoever is not asked for has no problem any more."""
        turn = sorted(hosts)
        found = dict(zip(turn, self._ports.parallel(self._on, turn), strict=True))
        self._unlisted = {
            host: f"{host}: what has become of its instances is not known: {each}"
            for host, each in found.items()
            if isinstance(each, VmhaError)
        }
        return {
            host: {one.id: one for one in each}
            for host, each in found.items()
            if not isinstance(each, VmhaError)
        }

    def look_up(self, instances: Collection[Instance]) -> None:
        """The images of these, which may say something about any of them."""
        if self._due.now("forget", _KEPT):
            self._images.clear()
        wanted = {one.image for one in instances if one.image is not None} - self._images.keys()
        every = self._settings.look_again if self._not_looked_up else 0.0
        if wanted and not self._due.now("images", every):
            return
        self._not_looked_up = ""
        if not wanted:
            return
        try:
            self._images |= self._ports.nova.image_marks(sorted(wanted))
        except VmhaError as error:
            self._not_looked_up = (
                f"what images say of instances that are down is not known: {error}"
            )

    def wish(self, case: Case) -> Verdict:
        """Whether it is marked is asked for only if nothing else decides."""
        one, kind = case.instance, case.trouble.kind
        policy = self._cloud.in_force.policy
        found = wish(one, kind, policy, self._images, Choice.UNKNOWN)
        if found is not MARKED_OR_NOT:
            return found
        return wish(one, kind, policy, self._images, self._choice(one))

    def _choice(self, one: Instance) -> Choice:
        """It is asked for again after a while: whoever counts the marks of a cloud counts long."""
        if self._due.now("marks", self._settings.look_again):
            self._choices.clear()
        if one.id not in self._choices:
            marks = HostMarks(one.host, self._ports, self._settings, self._cloud.marks)
            marks.images |= {image: dict(said) for image, said in self._images.items()}
            marks.look_up([one])
            self._choices[one.id] = tagging.choose(
                one, self._settings, marks.images, marks.anything_marked
            )
        return self._choices[one.id]

    def _on(self, host: NovaHost) -> Sequence[Instance] | VmhaError:
        """On a thread of its own."""
        try:
            return self._ports.nova.instances_on(host)
        except VmhaError as error:
            return error
