"""The deployer's inventory file, read with PyYAML, and files for secrets."""

from __future__ import annotations

import os

from vmha_ocf.errors import LocalParameterError, NotInstalled


def read_yaml(path: str) -> object:
    """YAML, or JSON, which is YAML too. Raises LocalParameterError, NotInstalled."""
    try:
        import yaml
    except ImportError:
        raise NotInstalled("PyYAML is missing", hint="apt-get install python3-yaml") from None
    try:
        with open(path, encoding="utf-8") as file:
            content: object = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise LocalParameterError(f"{path} cannot be read: {why}", hint="name a file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        # Not the error's own words: they quote the file.
        raise LocalParameterError(
            f"{path}{line} is neither YAML nor JSON", hint="see docs/vmha.rst for its form"
        ) from None
    return content


def write_secret(path: str, text: str) -> None:
    """A new file with mode 600. Raises LocalParameterError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        raise LocalParameterError(
            f"{path} cannot be written: {error.strerror}",
            hint="remove what is there, or name another file with --secrets",
        ) from None
