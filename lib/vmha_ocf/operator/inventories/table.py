"""CSV: a spreadsheet of machines with a head, and bifrost's former form without one. Pure.

A column is known by the many names that people have for it. Others are passed over, and named.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from vmha_ocf.operator.inventories.bmc_keys import undrivable
from vmha_ocf.operator.inventories.machine import Found, Machine, Role
from vmha_ocf.operator.inventories.tree import wrong

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "node", "node_name", "hostname", "host_name", "server", "server_name", "host"),
    "host": ("nova_host", "host_in_nova", "nova_name", "nova"),
    "address": ("address", "host_address", "host_ip", "ansible_host", "os_ip"),
    "role": ("role", "profile", "group", "groups", "type", "function"),
    "driver": ("driver", "pm_type", "power_type", "bmc_type", "protocol", "bmc_protocol"),
    "ip": (
        "bmc_address", "bmc", "bmc_ip", "bmc_addr", "bmc_host", "ipmi_address", "ipmi", "ipmi_ip",
        "ipmi_addr", "pm_addr", "ilo", "ilo_ip", "ilo_address", "idrac", "idrac_ip", "drac_ip", "oob",
        "oob_ip", "oob_address", "cimc_ip",
    ),
    "ipport": ("port", "bmc_port", "ipmi_port", "pm_port"),
    "username": (
        "username", "user", "bmc_username", "bmc_user", "ipmi_username", "ipmi_user", "pm_user", "login",
    ),
    "password": (
        "password", "bmc_password", "bmc_pass", "ipmi_password", "ipmi_pass", "pm_password", "pass",
    ),
    "cipher": ("cipher", "cipher_suite", "ipmi_cipher_suite"),
    "privlvl": ("privlvl", "privilege", "ipmi_priv_level"),
    "hexadecimal_kg": ("hexadecimal_kg", "kg", "k_g", "ipmi_hex_kg_key"),
    "systems_uri": ("systems_uri", "system_id", "redfish_system_id", "pm_system_id"),
    "ssl_insecure": ("ssl_insecure", "insecure"),
    "ssl_ca_file": ("ssl_ca_file", "ca_file"),
}  # fmt: skip
_BY_ALIAS = {alias: column for column, names in _COLUMNS.items() for alias in names}
_DRIVING = re.compile(r"(ipmi|bmc)_\w+")
"""A column that would change what a request reaches."""
_MAC = re.compile(r"(?i)[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_BIFROST = (
    "mac", "username", "password", "ip", "cpus", "ram", "disk", "role", "kind", "uuid", "name", "address",
    "ipmi_target_channel", "ipmi_target_address", "ipmi_transit_channel", "ipmi_transit_address",
    "driver",
)  # fmt: skip
_LEAST = 12
"""Columns that bifrost needs."""
_BMC = (
    "ip", "ipport", "username", "password", "cipher", "privlvl", "hexadecimal_kg", "systems_uri",
    "ssl_insecure", "ssl_ca_file",
)  # fmt: skip


def is_table(text: str) -> bool:
    """Whether its first line is a head with a name in it, or one of bifrost's."""
    line = _first_line(_of_excel(text))
    cells = line.split(_separator(line))
    return len(cells) > 1 and (
        _is_bifrost(cells) or "name" in (_BY_ALIAS.get(_alias(cell)) for cell in cells)
    )


def read_table(text: str, path: str) -> Found:
    """Raises LocalParameterError, which names the line."""
    text = _of_excel(text)
    separator = _separator(_first_line(text))
    rows = _rows(text, separator, path)
    _, top = next(rows)
    if _is_bifrost(top):
        machines = [_bifrost(row, number, path) for number, row in _rows(text, separator, path)]
        return Found(machines)
    columns = _columns(top, path)
    passed = [cell.strip() for cell, column in zip(top, columns, strict=True) if not column]
    told = [f"its columns {', '.join(passed)} are not looked at"] if passed else []
    return Found([_machine(columns, row, number, path) for number, row in rows], told)


def _rows(text: str, separator: str, path: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
                yield reader.line_num, row
    except csv.Error:
        line = reader.line_num
        raise wrong(
            path, f"line {line} is not CSV: look at its quotes", "correct it there"
        ) from None


def _columns(top: Sequence[str], path: str) -> Sequence[str]:
    found = [_BY_ALIAS.get(_alias(cell), "") for cell in top]
    for column in ("name", "ip"):
        if column not in found:
            names = ", ".join(_COLUMNS[column][:4])
            what = "machine's name" if column == "name" else "BMC's address"
            raise wrong(path, f"it has no column for a {what}", f"its name is one of {names}")
    for number, column in enumerate(found):
        if column and column in found[:number]:
            twice = f"{top[found.index(column)].strip()} and {top[number].strip()}"
            raise wrong(path, f"its columns {twice} say the same", "remove one of the two")
        if not column and _DRIVING.fullmatch(_alias(top[number])):
            hint = "the names of columns are in docs/vmha.rst"
            raise wrong(path, f"its column {top[number].strip()} is not known", hint)
    return found


def _machine(columns: Sequence[str], row: Sequence[str], number: int, path: str) -> Machine:
    if len(row) != len(columns):
        raise wrong(
            path,
            f"line {number} has {len(row)} values, and the head has {len(columns)} names",
            'a value that holds the separator is written in "quotes"',
        )
    told = {column: cell for column, cell in zip(columns, row, strict=True) if column}
    return _made(told, number, "role", ())


def _bifrost(row: Sequence[str], number: int, path: str) -> Machine:
    if not _LEAST <= len(row) <= len(_BIFROST):
        hint = "bifrost's has the MAC address first, and the name of the host as the 11th"
        raise wrong(path, f"line {number} has {len(row)} values, bifrost's have 12 to 17", hint)
    told = dict(zip(_BIFROST, row, strict=False))
    bridges = {key: value.strip() for key, value in told.items() if key.startswith("ipmi_")}
    return _made(told, number, "flavor", (undrivable(bridges, path, f"line {number}"),))


def _made(told: Mapping[str, str], number: int, source: str, refused: Sequence[str]) -> Machine:
    plain = {key: told.get(key, "").strip() for key in (*_COLUMNS, *_BMC)}
    # A blank at the end of a password is told, and not cut off.
    options = {key: told[key] if key == "password" else plain[key] for key in _BMC if plain[key]}
    words = re.split(r"[,;|\s]+", plain["role"])
    return Machine(
        plain["name"],
        plain["name"] or f"line {number}",
        options,
        host=plain["host"],
        address=plain["address"],
        driver=plain["driver"],
        undrivable="".join(refused),
        roles=tuple(Role(source, word) for word in words if word),
    )


def _is_bifrost(cells: Sequence[str]) -> bool:
    return len(cells) >= _LEAST and bool(_MAC.fullmatch(cells[0].strip()))


def _of_excel(text: str) -> str:
    """Its own first line, such as sep=; is empty then: lines keep their numbers."""
    return re.sub(r"\Asep=.(?=\r?\n)", "", text)


def _first_line(text: str) -> str:
    lines = (line for line in text.split("\n") if line.strip() and not line.startswith("#"))
    return next(lines, "")


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _alias(cell: str) -> str:
    return re.sub(r"\W+", "_", cell.strip().lower()).strip("_")
