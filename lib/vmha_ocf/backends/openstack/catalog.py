"""Keystone's catalog -> the address of one service, or what is wrong with it.

What is in the catalog, and by which other names a service may be there, keystoneauth knows. What it
would do silently is refused here: where several regions have the service it takes the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmha_ocf.errors import NovaDenied

if TYPE_CHECKING:
    from keystoneauth1.access.service_catalog import ServiceCatalog


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for one service. "" is: not said."""

    service_type: str
    interfaces: Sequence[str]
    """In the order of preference."""
    region: str = ""
    service_name: str = ""
    override: str = ""
    """An address that takes the catalog's place."""


def find_endpoint(catalog: ServiceCatalog, place: Place) -> str:
    """Raises NovaDenied with what the catalog has instead.

    Without a region there has to be only one: two regions may each have a compute-1.
    """
    service = place.service_type
    offered = _offered(catalog, place)
    if not offered:
        raise NovaDenied(
            f"this project's catalog has no {service} service",
            hint="check project_name, and the catalog with: openstack catalog list",
        )
    regions = sorted({one.region_name or "" for one in offered})
    if place.region and place.region not in regions:
        raise NovaDenied(
            f"there is no region {place.region} with a {service} service",
            hint=f"region_name can be {', '.join(regions)}",
        )
    if not place.region and len(regions) > 1:
        raise NovaDenied(
            f"which region? {service} is in {', '.join(regions)}",
            hint=f"for example region_name={regions[0]}",
        )
    region = place.region or regions[0]
    found = _offered(catalog, place, region_name=region or None, interface=list(place.interfaces))
    if not found:
        here = sorted({one.interface for one in offered if (one.region_name or "") == region})
        raise NovaDenied(
            f"{service} has no {' or '.join(place.interfaces)} endpoint in region {region}",
            hint=f"endpoint_type can be {', '.join(here)}",
        )
    return str(found[0].url).rstrip("/")


def _offered(catalog: ServiceCatalog, place: Place, **which: Any) -> Sequence[Any]:
    """keystoneauth's EndpointData, the best first."""
    found = catalog.get_endpoints_data(
        service_type=place.service_type, service_name=place.service_name or None, **which
    )
    return [one for each in found.values() for one in each]
