"""The OCF resource agent contract: one table per agent, and what follows from it.

An agent is a module with one table. Its metadata, usage, validation and dispatch follow from it::

    from vmha_ocf.agent.ocf import Action, Agent, Call
    from vmha_ocf.agent.parameter import integer, string

    def start(call: Call) -> int:
        from vmha_ocf.programs import heavy       # the slow half: only those pay who need it
        return heavy.start(call)

    def monitor(call: Call) -> int: ...           # the fast half: os and sys, and not much more

    AGENT = Agent(
        "NovaExample", "one line", "paragraphs", source=__file__,
        parameters=(string("unit", "The systemd unit", example="nova-compute.service"), ...),
        actions=(
            Action("start", start, timeout=600),
            Action("stop", stop, timeout=120),
            Action("monitor", monitor, timeout=30, interval=10),
            Action("validate-all", validate, timeout=20),
        ),
    )

    main = AGENT.run                              # main(argv, env) -> exit code

The two halves. Pacemaker runs ``monitor`` every few seconds on every node, and ``meta-data`` and
probes whenever it likes; each is a fresh Python, which may not cost more than 2.5 times an empty
one. So the module with the table imports neither ``typing``, ``dataclasses``, ``enum`` nor ``re``
(each costs a tenth to three quarters of starting Python), nor anything that does; what an action
needs beyond that is imported inside its handler. For the same reason ``meta-data`` prints a file
beside the module, ``<module>.xml``: ``make metadata`` writes it from the table, a test compares.

A handler returns an exit code or raises one of our errors; ``Call.explain`` says why
(``ocf-exit-reason``, which `pcs status` shows). The rest is the same for all agents, here:

- ``start`` and ``validate-all`` validate every parameter first; ``stop`` never does, because a
  stop that fails gets the node fenced with all its guests; ``monitor`` neither.
- A probe (a monitor without an interval, OCF 1.1 "monitor") runs on nodes where nothing is
  installed: wrong parameters there mean 5, never 6, which would ban the resource everywhere.
- An error of ours becomes its exit code and one line; anything else is a bug: 1, with the
  traceback on stderr, which Pacemaker logs. No value of a secret parameter appears in either.
"""

from __future__ import annotations

import sys

from vmha_ocf.agent import output
from vmha_ocf.agent.boolean import parse_boolean
from vmha_ocf.agent.parameter import Parameter, is_integer
from vmha_ocf.agent.printable import lines, one_line
from vmha_ocf.errors import (
    OCF_ERR_ARGS,
    OCF_ERR_CONFIGURED,
    OCF_ERR_GENERIC,
    OCF_ERR_INSTALLED,
    OCF_ERR_UNIMPLEMENTED,
    OCF_SUCCESS,
    NotInstalled,
    ParameterError,
    VmhaError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_VALIDATED = ("start", "validate-all")
_PREFIX = "ocf-exit-reason:"
_REASON_LENGTH = 600


class Action:
    """One action and its handler. ``timeout`` and ``interval`` are seconds, for the metadata.

    A handler of None is for ``validate-all`` of an agent whose parameters say it all.
    """

    def __init__(
        self,
        name: str,
        handler: Callable[[Call], int] | None = None,
        *,
        timeout: int,
        interval: int | None = None,
    ) -> None:
        self.name = name
        self.handler = handler
        self.timeout = timeout
        self.interval = interval


def kept_path(agent: str, resource: str, directory: str = "") -> str:
    """How the files begin in which an agent keeps what it knows of a resource on this node. They are in
    memory only: after a boot nothing is there (OCF 1.1, HA_RSCTMP)."""
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in resource)
    return f"{directory or '/run/resource-agents'}/{agent}-{name}"


_LONGEST = 1e6
"""Seconds; what waits for longer than the kernel can count raises an error of its own."""


