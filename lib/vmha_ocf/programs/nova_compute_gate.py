"""The gate for hosts where systemd starts nova-compute: an ``ExecStartPre`` of its unit.

It is as strong as NovaCompute's: both records are read, not knowing means waiting, and a unit whose
ExecStartPre has not ended is not started. It has no time limit, because systemd gives it none.

Before libvirt it is another one, which waits for nobody: libvirts_marks.py says why.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

from vmha_ocf.agent import output
from vmha_ocf.agent.version import VERSION
from vmha_ocf.backends.compute import libvirts_marks
from vmha_ocf.backends.compute.nova_conf import read_nova_host
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import VmhaError
from vmha_ocf.living.booting import keeper
from vmha_ocf.model import NovaHost
from vmha_ocf.programs import local_gate

log = logging.getLogger(__name__)

NOVA_CONF = "/etc/nova/nova.conf"
ONE_CALL = 5.0
"""Seconds for one call of Pacemaker's tools."""
OPEN, FAILED = 0, 1


def main(argv: Sequence[str]) -> int:
    """Ends when nova-compute may start. The only one who turns errors into exit codes."""
    return output.exit_code("nova-compute-gate", lambda: _run(argv))


def _run(argv: Sequence[str]) -> int:
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    given = _parser().parse_args(argv)
    try:
        if given.before_libvirt:
            return _take_marks_away()
        host = NovaHost(given.host) if given.host else read_nova_host(given.nova_conf)
        keeper.wait_open(
            lambda: local_gate.look(host, given.node, ONE_CALL), SystemClock(), log.info
        )
    except VmhaError as error:
        log.error("%s", error)
        return FAILED
    log.info("the gate is open: nova-compute may start on %s", host)
    return OPEN


def _take_marks_away() -> int:
    for sentence in libvirts_marks.take_away():
        log.info("%s", sentence)
    return OPEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nova-compute-gate",
        description="Wait until every evacuation from this host is over, or was never needed.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    parser.add_argument("--host", default="", help="this host's name in Nova")
    parser.add_argument("--node", default="", help="its name in Pacemaker (default: ask it)")
    parser.add_argument("--nova-conf", default=NOVA_CONF, help="has the host's name, else --host")
    parser.add_argument(
        "--before-libvirt",
        action="store_true",
        help="do not wait: take away by what libvirt would start guests of Nova",
    )
    return parser
