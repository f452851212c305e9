"""A cell that is down, as SQL: Nova knows of it and of its hosts, and cannot read its database."""

from __future__ import annotations

from tests.lab.cloud import database
from tests.lab.cloud.site import Site

_NAME = "lost"
FORGET = (
    "DELETE FROM nova_api.host_mappings WHERE cell_id IN "
    f"(SELECT id FROM nova_api.cell_mappings WHERE name = '{_NAME}');"
    f"DELETE FROM nova_api.cell_mappings WHERE name = '{_NAME}';"
)


def lost(site: Site, host: str) -> str:
    """An unknown database is an error at once; one that does not answer costs a minute each time."""
    where = database.url(site, "nova_lost")
    return (
        "INSERT INTO nova_api.cell_mappings (uuid, name, transport_url, database_connection, disabled) "
        f"VALUES (UUID(), '{_NAME}', 'fake:///', '{where}', 0);"
        "INSERT INTO nova_api.host_mappings (host, cell_id) "
        f"SELECT '{host}', id FROM nova_api.cell_mappings WHERE name = '{_NAME}';"
    )
