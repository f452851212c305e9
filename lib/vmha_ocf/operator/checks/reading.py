"""Reading the facts: each by itself, and what cannot be read becomes a gap that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from vmha_ocf.cloud.policy.everywhere import ATTRIBUTE
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cloud.records import STILL, Off
from vmha_ocf.cluster.configuration import Configuration, Resource
from vmha_ocf.errors import NovaDenied, VmhaError
from vmha_ocf.fencing.topology import ComputeHost, misled
from vmha_ocf.living.networks.measured import attributes
from vmha_ocf.model import ComputeService, Evidence, Flag, FlagState, NodeName, NovaHost
from vmha_ocf.operator.answer import Level, level_of
from vmha_ocf.operator.checks.facts import Facts, Finding
from vmha_ocf.operator.known import Known, known_hosts
from vmha_ocf.operator.look import Around, Look, look_at
from vmha_ocf.operator.options import files_of
from vmha_ocf.operator.site import Site, WorkerResource
from vmha_ocf.proof import fenced_elsewhere, presence
from vmha_ocf.worker.ports import WorkerPorts

T = TypeVar("T")


class Reading:
    """``nova_confs``: paths of nova.conf files to look into."""

    def __init__(self, site: Site, resource: str, nova_confs: Sequence[str]) -> None:
        self._site = site
        self._resource = resource
        self._nova_confs = nova_confs
        self._gaps: list[Finding] = []

    def facts(self) -> Facts:
        """Raises CommandUnavailable: without Pacemaker's configuration there is nothing to check."""
        site, configuration = self._site, self._site.configuration()
        worker = self._or_gap(lambda: site.worker(configuration, self._resource))
        domain = worker.options.domain if worker else ""
        files = self._or_gap(lambda: files_of(configuration, site.machine))
        inventories = None if files is None else {name: it.targets for name, it in files.items()}
        self._gaps += [
            Finding(Level.ERROR, one, "correct pcmk_host_map of the device, or its inventory")
            for one in misled(configuration, inventories or {})
            if inventories is not None
        ]
        nodes = self._or_gap(site.cluster.nodes)
        flags = self._or_gap(site.flags.read)
        ports = self._or_gap(lambda: site.ports(worker.values)) if worker else None
        services = self._or_gap(ports.nova.services) if ports else None
        known = known_hosts(
            configuration,
            inventories or {},
            domain,
            services=services,
            flags=(flags or {}).values(),
        )
        believed = fenced_elsewhere.believed(
            nodes or {}, partial(fenced_elsewhere.weakness, configuration=configuration)
        )
        off = presence.hosts_off((flags or {}).values(), believed, known.names)
        looks = (
            self._looks(known, services, off, worker, ports)
            if worker and ports and services
            else {}
        )
        policy = (
            self._or_gap(lambda: site.machine.read_policy(worker.values["policy"]))
            if worker
            else None
        )
        if worker:
            self._or_gap(lambda: site.machine.verify_bus(worker.options.bus))
        return Facts(
            configuration=configuration,
            hosts=known.hosts,
            names=known.names,
            words=known.words,
            worker=worker,
            controller=self._or_gap(site.machine.node),
            now=site.clock.now(),
            nodes=nodes,
            flags=flags,
            hold=self._or_gap(site.holds.read),
            quorate=self._or_gap(site.machine.quorate),
            clock_is_kept=self._or_gap(site.machine.clock_is_kept),
            complaints=self._complaints(configuration),
            services=services,
            hidden=services.unknown if services is not None else frozenset(),
            rooms=self._or_gap(lambda: site.room(worker.values)) if worker else None,
            offered=self._or_gap(lambda: site.offered(worker.values)) if worker else None,
            looks=looks,
            policy=policy,
            policies=self._or_gap(lambda: site.notes.read(ATTRIBUTE)),
            measured=self._or_gap(lambda: self._measured(policy)) if policy else {},
            login=self._or_gap(lambda: site.machine.login(worker.values)) if worker else None,
            exposed=sorted({one.exposed for one in (files or {}).values() if one.exposed}),
            resumes=self._resumes(),
            gaps=self._gaps,
        )

    def _measured(self, policy: Understood) -> Mapping[str, Mapping[NodeName, str]]:
        names = attributes(policy.policy.measured)
        return {name: self._site.notes.read_passing(name) for name in names}

    def _or_gap(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except VmhaError as error:
            self._gaps.append(_gap(error))
            return None

    def _looks(
        self,
        known: Known,
        services: Sequence[ComputeService],
        off: Off,
        worker: WorkerResource,
        ports: WorkerPorts,
    ) -> Mapping[NovaHost, Look]:
        listed = {service.host for service in services}
        todo = [one for one in known.hosts if one.host in listed]

        def look(one: ComputeHost) -> Look | VmhaError:
            down = dict.fromkeys((one.host, *known.names.hosts_of(one.node)), STILL)
            around = Around({**off, **down}, services)
            try:
                return look_at(_lost(one, ports), around, ports, worker.options.settings)
            except VmhaError as error:
                return error

        found = dict(zip(todo, self._site.parallel(look, todo), strict=True))
        gaps = {_gap(one) for one in found.values() if isinstance(one, VmhaError)}
        self._gaps.extend(sorted(gaps, key=lambda gap: gap.what))
        return {one.host: it for one, it in found.items() if isinstance(it, Look)}

    def _complaints(self, configuration: Configuration) -> Mapping[str, str]:
        devices = configuration.devices

        def complaint(device: Resource) -> str:
            try:
                return self._site.machine.try_device(device)
            except VmhaError as error:
                return str(error)

        answers = self._site.parallel(complaint, devices)
        return {device.name: told for device, told in zip(devices, answers, strict=True)}

    def _resumes(self) -> Mapping[str, bool]:
        found = {}
        for path in self._nova_confs:
            answer = self._or_gap(partial(self._site.machine.resumes_guests, path))
            if answer is not None:
                found[path] = answer
        return found


def _lost(one: ComputeHost, ports: WorkerPorts) -> Flag:
    proof = Evidence("vmha", ports.clock.now(), "if it were fenced now")
    return Flag(one.host, FlagState.NEEDED, node=one.node, evidence=proof)


def _gap(error: VmhaError) -> Finding:
    """What Nova denies is wrong and not unknown: the worker would be denied it as well."""
    level = Level.ERROR if isinstance(error, NovaDenied) else level_of(error)
    return Finding(level, error.message, error.hint)
