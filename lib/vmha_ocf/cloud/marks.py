"""What is asked about the instances of one host beside themselves: images, marks, whom the policy excludes.

What cannot be looked up keeps nobody waiting but those that it decides about, and is asked again
only after a while: a silent Glance must not hold up what is tagged on the server.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.agent.settings import Settings, Untagged
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.known_marks import CloudMarks
from vmha_ocf.cloud.policy import matching
from vmha_ocf.cloud.policy.matching import NOBODY
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.errors import VmhaError
from vmha_ocf.model import ImageId, Instance, NovaHost
from vmha_ocf.ports import Ports


class HostMarks:
    def __init__(
        self, host: NovaHost, ports: Ports, settings: Settings, cloud: CloudMarks
    ) -> None:
        self.images: dict[ImageId, dict[str, str]] = {}
        self.anything_marked: bool | None = None
        self.excluded = NOBODY
        self.problem = ""
        self._host = host
        self._ports = ports
        self._settings = settings
        self._cloud = cloud
        self._again_at = 0.0

    @property
    def takes_untagged(self) -> bool:
        """Nothing in the cloud is marked, so all are ours."""
        return self._settings.untagged is Untagged.AUTO and self.anything_marked is False

    def look_up(self, instances: Sequence[Instance], *, takes_untagged: bool = False) -> None:
        """Only where it decides about an instance. ``takes_untagged``: that was decided before."""
        if takes_untagged:
            self.anything_marked = False
        policy = self._cloud.in_force.policy
        self._ask(instances, policy)
        self.excluded = matching.excluded(instances, policy, self.images)

    def _ask(self, instances: Sequence[Instance], policy: Policy) -> None:
        now = self._ports.clock.monotonic()
        if self.problem and now < self._again_at:
            return
        self._again_at = now + self._settings.look_again
        try:
            wanted = tagging.images_to_look_up(instances, self._settings, self.images)
            wanted |= matching.images_to_look_up(instances, policy, self.images)
            if wanted:
                for image, found in self._ports.nova.image_marks(sorted(wanted)).items():
                    self.images[image] = dict(found)
            if self._settings.untagged is Untagged.AUTO and self.anything_marked is None:
                self.anything_marked = self._is_anything_marked(instances)
            self.problem = ""
        except VmhaError as error:
            self.problem = f"{self._host}: marks could not be looked up: {error}"

    def _is_anything_marked(self, instances: Sequence[Instance]) -> bool | None:
        marks = self._settings.marks
        found = [tagging.mark(one, marks, self.images) for one in instances]
        if tagging.Choice.EVACUATE in found:
            return True
        if tagging.Choice.UNTAGGED not in found:
            return None
        return self._cloud.anything()
