"""Keystone's catalog -> the address of one service, or what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vmha_ocf.errors import NovaDenied


def find_endpoint(
    catalog: Iterable[Mapping[str, Any]], service_type: str, region: str, interface: str
) -> str:
    """Raises NovaDenied with what the catalog has instead.

    Without a region there has to be only one: two regions may each have a compute-1.
    """
    entries = [one for one in catalog if one["type"] == service_type]
    endpoints = [endpoint for one in entries for endpoint in one["endpoints"]]
    if not endpoints:
        raise NovaDenied(
            f"this project's catalog has no {service_type} service",
            hint="check project_name, and the catalog with: openstack catalog list",
        )
    regions = sorted({one["region_name"] or "" for one in endpoints})
    if region and region not in regions:
        raise NovaDenied(
            f"there is no region {region} with a {service_type} service",
            hint=f"region_name can be {', '.join(regions)}",
        )
    if not region and len(regions) > 1:
        raise NovaDenied(
            f"which region? {service_type} is in {', '.join(regions)}",
            hint=f"for example region_name={regions[0]}",
        )
    return _of_interface(endpoints, service_type, region or regions[0], interface)


def _of_interface(
    endpoints: list[Mapping[str, Any]], service_type: str, region: str, interface: str
) -> str:
    mine = [one for one in endpoints if (one["region_name"] or "") == region]
    here = {one["interface"]: one["url"] for one in mine}
    # clouds.yaml may still say internalURL, as Keystone v2 did.
    wanted = interface.removesuffix("URL")
    if wanted not in here:
        raise NovaDenied(
            f"{service_type} has no {wanted} endpoint in region {region}",
            hint=f"endpoint_type can be {', '.join(sorted(here))}",
        )
    return str(here[wanted]).rstrip("/")
