"""Whether this whole site has just started: found out once by each worker, kept, followed to its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from vmha_ocf.agent.due import Due
from vmha_ocf.agent.settings import Settings
from vmha_ocf.cluster.flag_texts import STORM_KEY
from vmha_ocf.cluster.storm import Shown
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.booting import site_start
from vmha_ocf.living.booting.site_start import SiteStart
from vmha_ocf.model import Flag, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof import boots, planned
from vmha_ocf.proof.boots import Served
from vmha_ocf.proof.naming import Naming
from vmha_ocf.proof.presence import Nodes

LOOK_AGAIN = 3.0
"""Seconds between two looks at who has booted."""


class SiteStarting:
    """``look`` in every round, before anything is asked for. Not knowing holds what is new, too."""

    def __init__(self, ports: Ports, settings: Settings, me: str, naming: Naming) -> None:
        self._ports = ports
        self._seconds = settings.site_start
        self._me = NodeName(me)
        self._naming = naming
        self.shown: Shown | None = None
        """By the clock of this controller, as it is kept."""
        self._due = Due(ports.clock)
        self._is_known = False
        """Whether the site has started was found out."""
        self._start: SiteStart | None = None
        self._written: Mapping[NodeName, str] = {}
        """As it is kept, by the node that keeps it."""
        self._was_left = False
        """The controllers have been there: if hosts kept running too, it was the worker that was away."""
        self._kept_running = False
        self._waiting: Mapping[NovaHost, Flag] = {}
        self._nodes: Nodes = {}

    def look(self, flags: Mapping[NovaHost, Flag], nodes: Nodes) -> None:
        """Raises what Notes raises."""
        self._waiting, self._nodes = {}, nodes
        try:
            if not self._is_known:
                self._find_out()
            if self._start is not None and nodes:
                self._follow(self._start, nodes)
        finally:
            self._waiting = {host: one for host, one in flags.items() if self._holds(one)}

    def keep(self, shown: Shown, *, busy: bool) -> None:
        """What our clock showed: where another controller's is kept; and, ``busy`` or not, where somebody
        has set it, and what depends on it was seen to. Raises what Notes raises."""
        is_new = self.shown != shown and (self.shown is not None or not busy)
        if is_new and self._is_known and self._seconds > 0:
            self._keep_shown(shown)

    def leave(self) -> None:
        """This worker is stopped: it may be that quorum is lost. Whoever comes next finds out anew."""
        if self._is_known and self._seconds > 0:
            with suppress(
                VmhaError
            ):  # Then nobody takes a power cut for one while a controller lives.
                self._ports.notes.write_passing(site_start.ALIVE, STORM_KEY, site_start.LEFT)

    def holds(self, one: Flag) -> bool:
        """It is of the site's start, or may be: nothing is asked for yet."""
        return one.host in self._waiting

    def lets_back(self, one: Flag) -> bool:
        """It is of the site's start: nobody has to release it for its host to come back."""
        return self._is_known and self.holds(one)

    @property
    def awaited(self) -> Collection[NodeName]:
        """Whoever has not been seen since the site started."""
        return () if self._start is None else self._start.awaited

    @property
    def problems(self) -> Sequence[str]:
        start = self._start
        if start is None:
            return ()
        if self._lasts(start):
            waiting = site_start.fenced(list(self._waiting.values()), start, self._seconds)
            return [waiting] if waiting else ()
        return site_start.absent(start, self._nodes, self._stopped()) if self._nodes else ()

    def _holds(self, one: Flag) -> bool:
        if not self._is_known:
            return one.pending
        start = self._start
        lasts = start is not None and self._lasts(start) and not self._kept_running
        return lasts and start is not None and site_start.is_of_the_start(one, start)

    def _lasts(self, start: SiteStart) -> bool:
        return start.lasts(self._ports.clock.now(), self._seconds)

    def _find_out(self) -> None:
        """Kept first: whoever comes after us must not find that somebody was here, and nothing else."""
        notes = self._ports.notes
        if self._seconds <= 0:
            self._is_known = True
            return
        was_there = notes.read_passing(site_start.ALIVE).get(NodeName(STORM_KEY), "")
        self._was_left = was_there == site_start.LEFT
        up = self._ports.clock.monotonic()
        self.shown = site_start.parse_alive(was_there, self._me, up)
        self._written = notes.read(site_start.ATTRIBUTE)
        self._start = site_start.newest(self._written.values())
        if not was_there or self._was_left:
            self._begin()
        self._is_known = True

    def _begin(self) -> None:
        now = self._ports.clock.now()
        known = frozenset(self._served())
        self._start = SiteStart(now - site_start.BEFORE, known) if known else None
        self._keep()
        self._keep_shown(Shown(now, self._ports.clock.monotonic()))

    def _keep_shown(self, shown: Shown) -> None:
        text = site_start.format_alive(shown, self._me)
        self._ports.notes.write_passing(site_start.ALIVE, STORM_KEY, text)
        self.shown = shown

    def _follow(self, start: SiteStart, nodes: Nodes) -> None:
        """Whoever was awaited and is there now is not awaited any more; that is kept when it counts."""
        self._start = start = start.seen(nodes)
        lasts = self._lasts(start)
        if lasts and not self._kept_running and self._due.now("boots", LOOK_AGAIN):
            booted = self._ports.notes.read_passing(boots.BOOTED)
            looked = self._ports.notes.read(boots.LOOKED)
            served = self._served()
            self._kept_running = site_start.has_kept_running(served, booted, looked, start)
        is_none = self._kept_running and self._was_left
        if is_none or not lasts:
            self._start = start if start.awaited and not is_none else None
            self._keep()

    def _keep(self) -> None:
        """In one place; what others have left is of the past."""
        start = self._start
        wanted = {} if start is None else {self._me: site_start.format_start(start)}
        if wanted == self._written:
            return
        for node, text in wanted.items():
            self._ports.notes.write(node, site_start.ATTRIBUTE, text)
        for node in self._written.keys() - wanted.keys():
            self._ports.notes.remove(node, site_start.ATTRIBUTE, self._written[node])
        self._written = wanted

    def _served(self) -> Mapping[NodeName, Served]:
        """The newest boot of each host in which it was in service."""
        texts = self._ports.notes.read(boots.SERVED)
        found = {node: boots.parse_served(text) for node, text in texts.items()}
        return {node: served[-1] for node, served in found.items() if served}

    def _stopped(self) -> Collection[NodeName]:
        """Connections that people have stopped."""
        configuration = self._naming.configuration
        return [node for node in self._nodes if planned.is_stopped(node, configuration)]