class Call:
    """One invocation of an agent by Pacemaker, out of its environment."""

    def __init__(self, agent: Agent, action: Action, env: Mapping[str, str]) -> None:
        self.agent = agent
        self.action = action
        self.env = env

    @property
    def probe(self) -> bool:
        """Whether this asks "does it run here, by any chance?" of a node that may know nothing."""
        interval = self.env.get("OCF_RESKEY_CRM_meta_interval", "0")
        return self.action.name == "monitor" and interval in ("", "0")

    @property
    def timeout(self) -> float:
        """Seconds until Pacemaker kills this action."""
        text = self.env.get("OCF_RESKEY_CRM_meta_timeout", "")
        if is_integer(text) and int(text) > 0:
            return min(int(text) / 1000, _LONGEST)
        return float(self.action.timeout)

    @property
    def depth(self) -> int:
        """OCF_CHECK_LEVEL. For validate-all, 0 is the values alone, 10 also looks at the node."""
        text = self.env.get("OCF_CHECK_LEVEL", "")
        return int(text) if is_integer(text) else 0

    @property
    def node(self) -> str:
        """Pacemaker's name of the node this runs on; empty if it was not run by Pacemaker."""
        return self.env.get("OCF_RESKEY_CRM_meta_on_node", "")

    @property
    def resource(self) -> str:
        return self.env.get("OCF_RESOURCE_INSTANCE", self.agent.name)

    @property
    def kept(self) -> str:
        """See ``kept_path``."""
        return kept_path(self.agent.name, self.resource, self.env.get("HA_RSCTMP", ""))

    def raw(self, name: str) -> str:
        """A parameter as it was given, without its default and unvalidated; empty if unset."""
        return self.env.get(f"OCF_RESKEY_{name}", "").strip()

    def text(self, name: str) -> str:
        """A parameter, or its default. Raises ParameterError, as all of these do."""
        parameter = self.agent.parameter(name)
        value = self.raw(name)
        problem = parameter.problem(value)
        if problem:
            raise problem
        return value or parameter.default

    def integer(self, name: str) -> int:
        return int(self.text(name))

    def boolean(self, name: str) -> bool:
        return parse_boolean(self.text(name))

    def validate(self) -> None:
        """Raises one ParameterError that names everything that is wrong."""
        problems = [each.problem(self.raw(each.name)) for each in self.agent.parameters]
        wrong = [str(each) for each in problems if each]
        if wrong:
            raise ParameterError("; ".join(wrong))

    def explain(self, reason: str) -> None:
        """Say why, for `pcs status`: of several reasons Pacemaker keeps the last."""
        line = one_line(self.redact(reason).replace(_PREFIX, ""), _REASON_LENGTH)
        sys.stderr.write(f"{_PREFIX}{line}\n")

    def log(self, text: str) -> None:
        """To Pacemaker's log, which gets what agents write to stderr."""
        sys.stderr.write(f"{lines(self.redact(text))}\n")

    def redact(self, text: str) -> str:
        for parameter in self.agent.parameters:
            value = self.raw(parameter.name) if parameter.secret else ""
            if value:  # as it is, and as an error's repr() shows it
                text = text.replace(value, "***").replace(repr(value)[1:-1], "***")
        return text


class Agent:
    """The table of one agent. ``source`` is its module's ``__file__``."""

    def __init__(
        self,
        name: str,
        summary: str,
        text: str,
        *,
        source: str,
        parameters: Sequence[Parameter],
        actions: Sequence[Action],
    ) -> None:
        self.name = name
        self.summary = summary
        self.text = text
        self.metadata = source.removesuffix(".py") + ".xml"
        self.parameters = parameters
        self.actions = (*actions, Action("meta-data", _print_metadata, timeout=5))

    def parameter(self, name: str) -> Parameter:
        for each in self.parameters:
            if each.name == name:
                return each
        raise LookupError(f"{self.name} declares no parameter {name}")

    def run(self, argv: Sequence[str], env: Mapping[str, str]) -> int:
        """Do the action that ``argv`` (without the program) names; returns the OCF exit code."""
        code = output.exit_code(self.name, lambda: self._run(argv, env))
        return OCF_ERR_GENERIC if code in (output.CLOSED, output.NOT_WRITTEN) else code

    def _run(self, argv: Sequence[str], env: Mapping[str, str]) -> int:
        wanted = argv[0] if argv else ""
        for action in self.actions:
            if action.name == wanted:
                return _perform(Call(self, action, env))
        return self._usage(wanted)

    def _usage(self, wanted: str) -> int:
        names = "|".join(action.name for action in self.actions)
        asked_for = wanted in ("usage", "help", "--help", "-h")
        text = (
            f"usage: {self.name} {names}\n"
            "Pacemaker runs this. By hand, a parameter is an environment variable named\n"
            f"OCF_RESKEY_<parameter>; see `pcs resource describe ocf:openstack:{self.name}`.\n"
        )
        if asked_for:
            output.put(text)
        else:
            sys.stderr.write(text)
        return OCF_SUCCESS if asked_for else OCF_ERR_UNIMPLEMENTED


def _perform(call: Call) -> int:
    """The one error boundary of an OCF agent."""
    try:
        if call.action.name in _VALIDATED:
            call.validate()
        return call.action.handler(call) if call.action.handler else OCF_SUCCESS
    except VmhaError as error:
        call.explain(str(error))
        wrong = error.exit_code in (OCF_ERR_ARGS, OCF_ERR_CONFIGURED)
        return OCF_ERR_INSTALLED if call.probe and wrong else error.exit_code
    except output.NotWritten:
        raise
    except Exception as error:  # noqa: BLE001 - a bug must leave a reason and a traceback
        _report_bug(call, error)
        return OCF_ERR_GENERIC


def _report_bug(call: Call, error: Exception) -> None:
    import traceback

    call.log("".join(traceback.format_exception(error)))
    call.explain(
        f"this is a bug in {call.agent.name}, please report it with the traceback "
        f"that is in the log: {type(error).__name__} in {call.action.name}: {error}"
    )


def _print_metadata(call: Call) -> int:
    try:
        with open(call.agent.metadata, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise NotInstalled(
            f"cannot read the metadata file {call.agent.metadata}: {error.strerror}",
            hint="install vmha-ocf again",
        ) from None
    output.put(text)
    return OCF_SUCCESS
