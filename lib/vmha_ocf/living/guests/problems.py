"""What `pcs status` shows of a host's instances: one sentence for each trouble, the same as long as it
lasts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from vmha_ocf.living.guests.down import Trouble
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId


def problems(
    uri: str,
    troubles: Mapping[InstanceId, Trouble],
    unknown: Epoch | None,
    unwritten: str,
) -> list[str]:
    """``unwritten``: why the report cannot be written; empty if it can."""
    return list(_problems(uri, troubles, unknown, unwritten))


def _problems(
    uri: str,
    troubles: Mapping[InstanceId, Trouble],
    unknown: Epoch | None,
    unwritten: str,
) -> Iterator[str]:
    if unknown is not None:
        yield (
            f"libvirt ({uri}) gives no answer since {_clock(unknown)}: what becomes of the instances "
            "here is not known; systemctl status libvirtd virtqemud"
        )
    if unwritten:
        yield f"what is known of the instances here does not reach the controllers: {unwritten}"
    failed = {
        uuid: one for uuid, one in troubles.items() if one.seen and one.kind is not Kind.SHUT_DOWN
    }
    if failed:
        yield _failed(failed)


def _failed(failed: Mapping[InstanceId, Trouble]) -> str:
    counts = Counter(one.kind.value for one in failed.values())
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    uuid, one = min(failed.items(), key=lambda each: (each[1].since, each[0]))
    return (
        f"instances here are down or stuck: {kinds}; the first is {uuid}, {one.kind.value} "
        f"since {_clock(one.since)}"
    )


def _clock(at: Epoch) -> str:
    """Text, whatever the clock says."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return "a time that is none"
