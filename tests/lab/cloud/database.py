"""MariaDB: a fresh data directory, statements through its socket, rows as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.cloud.site import PORTS, Site

NAMES = ("keystone", "placement", "nova_api", "nova", "nova_cell0")


def configuration(site: Site) -> str:
    return f"""\
[mariadbd]
user = root
datadir = {site.database}
socket = {site.socket}
pid-file = {site.home}/mysql.pid
bind-address = {site.address}
port = {PORTS["mariadb"]}
skip-name-resolve
skip-grant-tables
skip-networking = 0
skip-log-bin
innodb_flush_log_at_trx_commit = 0
innodb_buffer_pool_size = 128M
innodb_log_file_size = 32M
innodb_doublewrite = 0
innodb_fast_shutdown = 1
performance_schema = 0
max_connections = 600
character-set-server = utf8mb4
"""


def url(site: Site, name: str) -> str:
    return f"mysql+pymysql://root@{site.address}:{PORTS['mariadb']}/{name}?charset=utf8mb4"


def initialise(site: Site) -> None:
    """Make an empty data directory with the five databases' names still to come."""
    command = [
        "mariadb-install-db", f"--defaults-file={site.etc}/my.cnf", "--skip-test-db",
        "--auth-root-authentication-method=normal", f"--datadir={site.database}",
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def execute(socket: Path, statements: str, *, database: str = "") -> str:
    """Run SQL as root. Names of databases are given, as nothing may be selected."""
    command = ["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", "-N", "-B", "-r"]
    done = subprocess.run(
        [*command, *([database] if database else [])],
        input=statements,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mariadb: {done.stderr.strip()}")
    return done.stdout


def rows(socket: Path, columns: Sequence[str], rest: str) -> list[dict[str, Any]]:
    """SELECT these columns; each row a dictionary. NULL is None, times are text."""
    pairs = ", ".join(f"'{column}', `{column}`" for column in columns)
    answer = execute(socket, f"SELECT JSON_OBJECT({pairs}) {rest};")
    return [json.loads(line) for line in answer.splitlines()]
