"""The agents' manual pages, out of their own metadata: ``python3 -m tests.manpages FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from docutils.core import publish_string
from docutils.writers.manpage import Writer
from lxml import etree

from tests.metadata import AGENTS, FENCE_COMPUTE, body, summary

_SEE_ALSO = {
    "ocf_openstack_NovaEvacuate": "fence_compute(8), ocf_openstack_NovaCompute(7), pcs(8)",
    "ocf_openstack_NovaCompute": "ocf_openstack_NovaEvacuate(7), pcs(8), pacemaker-remoted(8)",
    "fence_compute": "ocf_openstack_NovaEvacuate(7), fence_ipmilan(8), pcs(8)",
}


def pages() -> dict[str, str]:
    """Each page's file name and its text in troff."""
    made = {"fence_compute.8": _page("fence_compute", 8, FENCE_COMPUTE)}
    for agent in AGENTS:
        name = f"ocf_openstack_{agent.name}"
        made[f"{name}.7"] = _page(name, 7, Path(agent.metadata))
    return made


def _page(name: str, section: int, metadata: Path) -> str:
    agent = etree.fromstring(metadata.read_bytes())
    about = summary(agent)
    lines = ["=" * len(name), name, "=" * len(name), "", "-" * len(about), about, "-" * len(about)]
    lines += ["", f":Manual section: {section}", "", "Description", "===========", ""]
    lines += [*body(agent, "="), "", "See also", "========", "", _SEE_ALSO[name], ""]
    settings = {"report_level": 2, "halt_level": 2, "_disable_config": True}
    made = publish_string("\n".join(lines), writer=Writer(), settings_overrides=settings)
    return str(made, "utf-8")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
