"""Databases that are ready for use: made once, copied at each start, saved and restored."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab.cloud import config, database, identity
from tests.lab.cloud.client import Client
from tests.lab.cloud.services import Service, environment
from tests.lab.cloud.site import CACHE, PORTS, Site
from tests.lab.cloud.venv import HERE, PYTHON, REQUIREMENTS, fingerprint

# An address of its own: a template can be made while a cloud runs.
_BUILD_ADDRESS = "127.99.0.1"
_BUILD_STATE = Path("/dev/shm/vmha-lab-template")
_MADE_BY = ("config.py", "database.py", "identity.py", "site.py", "template.py")
IMAGE = "c0ffee00-0000-4000-8000-000000000001"
FLAVORS = ("1", "2")


def ensure_template() -> Path:
    """The directory to copy from, made unless one by this very code is there."""
    name = fingerprint(REQUIREMENTS, *(HERE / file for file in _MADE_BY))
    template = CACHE / f"template-{name}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            print("making the databases (15 s, once)", flush=True)
            # Several checkouts share the cache: the newest few stay.
            for old in sorted(CACHE.glob("template-*"), key=lambda one: one.stat().st_mtime)[:-3]:
                shutil.rmtree(old)
            _make(template)
    return template


def lay_out(site: Site, source: Path) -> None:
    """Fill an empty home from a template or a snapshot."""
    for name in ("mysql", "keys"):
        shutil.copytree(source / name, site.home / name, dirs_exist_ok=True)
    shutil.copy(source / "images.json", site.home)
    write_configuration(site)
    credential = (source / "credential").read_text()
    (site.home / "credential").write_text(credential)
    clouds = site.home / "clouds.yaml"
    clouds.touch(mode=0o600)
    clouds.write_text(identity.clouds_yaml(site, credential))


def write_configuration(site: Site) -> None:
    site.write()
    for directory in (site.etc, site.logs, site.home / "nova", site.home / "rabbitmq"):
        directory.mkdir(parents=True, exist_ok=True)
    (site.home / "rabbitmq/enabled_plugins").write_text("[].\n")
    (site.home / "rabbitmq/rabbitmq.conf").write_text("loopback_users = none\n")
    for name, text in config.files(site).items():
        (site.etc / name).write_text(text)


def adopt_address(site: Site) -> None:
    """The catalogue and the cells carry addresses: those of the cloud that they came from."""
    like = f"%:{PORTS['keystone']}/%"
    find = f"SELECT url FROM keystone.endpoint WHERE url LIKE '{like}' LIMIT 1;"
    found = database.execute(site.socket, find)
    old = found.split("//")[1].split(":")[0]

    def swapped(column: str) -> str:
        return f"{column} = REPLACE({column}, '{old}', '{site.address}')"

    cells = f"{swapped('transport_url')}, {swapped('database_connection')}"
    database.execute(
        site.socket,
        f"UPDATE keystone.endpoint SET {swapped('url')};"
        f"UPDATE nova_api.cell_mappings SET {cells};"
        # A heartbeat from before the snapshot would make every host look down.
        "UPDATE nova.services SET last_seen_up = UTC_TIMESTAMP(), updated_at = UTC_TIMESTAMP()"
        " WHERE deleted = 0;",
    )


def _make(template: Path) -> None:
    # Always the same place, so that what an interrupted run left is found and ended.
    site = Site(_BUILD_STATE, _BUILD_ADDRESS)
    services = [Service(site, name) for name in ("mariadb", "keystone", "nova-api")]
    _end(site, services)
    try:
        write_configuration(site)
        database.initialise(site)
        _fill(site, services)
        for service in reversed(services):
            service.stop()
        unfinished = template.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(site.home, unfinished, ignore=_left_out)
        unfinished.replace(template)
    finally:
        _end(site, services)


def _end(site: Site, services: list[Service]) -> None:
    for service in services:
        service.stop(kill=True)
    shutil.rmtree(site.state, ignore_errors=True)


def _left_out(directory: str, names: list[str]) -> list[str]:
    kept = {"mysql", "keys", "images.json", "credential"}
    return [name for name in names if name not in kept] if directory.endswith("/cloud") else []


def _fill(site: Site, services: list[Service]) -> None:
    mariadb, keystone, nova_api = services
    mariadb.start()
    mariadb.await_ready()
    create = "".join(f"CREATE DATABASE {name};" for name in database.NAMES)
    database.execute(site.socket, create)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(schema, site) for schema in (_keystone, _placement, _nova)]:
            done.result()
    keystone.start()
    nova_api.start()
    keystone.await_ready()
    credential = identity.fill(site)
    (site.home / "credential").write_text(credential)
    nova_api.await_ready()
    client = Client(site)
    for number in FLAVORS:
        flavor = {"name": f"lab.{number}", "id": number, "ram": 128, "vcpus": 1, "disk": 1}
        client.call("POST", "/flavors", {"flavor": flavor}).expect(200)
    (site.home / "images.json").write_text(json.dumps([plain_image(IMAGE, "cirros")], indent=1))


def plain_image(image_id: str, name: str) -> dict[str, object]:
    now = "2026-01-01T00:00:00Z"
    return {
        "id": image_id,
        "name": name,
        "status": "active",
        "visibility": "public",
        "container_format": "bare",
        "disk_format": "raw",
        "size": 1048576,
        "min_disk": 0,
        "min_ram": 0,
        "protected": False,
        "owner": "lab",
        "checksum": "0" * 32,
        "tags": [],
        "created_at": now,
        "updated_at": now,
        "file": f"/v2/images/{image_id}/file",
        "self": f"/v2/images/{image_id}",
        "schema": "/v2/schemas/image",
    }


def _keystone(site: Site) -> None:
    (site.home / "keys").mkdir(mode=0o700)
    root = ("--keystone-user", "root", "--keystone-group", "root")
    _manage(site, "keystone", "fernet_setup", *root)
    _manage(site, "keystone", "credential_setup", *root)
    _manage(site, "keystone", "db_sync")
    admin = ("--bootstrap-password", config.PASSWORD, "--bootstrap-region-id", identity.REGION)
    _manage(site, "keystone", "bootstrap", *admin)


def _placement(site: Site) -> None:
    _manage(site, "placement", "db", "sync")


def _nova(site: Site) -> None:
    _manage(site, "nova", "api_db", "sync")
    cell0 = database.url(site, "nova_cell0")
    _manage(site, "nova", "cell_v2", "map_cell0", "--database_connection", cell0)
    _manage(site, "nova", "db", "sync")
    _manage(site, "nova", "cell_v2", "create_cell", "--name", "cell1")


def _manage(site: Site, what: str, *words: str) -> None:
    # It dies with us: an interrupted one must not go on in the next one's database.
    command: list[str | Path] = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        PYTHON.parent / f"{what}-manage",
    ]
    command += ["--config-file", site.etc / f"{what}.conf"]
    command += words
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(site), check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{what}-manage {' '.join(words)}: {done.stderr[-3000:]}")
