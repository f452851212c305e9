"""The history in the CIB: a property set of its own, one property for each incident of a host, and one for
all ailments of a sort.

There it survives the stop of all controllers and every failover, and each controller reads it from
its own copy. Pacemaker itself takes no notice of names that it does not know. Over a Protocol, so
that the simulator runs this very code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vmha_ocf.errors import CommandUnavailable
from vmha_ocf.incidents.ailment import What
from vmha_ocf.incidents.ailment_text import format_ailments, parse_ailments
from vmha_ocf.incidents.ailments import Ailments
from vmha_ocf.incidents.as_text import format_incident, parse_incident
from vmha_ocf.incidents.history import MOST, History
from vmha_ocf.incidents.incident import Incident

PROPERTIES = "vmha-history"
_NAME = "vmha-incident-"
_AILMENTS = "vmha-ailments-"


class Properties(Protocol):
    """Property sets of the CIB. All raise Unavailable."""

    def properties(self, name: str) -> Mapping[str, str]:
        """Those of one set; {} if there is no such set."""

    def set_property(self, name: str, key: str, value: str) -> None: ...

    def quorate(self) -> bool: ...


class HistoryStore:
    def __init__(self, cib: Properties) -> None:
        self._cib = cib

    def read(self) -> History:
        """What can be read: the rest is a newer version's, or nobody's. Raises Unavailable."""
        found = self._cib.properties(PROPERTIES)
        known = {place: parse_incident(found.get(_name(place), "")) for place in range(MOST)}
        return {place: one for place, one in known.items() if one is not None}

    def write(self, place: int, incident: Incident) -> None:
        """Raises Unavailable."""
        self._set(_name(place), format_incident(incident))

    def read_ailments(self) -> Ailments:
        """What can be read. Raises Unavailable."""
        found = self._cib.properties(PROPERTIES)
        return {what: parse_ailments(found.get(_AILMENTS + what.value, "")) for what in What}

    def write_ailments(self, what: What, ailments: Ailments) -> None:
        """All of one sort. Raises Unavailable."""
        self._set(_AILMENTS + what.value, format_ailments(ailments[what]))

    def _set(self, name: str, text: str) -> None:
        """Raises Unavailable. Without quorum too: where partitions meet, the CIB with more changes
        wins, and ours could undo what the majority had recorded."""
        if not self._cib.quorate():
            raise CommandUnavailable("the history is not written: this partition has no quorum")
        self._cib.set_property(PROPERTIES, name, text)


def _name(place: int) -> str:
    return f"{_NAME}{place:02d}"
