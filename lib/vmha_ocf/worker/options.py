"""NovaEvacuate's parameters, validated and with their defaults -> what the worker runs by. Pure.

What is allowed, and the defaults, are in the agent's table (``programs/nova_evacuate.py``) alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmha_ocf.agent.address import parse_address
from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.settings import AfterBoot, Caps, Marks, Settings, Untagged


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Everything but the credentials. Times in seconds."""

    settings: Settings
    request_timeout: float
    domain: str
    log_file: str
    verbose: bool
    notify_url: str = field(default="", repr=False)
    """May hold a token."""
    notify_command: str = ""
    ca_file: str = ""
    listen: tuple[str, int] | None = None
    token_file: str = ""
    bus: str = ""


def worker_options(values: Mapping[str, str]) -> WorkerOptions:
    """``values`` has every parameter of the agent's table, "" for those without a default."""
    timeout = float(values["request_timeout"])
    caps = Caps(
        total=int(values["max_in_flight"]),
        per_host=int(values["max_per_host"]),
        per_destination=int(values["max_per_destination"]),
    )
    marks = Marks(
        server_tags=_names(values["server_tags"]),
        metadata=_names(values["metadata_keys"]),
        flavor=_names(values["flavor_keys"]),
        image=_names(values["image_keys"]),
    )
    settings = Settings(
        marks=marks,
        untagged=Untagged(values["untagged"]),
        recover_states=values["unevacuable_states"] == "recover",
        # Without shared storage Nova makes a new disk from the image: only where that is allowed.
        rebuild_from_image=not parse_boolean(values["no_shared_storage"])
        or parse_boolean(values["rebuild_from_image"]),
        new_disks=parse_boolean(values["no_shared_storage"]),
        caps=caps,
        storm_limit=int(values["storm_limit"]),
        storm_window=float(values["storm_window"]),
        storm_share=int(values["storm_share"]) / 100,
        poison_window=float(values["poison_window"]),
        evacuate_delay=float(values["evacuate_delay"]),
        service_down_time=float(values["service_down_time"]),
        site_start=float(values["site_start"]),
        after_boot=AfterBoot(values["after_boot"]),
        # What was asked for can take so long to be seen in Nova, however short our patience is.
        settle=max(float(values["settle"]), timeout),
        priority_key=values["priority_key"],
        group_key=values["group_key"],
    )
    return WorkerOptions(
        settings,
        timeout,
        values["domain"],
        values["log_file"],
        parse_boolean(values["verbose"]),
        values["notify_url"].strip(),
        values["notify_command"],
        values["ca_file"],
        parse_address(values["listen"]) if values["listen"] else None,
        values["token_file"],
        values["bus"],
    )


def _names(text: str) -> tuple[str, ...]:
    """A list of exact names, by commas or blanks; the one name "none" is the empty list."""
    names = text.replace(",", " ").split()
    return () if names == ["none"] else tuple(dict.fromkeys(names))
