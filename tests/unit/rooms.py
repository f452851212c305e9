"""The rooms of the house as data, and their picture: ``python -m tests.unit.rooms`` draws it into
CONTRIBUTING.rst."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lib" / "vmha_ocf"
OURS = "vmha_ocf"
PAGE = ROOT / "CONTRIBUTING.rst"
BEGIN, END = ".. rooms\n", ".. end of rooms\n"
GROUND = frozenset({"model", "errors", "ports"})
PROGRAMS = frozenset({"__main__", "worker.__main__"})
"""Programs by their place, which people and Pacemaker know: they may know what programs may."""


@dataclass(frozen=True)
class Room:
    name: str
    may_know: Sequence[str]
    over_ports: Sequence[str] = ()
    outer: bool = False

    @property
    def folder(self) -> Path:
        return PACKAGE / self.name.replace(".", "/")

    @property
    def purpose(self) -> str:
        """The first sentence of its ``__init__``."""
        text = ast.get_docstring(ast.parse((self.folder / "__init__.py").read_text())) or ""
        return text.partition("\n")[0].partition(" Start with")[0]


@cache
def rooms() -> Mapping[str, Room]:
    """From the ground up."""
    table = tomllib.loads((Path(__file__).parent / "rooms.toml").read_text(encoding="utf-8"))
    return {one["name"]: Room(**one) for one in table["room"]}


@cache
def modules() -> Mapping[str, Path]:
    """Ours by their names within the package: ``backends.openstack.nova``; a room's ``__init__`` too."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found[".".join(path.relative_to(PACKAGE).with_suffix("").parts)] = path
    return found


def room_of(module: str) -> str:
    """ "" is the ground. The innermost room that has rules of its own."""
    if module in PROGRAMS:
        return "programs"
    name = module.rpartition(".")[0]
    while name and name not in rooms():
        name = name.rpartition(".")[0]
    return name


def imports(path: Path) -> Iterator[str]:
    """Everything that a module names in an import, wherever it stands in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def known_by(module: str) -> Iterator[str]:
    """Our modules that it imports; an ``__init__`` where it names what is in there."""
    for imported in imports(modules()[module]):
        first, _, name = imported.partition(".")
        if first != OURS:
            continue
        while name and name not in modules():
            if f"{name}.__init__" in modules():
                name = f"{name}.__init__"
                break
            name = name.rpartition(".")[0]
        yield name or "__init__"


def picture() -> str:
    """From the top down: a room, what it is for, and the rooms that it knows."""
    width = max(map(len, rooms()))
    lines = []
    for room in reversed(list(rooms().values())):
        told = [
            room.purpose,
            *wrap(f"knows {', '.join(room.may_know)}" if room.may_know else "", 90),
        ]
        lines += [
            f"    {name:{width}}  {line}"
            for name, line in zip(chain([room.name], repeat("")), told, strict=False)
        ]
    return "\n".join(["::", "", *lines, ""])


def drawn(text: str) -> str:
    """The page with the picture as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
