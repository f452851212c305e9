"""Manual pages, out of what agents and commands say of themselves.

``python3 -m tests.manpages FOLDER``.
"""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, HelpFormatter
from collections.abc import Iterable, Iterator
from pathlib import Path

from docutils.core import publish_string
from docutils.writers.manpage import Writer
from lxml import etree

from tests.metadata import AGENTS, FENCE_COMPUTE, body, summary
from vmha_ocf.operator.command import Command
from vmha_ocf.operator.main import make_parser
from vmha_ocf.programs.commands import COMMANDS

_SEE_ALSO = {
    "ocf_openstack_NovaEvacuate": "vmha(8), fence_compute(8), ocf_openstack_NovaCompute(7), pcs(8)",
    "ocf_openstack_NovaCompute": "ocf_openstack_NovaEvacuate(7), pcs(8), pacemaker-remoted(8)",
    "ocf_openstack_NovaInstances": "ocf_openstack_NovaCompute(7), libvirtd(8), pcs(8)",
    "ocf_openstack_Libvirtd": "ocf_openstack_NovaCompute(7), libvirtd(8), pcs(8)",
    "fence_compute": "vmha(8), ocf_openstack_NovaEvacuate(7), fence_ipmilan(8), pcs(8)",
    "vmha": "ocf_openstack_NovaEvacuate(7), ocf_openstack_NovaCompute(7), fence_compute(8), pcs(8)",
}


def pages() -> dict[str, str]:
    """Each page's file name and its text in troff."""
    made = {
        "fence_compute.8": _agent("fence_compute", 8, FENCE_COMPUTE),
        "vmha.8": _page("vmha", 8, "the operator's command of vmha-ocf", _vmha()),
    }
    for agent in AGENTS:
        name = f"ocf_openstack_{agent.name}"
        made[f"{name}.7"] = _agent(name, 7, Path(agent.metadata))
    return made


def _agent(name: str, section: int, metadata: Path) -> str:
    agent = etree.fromstring(metadata.read_bytes())
    return _page(
        name, section, summary(agent), ["Description", "===========", "", *body(agent, "=")]
    )


def _page(name: str, section: int, about: str, text: Iterable[str]) -> str:
    lines = ["=" * len(name), name, "=" * len(name), "", "-" * len(about), about, "-" * len(about)]
    lines += ["", f":Manual section: {section}", "", *text]
    lines += ["", "See also", "========", "", _SEE_ALSO[name], ""]
    settings = {"report_level": 2, "halt_level": 2, "_disable_config": True}
    made = publish_string("\n".join(lines), writer=Writer(), settings_overrides=settings)
    return str(made, "utf-8")


def _vmha() -> Iterator[str]:
    top = make_parser(COMMANDS)
    yield from ("Synopsis", "========", "", "``vmha`` *COMMAND* [``--json``] [*options*]", "")
    yield from ("Description", "===========", "", top.description or "", "")
    yield from ("``--json`` after any command gives one line of JSON instead of tables.", "")
    yield from ("Commands", "========", "")
    for command in COMMANDS:
        yield from _command(command)
    yield from ("Exit status", "===========", "", top.epilog or "")


def _command(command: Command) -> Iterator[str]:
    parser = ArgumentParser(f"vmha {command.name}", add_help=False, formatter_class=_wide)
    command.configure(parser)
    usage = parser.format_usage().removeprefix("usage: ").strip()
    yield from (usage, "-" * len(usage), "", f"{command.summary}. {command.text}", "")
    for action in parser._actions:
        yield from (f"{_called(action)}", f"    {_explained(parser, action)}", "")


def _called(action: Action) -> str:
    """As argparse's own help has it: the value once, not after each spelling."""
    value = action.metavar or action.dest.upper()
    if not action.option_strings:
        return f"*{value}*"
    names = ", ".join(f"``{name}``" for name in action.option_strings)
    return names if action.nargs == 0 else f"{names} *{value}*"


def _explained(parser: ArgumentParser, action: Action) -> str:
    text = (action.help or "") % (vars(action) | {"prog": parser.prog})
    return text.replace("\n", " ")


def _wide(prog: str) -> HelpFormatter:
    """The usage on one line: the page is laid out by whoever shows it."""
    return HelpFormatter(prog, width=500)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
