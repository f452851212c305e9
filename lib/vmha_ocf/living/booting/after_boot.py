"""After the boot of a host, whoever's doing it was: its marked instances that ran are started, or told.

Nothing has to be remembered between two rounds: what was asked for is in Nova's own list, so a worker that
comes after one that was killed starts nothing twice, and Nova refuses what is not stopped any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf

from vmha_ocf.agent.due import Due
from vmha_ocf.agent.settings import AfterBoot, Settings
from vmha_ocf.cloud.readings import Cloud
from vmha_ocf.fencing.names import way_to_say
from vmha_ocf.living.booting import off_since
from vmha_ocf.living.booting.asked_since import AskedSince
from vmha_ocf.living.booting.evacuated_off import EvacuatedOff
from vmha_ocf.living.booting.hosts import Booted, BootedHosts, Left
from vmha_ocf.living.booting.off_instances import Listed, OffInstances, not_known
from vmha_ocf.living.booting.off_since import Found, Off
from vmha_ocf.living.booting.starting import Starting
from vmha_ocf.living.booting.waiting_boots import WaitingBoots
from vmha_ocf.model import Flag, InstanceId, NodeName, NovaHost
from vmha_ocf.ports import Ports
from vmha_ocf.proof.boots import Served
from vmha_ocf.proof.naming import Naming

EVERY = 30.0
"""Seconds between two looks at who has booted, or who is off still."""
SOON = 5.0
"""Seconds between two looks while Nova is about to stop instances, or we start them."""
HOSTS = 10
"""Looked at in one round: the others have their turn in the next."""


class AfterBoots:
    def __init__(self, ports: Ports, settings: Settings, cloud: Cloud, naming: Naming) -> None:
        self._ports = ports
        self._settings = settings
        self._nova_time = cloud.nova_time
        self._due = Due(ports.clock)
        self._asked = AskedSince(ports, cloud.past)
        self._off = OffInstances(ports, settings, cloud)
        self._booted = BootedHosts(ports, cloud, naming)
        self._kept = WaitingBoots(ports)
        self._naming = naming
        self._starting = Starting(ports, settings, self._asked)
        self._waiting: Mapping[NovaHost, Booted] = {}
        self._listed: dict[NovaHost, Listed] = {}
        self._elsewhere = EvacuatedOff(ports, settings, cloud, naming, self._asked)
        self._found: dict[NovaHost, Sequence[Found]] = {}
        self._looked_at: dict[NovaHost, float] = {}
        self._said: set[str] = set()

    @property
    def told(self) -> Mapping[InstanceId, str]:
        return off_since.told(self._all)

    @property
    def problems(self) -> Sequence[str]:
        """What nobody but a person starts, and what is not known."""
        left = [one for one in self._all if not self._is_to_start(one)]
        unknown = [one.problem for one in self._listed.values()]
        unknown += [one for one in self._elsewhere.problems.values() if one not in unknown]
        nameless = [self._nameless(node) for node in sorted(self._booted.nameless)]
        return list(filter(None, [off_since.problem(left), *unknown, *nameless]))

    def _nameless(self, node: NodeName) -> str:
        hosts = self._booted.nameless[node]
        way = way_to_say(node, hosts[0], self._naming.words)
        return (
            f"{node} has booted, and what ran on it is not known: if it is {' or '.join(hosts)} in Nova, "
            f"{way}"
        )

    @property
    def _all(self) -> Sequence[Found]:
        """Each once: it may have come to a host that has just booted, too."""
        found = [*self._found.values(), *self._elsewhere.found.values()]
        return list({one.instance.id: one for each in found for one in each}.values())

    @property
    def is_busy(self) -> bool:
        """Nova is about to stop instances, or there is something to be started."""
        now = self._now
        young = any(not off_since.is_over(one.served, now) for one in self._waiting.values())
        return young or any(map(self._is_to_start, self._all))

    @property
    def _now(self) -> float:
        """By the hosts' clock, which is Nova's: at most as much later as is seen."""
        return self._ports.clock.now() - self._nova_time.ahead

    def look(self, flags: Mapping[NovaHost, Flag]) -> None:
        """Raises what Notes, Flags, Cluster and Nova raise."""
        if not self._naming.nodes or not self._due.now("look", self._every):
            return
        self._kept.bring_back(self._naming.nodes)
        self._waiting = {one.host: one for one in self._booted.waiting(flags)}
        self._kept.keep(self._booted.anew)
        self._booted.meet()
        self._forget()
        turn = sorted(self._waiting, key=lambda host: self._looked_at.get(host, -inf))[:HOSTS]
        self._look_at([self._waiting[host] for host in turn])
        self._look_elsewhere(self._booted.left())
        self._settle()
        self._start(turn)

    @property
    def _every(self) -> float:
        return SOON if self.is_busy else EVERY

    def _forget(self) -> None:
        self._listed = {host: one for host, one in self._listed.items() if host in self._waiting}
        self._found = {host: one for host, one in self._found.items() if host in self._waiting}
        if not self._waiting and not self._elsewhere.found:
            self._asked.forget_all()

    def _is_to_start(self, one: Found) -> bool:
        resumes = self._settings.after_boot is AfterBoot.RESUME and one.off is Off.RAN
        if one.left is not None:
            return resumes and self._elsewhere.startable(one)
        booted = self._waiting.get(one.instance.host)
        return resumes and booted is not None and booted.startable

    def _look_at(self, turn: Sequence[Booted]) -> None:
        listed = self._ports.parallel(self._off.on, [one.host for one in turn])
        self._looked_at |= dict.fromkeys((one.host for one in turn), self._ports.clock.monotonic())
        self._listed |= {one.host: each for one, each in zip(turn, listed, strict=True)}
        pairs = list(zip(turn, listed, strict=True))
        off = self._asked.of([(one, booted.served) for booted, each in pairs for one in each.off])
        for booted, each in pairs:
            known = [off[one.id] for one in each.off if one.id in off]
            self._found[booted.host] = [one for one in known if one.off is not Off.LEFT]
            self._say(self._found[booted.host])
            if booted.host in self._asked.trouble:
                unknown = not_known(booted.host, self._asked.trouble[booted.host])
                self._listed[booted.host] = replace(each, problem=unknown)

    def _look_elsewhere(self, left: Sequence[Left]) -> None:
        """Seldom: who has left a host leaves it once."""
        if not left or self._due.now("elsewhere", EVERY):
            self._elsewhere.look(left)
            self._say([one for each in self._elsewhere.found.values() for one in each])

    def _say(self, found: Sequence[Found]) -> None:
        for one in found:
            line = f"{one.ran_on}: {one.instance.name or one.instance.id} {one.told}"
            if line not in self._said:
                self._said.add(line)
                self._ports.say(line)

    def _settle(self) -> None:
        """Nova has stopped what was to be stopped, and all of it is running again, or its owner's."""
        now = self._now
        nodes: dict[NodeName, list[Booted]] = {}
        for booted in self._waiting.values():
            nodes.setdefault(booted.node, []).append(booted)
        for node, each in nodes.items():
            over = all(
                one.up and self._is_empty(one.host) and off_since.is_over(one.served, now)
                for one in each
            )
            if over and self._booted.is_whole(node, [one.host for one in each]):
                self._booted.settle(node, each[0].served)

    def _is_empty(self, host: NovaHost) -> bool:
        listed = self._listed.get(host)
        is_known = listed is not None and not listed.problem and not listed.starting
        return is_known and not self._found.get(host) and self._elsewhere.is_empty(host)

    def _start(self, turn: Sequence[NovaHost]) -> None:
        known = {one.instance.id: one for host in turn for one in self._found[host]}
        elsewhere = self._elsewhere.found
        known |= {one.instance.id: one for each in elsewhere.values() for one in each}
        wanted = [
            (one.instance, self._served(one)) for one in known.values() if self._is_to_start(one)
        ]
        if wanted:
            self._starting.run(wanted, {host: self._listed[host].starting for host in turn})

    def _served(self, one: Found) -> Sequence[Served]:
        if one.left is not None:
            return self._elsewhere.served[one.left]
        return self._waiting[one.instance.host].served
