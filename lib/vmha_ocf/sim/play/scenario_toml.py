"""``scenario.toml``: read into values, and written so that it reads back as the same values."""

from __future__ import annotations

import json
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from vmha_ocf.sim.base.scenario import Scenario, ScenarioError

_IN_SERVICE = {"flag": "none", "enabled": True, "forced_down": False, "up": True}


def parse(text: str) -> Scenario:
    """Raises ScenarioError: not TOML, an unknown key, a value of another kind. Whether it is possible is
    for sim/play/scenario_check.py.

    What most scenarios have is said in a word: ``hosts = 3`` are compute-1 to compute-3, before those of
    ``[[host]]``; ``in_service = ["compute-1"]`` in ``[expect]``: they end as if nothing had been."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"this is not TOML: {error}"]) from None
    problems: list[str] = []
    _spell_out(data, problems)
    scenario = _table(Scenario, data, "", problems)
    if problems or not isinstance(scenario, Scenario):
        raise ScenarioError(problems)
    return scenario


def _spell_out(data: dict[str, Any], problems: list[str]) -> None:
    hosts = data.pop("hosts", 0)
    if type(hosts) is not int or hosts < 0:
        problems.append(f"hosts is how many there are, not {hosts!r}")
    elif hosts:
        plain = [{"name": f"compute-{number}"} for number in range(1, hosts + 1)]
        data["host"] = [*plain, *data.get("host", [])]
    expect = data.get("expect")
    if not isinstance(expect, dict) or "in_service" not in expect:
        return
    names = expect.pop("in_service")
    if not isinstance(names, list):
        problems.append(f"expect.in_service is a list, not {names!r}")
        return
    expect["host"] = [*expect.get("host", []), *({"name": one, **_IN_SERVICE} for one in names)]


def format_scenario(scenario: Scenario) -> str:
    """Only what differs from the defaults."""
    return "\n".join(_lines(scenario, "")).strip() + "\n"


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _table(kind: Any, data: object, where: str, problems: list[str]) -> object:
    if not isinstance(data, dict):
        problems.append(f"{where} is a table, not {data!r}")
        return None
    known = {one.name: one for one in fields(kind)}
    for key in data.keys() - known.keys():
        near = get_close_matches(key, known, 1)
        meant = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        problems.append(f"{_at(where, key)} is unknown; {meant}")
    values = {}
    for name, one in known.items():
        if name in data:
            values[name] = _value(_hints(kind)[name], data[name], _at(where, name), problems)
        elif one.default is MISSING and one.default_factory is MISSING:
            problems.append(f"{_at(where, name)} is missing")
    return None if problems else kind(**values)


def _value(hint: Any, data: object, where: str, problems: list[str]) -> object:
    if get_origin(hint) in (types.UnionType, Union):
        hint = next(one for one in get_args(hint) if one is not types.NoneType)
    if is_dataclass(hint):
        return _table(hint, data, where, problems)
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint)[0], data, where, problems)
    if get_origin(hint) is Mapping:
        return _mapping(data, where, problems)
    return _scalar(hint, data, where, problems)


def _tuple(hint: Any, data: object, where: str, problems: list[str]) -> tuple[object, ...]:
    if not isinstance(data, list):
        problems.append(f"{where} is a list, not {data!r}")
        return ()
    return tuple(
        _value(hint, one, f"{where}[{number}]", problems) for number, one in enumerate(data, 1)
    )


def _mapping(data: object, where: str, problems: list[str]) -> Mapping[str, str]:
    """Parameters are texts, but ``storm_limit = 5`` is as good as ``"5"``."""
    if not isinstance(data, dict):
        problems.append(f"{where} is a table, not {data!r}")
        return {}
    return {key: _text(value) for key, value in data.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(hint: Any, data: object, where: str, problems: list[str]) -> object:
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if type(data) is hint:
        return data
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    problems.append(f"{where} is {names.get(hint, hint)}, not {data!r}")
    return None


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _lines(table: Any, path: str) -> Iterator[str]:
    """First what is plain, then tables: TOML knows no way back out of a table."""
    tables: list[tuple[str, object]] = []
    for one in fields(table):
        value = getattr(table, one.name)
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if value == default:
            continue
        if _is_table(value):
            tables.append((one.name, value))
        else:
            yield f"{one.name} = {_written(value)}"
    for name, value in tables:
        yield from _sub_tables(_at(path, name), value)


def _is_table(value: object) -> bool:
    many = isinstance(value, tuple) and bool(value) and is_dataclass(value[0])
    return many or is_dataclass(value)


def _sub_tables(path: str, value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for one in value:
            yield from ("", f"[[{path}]]")
            yield from _lines(one, path)
    else:
        yield from ("", f"[{path}]")
        yield from _lines(value, path)


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_written(key)} = {_written(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(_written(one) for one in value)}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
