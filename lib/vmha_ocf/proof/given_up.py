"""The durable word that an evacuation was given up because its proof had ended. Pure.

CIB, permanent attribute ``evacuation-ended`` of the node: ``host=compute-1 at=1763695800.000 why=...``,
where ``at`` is the time of the proof. It is a problem until a person takes it away, who thereby says that
it was seen, or until the node is fenced anew: the flag of that is younger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmha_ocf.agent.printable import one_line
from vmha_ocf.cluster.flag_texts import same
from vmha_ocf.model import Flag, NodeName, NovaHost

ATTRIBUTE = "evacuation-ended"
_TEXT = re.compile(
    r"host=(?P<host>[!-~]{1,200}) at=(?P<at>[0-9]{1,12}(?:\.[0-9]{1,6})?) why=(?P<why>[ -~]{1,200})"
)


@dataclass(frozen=True, slots=True)
class GivenUp:
    node: NodeName
    host: NovaHost
    at: float
    """The time of the proof, in seconds since the epoch; 0 where the text is not one of ours."""
    why: str
    text: str

    def is_of_the_past(self, flag: Flag) -> bool:
        """The flag tells of a later fencing of this host."""
        return (
            flag.evidence is not None and same(flag.host, self.host) and flag.evidence.at > self.at
        )

    def sentence(self) -> str:
        return (
            f"{self.host}: its evacuation was given up: {self.why}; see to its instances, then say that "
            f"you have seen this: crm_attribute --node {self.node} --name {ATTRIBUTE} --delete"
        )


def format_given_up(flag: Flag, why: str) -> str:
    at = flag.proved_at
    return f"host={flag.host} at={at:.3f} why={why[:200]}"


def parse_given_up(node: NodeName, text: str) -> GivenUp:
    match = _TEXT.fullmatch(text)
    if not match:
        return GivenUp(node, NovaHost(str(node)), 0.0, one_line(text, 200), text)
    return GivenUp(node, NovaHost(match["host"]), float(match["at"]), match["why"], text)
