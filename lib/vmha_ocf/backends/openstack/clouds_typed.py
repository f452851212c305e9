"""What was typed into a clouds.yaml and its secure.yaml, beside what YAML has made of it.

openstacksdk takes what YAML says: 0123 is 83, ``yes`` is true, and of two entries with one name the last
one counts, which may be another site's. Nobody would hear of it before the first failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vmha_ocf.backends.desk.deployment_file import parse_yaml
from vmha_ocf.errors import LocalParameterError

_NAMES = ("project", "tenant", "domain", "user_domain", "system_scope")
"""What openstacksdk makes text of, also where YAML reads a number."""
_SECRETS = ("password", "passcode", "token", "application_credential_secret", "client_secret")
_LOGIN = frozenset(
    {"auth_url", "username", "user_name", "user_id", "application_credential_id"}
    | {
        "application_credential_name",
        "project_name",
        "project_id",
        "tenant_name",
        "tenant_id",
        *_SECRETS,
    }
)
"""What openstacksdk takes from beside ``auth``, too."""
_HINT = "put it in quotes, in clouds.yaml or secure.yaml"

Entry = Mapping[str, Any]


def verify_typed(name: str, entry: Entry, files: Sequence[str], where: str) -> None:
    """``entry``: the cloud as it was loaded from ``files``, of which the last counts most. Raises
    LocalParameterError, which repeats no value."""
    if not isinstance(entry.get("regions") or [], list):
        raise LocalParameterError(
            f"regions{where} is not a list", hint="for example regions: [RegionOne]"
        )
    raw: dict[str, str] = {}
    for path in files:
        typed = _at(_at(_typed(path), "clouds"), name)
        raw |= {key: text for block, more in _blocks(typed) for key, text in _named(block, more)}
    for block, values in _blocks(entry):
        for key, value in _named(block, values):
            if kind := _kind(key.rpartition(".")[2], value, raw.get(key)):
                raise LocalParameterError(
                    f"{key}{where} is not text: YAML reads it as {kind}", hint=_HINT
                )


def _typed(path: str) -> object:
    """Raises LocalParameterError for a name that is there twice."""
    if path.endswith(".json"):
        return {}
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    try:
        return parse_yaml(text, path)
    except LocalParameterError as error:
        raise LocalParameterError(
            error.message, hint="keep one of two that are called alike, or correct that line"
        ) from None


def _blocks(entry: Entry) -> Iterator[tuple[str, Entry]]:
    """Where a login may stand: in ``auth``, beside it, and in the values of a region."""
    yield "auth.", _at(entry, "auth")
    yield "", {key: value for key, value in entry.items() if _plain(key) in _LOGIN}
    regions = entry.get("regions")
    for one in regions if isinstance(regions, list) else ():
        yield f"regions {_at_name(one)}: auth.", _at(_at(one, "values"), "auth")


def _named(block: str, values: Entry) -> Iterator[tuple[str, Any]]:
    return ((f"{block}{_plain(key)}", value) for key, value in values.items())


def _plain(key: object) -> str:
    return str(key).replace("-", "_")


def _at(found: object, key: str) -> Entry:
    inner = found.get(key) if isinstance(found, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _at_name(region: object) -> str:
    return str(region.get("name")) if isinstance(region, Mapping) else str(region)


def _kind(key: str, value: object, typed: object) -> str:
    """What YAML has made of it, where that is not the text that was typed; "" where it is."""
    if value is None or isinstance(value, str):
        return ""
    if isinstance(value, list | dict):
        return "a list or a mapping" if key in _SECRETS else ""
    if isinstance(value, bool):
        return "true or false"
    if not isinstance(value, int | float):
        return "a date"
    same = key.startswith(_NAMES) and typed in (None, str(value))
    return "" if same else "a number"
