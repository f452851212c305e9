"""The promises, checked from outside: Nova's database, the hypervisors, the BMCs' events.

Never from our own logs. Each check gives the sentences of what is broken; none is a kept promise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.lab import power
from tests.lab.cloud import identity
from tests.lab.cloud.guests import overlaps
from tests.lab.cloud.observe import InstanceRow, MigrationRow
from tests.lab.guests import judge, locks
from tests.lab.layout import BMC_PASSWORD
from tests.lab.processes import inside
from tests.lab.stage import Stage

_OPEN = ("accepted", "pre-migrating")
_OF_THE_LAB = re.compile(rb"^.*/primitive\[@id='ipmi-ctl\d+'\]/.*$", re.MULTILINE)


@dataclass(frozen=True)
class Expected:
    """What a failure of these hosts must have led to."""

    hosts: Collection[str]
    evacuated: Collection[str]
    """Uuids that must have been evacuated, each to where it is now, active or stopped. Of several
    hosts that died, one that is back may rightly hold what was on another."""
    left: Collection[str] = ()
    """Uuids that must not have moved."""
    in_service: bool = True
    """The hosts are back, enabled, with no flag left."""


def broken(stage: Stage, expected: Expected, since: float = 0.0) -> list[str]:
    """All that is broken, as sentences that begin with the promise's number.

    ``since``, in seconds of the epoch, leaves out the instances of earlier failures."""
    rows = {row.uuid: row for row in stage.cloud.instances()}
    records = evacuations(stage, since)
    return [
        *_early(stage, records),
        *_gate_passed(stage, records),
        *_stops_that_failed(stage),
        *_doubled(stage, records, since),
        *_repeated(records),
        *not_recovered(rows.values(), records, expected),
        *_moved(rows.values(), expected),
        *_out_of_service(stage, expected),
        *_secrets(stage),
        *_real(stage, expected, since),
    ]


def evacuations(stage: Stage, since: float) -> list[MigrationRow]:
    """Nova's records, whose times have whole seconds."""
    return [
        row
        for row in stage.cloud.migrations()
        if row.migration_type == "evacuation" and seconds(row.created_at) >= int(since)
    ]


def _early(stage: Stage, records: Iterable[MigrationRow]) -> Iterable[str]:
    """P1: between a guest's start on its host and the request for it, that host's power was off."""
    off = _times(stage, "power-off")
    lives = _lives(stage)
    for record in records:
        # Nova's times have whole seconds.
        asked = seconds(record.created_at) + 1.0
        source = record.source_compute
        began = max(
            (at for at in lives.get((record.instance_uuid, source), ()) if at < asked), default=0
        )
        if not any(began <= at <= asked for at in off.get(source, ())):
            yield f"P1 {record.instance_uuid} left {source}, which was on"


def _gate_passed(stage: Stage, records: Iterable[MigrationRow]) -> Iterable[str]:
    """P4: from a host's power-off to the start of its guest elsewhere no nova-compute started on it."""
    off, started = _times(stage, "power-off"), _times(stage, "nova-compute-start")
    lives = _lives(stage)
    for record in records:
        source, asked = record.source_compute, seconds(record.created_at) + 1.0
        dead = max((at for at in off.get(source, ()) if at <= asked), default=asked)
        arrived = [
            at
            for at in lives.get((record.instance_uuid, str(record.dest_compute)), ())
            if at > dead
        ]
        early = [at for at in started.get(source, ()) if arrived and dead < at < min(arrived)]
        if early:
            ahead = min(arrived) - early[0]
            told = f"started {ahead:.1f} s before {record.instance_uuid} had left"
            yield f"P4 nova-compute of {source} {told}"


def _stops_that_failed(stage: Stage) -> Iterable[str]:
    """P8: no stop of our agents was answered with an error, as Pacemaker has kept it."""
    for entry in stage.cluster.cib().iter("lrm_rsc_op"):
        named = entry.get("operation_key", "").startswith(
            ("nova-evacuate_stop", "nova-compute_stop")
        )
        # 189 and 193 are Pacemaker's own: the node was lost, or there is no answer yet.
        if named and entry.get("rc-code") not in ("0", "7", "189", "193"):
            yield f"P8 {entry.get('operation_key')} on {entry.get('on_node')}: {entry.get('rc-code')}"


def _times(stage: Stage, kind: str) -> dict[str, list[float]]:
    """When something happened to each node."""
    found: dict[str, list[float]] = {}
    for event in stage.cluster.events():
        if event.kind == kind:
            found.setdefault(event.node, []).append(event.at)
    return found


def _lives(stage: Stage) -> dict[tuple[str, str], list[float]]:
    """When each guest was started, by instance and host."""
    found: dict[tuple[str, str], list[float]] = {}
    for run in stage.cloud.guest_history():
        found.setdefault((run.uuid, run.host), []).append(run.start / 1000)
    return found


