"""fence_compute: fence a compute host over its BMC and record that it has to be evacuated.

``main`` is its process: input, real ports, error boundary, exit code. Pacemaker's fencer gives the
parameters on stdin, a person on the command line. What is imported at the top is what it takes to start
the child: that loads its library while we load the rest.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from io import StringIO, TextIOWrapper
from typing import TextIO

from vmha_ocf.agent import output
from vmha_ocf.backends.bmc.child import Child, ChildBmc, Deadlines
from vmha_ocf.backends.bmc.ipmi import IpmiBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import ParameterError, VmhaError
from vmha_ocf.fencing.bmc_access import Protocol
from vmha_ocf.ports import Bmc, Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vmha_ocf.fencing.actions import Answer, FencePorts
    from vmha_ocf.fencing.request import Target

log = logging.getLogger(__name__)

FAILED = 1
BMCS_AT_ONCE = 8
"""Asked by one monitor; each takes a process of 25 MiB meanwhile."""


def main(argv: Sequence[str], stdin: TextIO, stdout: TextIO) -> int:
    """``argv`` without the program's name. The only one who turns errors into exit codes."""
    return output.exit_code("fence_compute", lambda: _run(argv, stdin, stdout))


def _run(argv: Sequence[str], stdin: TextIO, stdout: TextIO) -> int:
    child = None
    try:
        given = "" if argv else _read(stdin)
        # Loading pyghmi, or sushy, takes longer than all that we do before we need it.
        child = _start_child(given)
        answer = _perform(argv, StringIO(given), child)
    except VmhaError as error:
        log.error("%s", error)
        return FAILED
    except Exception as error:
        if isinstance(error, OSError) and output.is_output(error):
            raise
        log.exception("this is a BUG of fence_compute, please report it")
        return FAILED
    finally:
        if child is not None:
            child.close()
    stdout.writelines(f"{line}\n" for line in answer.lines)
    stdout.flush()
    return answer.code


def _read(stdin: TextIO) -> str:
    """Raises ParameterError."""
    if isinstance(stdin, TextIOWrapper):
        stdin.reconfigure(newline="\n")  # a carriage return in a value would begin another option
    try:
        given = stdin.read()
        given.encode()  # Where the locale is C, what is not UTF-8 was let through in disguise.
    except UnicodeError:
        raise ParameterError(
            "the input is not UTF-8 text", hint="write name=value lines in UTF-8"
        ) from None
    return given


def _start_child(given: str) -> Child | None:
    """If one BMC will be asked: a guess, good enough for what Pacemaker's fencer writes."""
    lines = set(given.splitlines())
    names = {line.partition("=")[0] for line in lines}
    if not ({"action=off", "action=reboot"} & lines and {"ip", "ipaddr"} & names):
        return None
    return _bmc_of("protocol=redfish" in lines).start_child()


def _bmc_of(redfish: bool) -> type[ChildBmc]:
    if not redfish:
        return IpmiBmc
    from vmha_ocf.backends.bmc.redfish import RedfishBmc

    return RedfishBmc


def _perform(argv: Sequence[str], stdin: TextIO, child: Child | None) -> Answer:
    from vmha_ocf.backends.bmc.fence_library import Answered, read_options
    from vmha_ocf.fencing.actions import Answer, FenceAction
    from vmha_ocf.fencing.request import read_request

    try:
        options = read_options(argv, stdin)
    except Answered as answered:
        return Answer(answered.code)
    request = read_request(options)
    ports = _real_ports(SystemClock(), _deadlines(options), child)
    action = FenceAction(request, ports, os.uname().nodename, by_hand=bool(argv))
    return action.perform()


def _real_ports(clock: Clock, deadlines: Deadlines, child: Child | None) -> FencePorts:
    from vmha_ocf.backends.bmc.inventory_file import read_inventory
    from vmha_ocf.backends.bmc.kdump import KdumpListener
    from vmha_ocf.backends.pacemaker.attrd import Attrd
    from vmha_ocf.backends.pacemaker.cib import Cib
    from vmha_ocf.backends.pacemaker.configuration import read_settings
    from vmha_ocf.backends.process.threads import Threads
    from vmha_ocf.cluster.flag_store import FlagStore
    from vmha_ocf.fencing.actions import FencePorts
    from vmha_ocf.fencing.refusals import Denials, RefusalStore

    def open_bmc(target: Target) -> Bmc:
        if target.access is None:
            raise ParameterError("no BMC to ask", hint="set ip or inventory")
        bmc = _bmc_of(target.access.protocol is Protocol.REDFISH)
        return bmc(target.access, clock, deadlines, child)

    attrd, cib = Attrd(), Cib()
    return FencePorts(
        flags=FlagStore(attrd, cib, clock),
        clock=clock,
        open_bmc=open_bmc,
        parallel=Threads(BMCS_AT_ONCE),
        read_inventory=read_inventory,
        refusals=RefusalStore(attrd, clock),
        denials=Denials(attrd, clock),
        configuration=lambda: read_settings(cib),
        listen=lambda senders: KdumpListener(senders, clock),
    )


def _deadlines(options: Mapping[str, str]) -> Deadlines:
    """0 is "without end" for the library, and our default here: pyghmi can wait for ever."""
    default = Deadlines()
    return Deadlines(
        login=float(options["login_timeout"]) or default.login,
        command=float(options["shell_timeout"]) or default.command,
    )