def _doubled(stage: Stage, records: Sequence[MigrationRow], since: float) -> Iterable[str]:
    """P2: no guest on two hosts at once, no two records of one instance open at once."""
    lives = [run for run in stage.cloud.guest_history() if run.start >= since * 1000]
    for one, other in overlaps(lives):
        yield f"P2 {one.uuid} ran on {one.host} and {other.host} at the same time"
    running: dict[str, set[str]] = {}
    for host, guests in stage.cloud.guests().items():
        for guest in guests:
            running.setdefault(guest.uuid, set()).add(host)
    for uuid, hosts in running.items():
        if len(hosts) > 1:
            yield f"P2 {uuid} runs on {' and '.join(sorted(hosts))}"
    open_now: dict[str, int] = {}
    for record in records:
        open_now[record.instance_uuid] = open_now.get(record.instance_uuid, 0) + (
            record.status in _OPEN
        )
    yield from (f"P2 {uuid} has {n} open evacuations" for uuid, n in open_now.items() if n > 1)


def _repeated(records: Iterable[MigrationRow]) -> Iterable[str]:
    """P2: of an instance that moves twice, the second move begins where the first one ended."""
    at: dict[str, str | None] = {}
    for record in sorted(records, key=lambda one: one.id):
        if record.status in ("done", "completed"):
            uuid, source = record.instance_uuid, record.source_compute
            if at.get(uuid, source) != source:
                yield f"P2 {uuid} was evacuated from {source}, which it had left for {at[uuid]}"
            at[uuid] = record.dest_compute


def not_recovered(
    rows: Iterable[InstanceRow], records: Iterable[MigrationRow], expected: Expected
) -> Iterable[str]:
    """P5, P6: every tagged instance lives where its last evacuation took it."""
    found = {row.uuid: row for row in rows}
    last = {
        one.instance_uuid: one
        for one in sorted(records, key=lambda one: one.id)
        if one.migration_type == "evacuation"
    }
    for uuid in expected.evacuated:
        row, record = found.get(uuid), last.get(uuid)
        if row is None:
            yield f"P6 {uuid} does not exist any more"
        elif record is None or (record.status, record.dest_compute) not in _to(row.host):
            where = (
                f"{record.status} to {record.dest_compute}" if record else "asked for by nobody"
            )
            yield f"P6 the evacuation of {row.name}, on {row.host}, is {where}"
        elif row.vm_state not in ("active", "stopped") or row.task_state is not None:
            yield f"P6 {row.name} is {row.vm_state}/{row.task_state} on {row.host}"


def _to(host: str | None) -> Collection[tuple[str, str | None]]:
    return [("done", host), ("completed", host)]


def _moved(rows: Iterable[InstanceRow], expected: Expected) -> Iterable[str]:
    for row in rows:
        if row.uuid in expected.left and row.host not in expected.hosts:
            yield f"untagged {row.name} was moved to {row.host}"


def _out_of_service(stage: Stage, expected: Expected) -> Iterable[str]:
    if not expected.in_service:
        return
    for row in stage.cloud.services():
        if row.host in expected.hosts and (row.disabled or row.forced_down):
            state = "disabled" if row.disabled else "forced down"
            yield f"{row.host} is still {state} ({row.disabled_reason})"
    for node in stage.records():
        yield f"{node} is still flagged in the CIB"


def _real(stage: Stage, expected: Expected, since: float) -> list[str]:
    """What real guests' disks, processes and locks tell; stand-ins have none of it."""
    observer = stage.cloud.observer
    if observer is None:
        return []
    refused = locks.attempts(stage.lab, since)
    return judge.broken(observer, stage.cloud.instances(), expected.evacuated, refused)


def _secrets(stage: Stage) -> Iterable[str]:
    """P10: no secret in any log, and none in an argument of a process that runs on a node.

    Not of the devices by which the lab's controllers fence each other: these have their password in the
    CIB, and pcs 0.12, which writes all of a section anew, has Pacemaker 3 log each value of it."""
    secrets = (BMC_PASSWORD, identity.VMHA_PASSWORD, identity.VMHA_CREDENTIAL_SECRET)
    for path in stage.lab.state.glob("nodes/*/log/**/*"):
        if path.is_file() and holds_any(path.read_bytes(), secrets):
            yield f"P10 a secret is in {path}"
    for node in stage.lab.nodes:
        init = power.init_of(stage.lab, node.name)
        for process in inside(init) if init else ():
            if any(secret in word for word in process.words() for secret in secrets):
                yield f"P10 a secret is on the command line of {process.name()} on {node.name}"


def holds_any(log: bytes, secrets: Iterable[str]) -> bool:
    found = [secret.encode() for secret in secrets if secret.encode() in log]
    ours = _OF_THE_LAB.sub(b"", log) if found else b""
    return any(secret in ours for secret in found)


def seconds(stamp: str) -> float:
    """Of the epoch, from a time of Nova's database."""
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()
