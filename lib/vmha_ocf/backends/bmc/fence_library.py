"""The fence-agents library: options in, metadata out. The only importer of ``fencing``.

The library parses, checks and documents. What an action does is ours: its ``fence_action`` does
not call the set function of a host that is already off, which would then never be flagged, and its
``monitor`` asks no BMC.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TextIO

from vmha_ocf.agent.version import VERSION
from vmha_ocf.backends.process.log import as_one_line
from vmha_ocf.errors import NotInstalled, ParameterError
from vmha_ocf.fencing.options import OPTIONS, FenceOption, read_stdin

LIBRARY = "/usr/share/fence"
CURL = "pycurl"
NAME = "fence_compute"
STANDARD = ["ipaddr", "ipport", "login", "passwd", "port", "no_login", "no_password", "no_port"]
DEFAULTS = {"ipport": "623", "login_timeout": "10", "shell_timeout": "5", "power_timeout": "30"}
TIMES = ("login_timeout", "shell_timeout", "power_timeout")
PLUG = "The host by its Nova name, or by its node name in an inventory"
SHORT = "Fence agent for OpenStack compute hosts, with instance HA"
LONG = (
    "Switches a compute host off over IPMI 2.0 or Redfish, reads the OFF back from its BMC and records "
    "that its instances are to be evacuated, for ocf:openstack:NovaEvacuate. A host that is "
    "already off is recorded too. It fails unless all of that succeeded. With record_only it only "
    "records, behind another device of the same fencing level. It never talks to OpenStack: the "
    "parameters of upstream's fence_compute are accepted and ignored."
)
VENDOR = "https://www.openstack.org"


class Answered(Exception):
    """The library has answered by itself: metadata, help, a usage error. ``code`` is the exit."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def read_options(argv: Sequence[str], stdin: TextIO) -> Mapping[str, str]:
    """All options by name, with ``_``, checked. Sets up logging, answers what asks for documents.

    Raises Answered, NotInstalled, ParameterError.
    """
    library = _load()
    known = _declare(library)
    with _as_the_process(argv, stdin):
        if not argv:
            return _process(library, known, _clean(library, known, stdin))
        return _process(library, known, ())


def _load() -> ModuleType:
    if LIBRARY not in sys.path:
        sys.path.append(LIBRARY)
    try:
        with _without_curl():
            import fencing
    except ImportError as error:
        raise NotInstalled(
            f"the fence-agents library cannot be loaded: {error}",
            hint="install fence-agents (Debian), fence-agents-common (RHEL)",
        ) from error
    module: ModuleType = fencing
    return module


@contextmanager
def _without_curl() -> Iterator[None]:
    """The library imports pycurl for one error that is not raised with us. Loading libcurl loads
    OpenLDAP's library, which asks DNS for this node's own name: where DNS is down, or was on the host that
    is to be fenced, each call of the agent would wait for that."""
    if CURL in sys.modules:
        yield
        return
    stand_in = ModuleType(CURL)
    vars(stand_in)["error"] = type("error", (Exception,), {})
    sys.modules[CURL] = stand_in
    try:
        yield
    finally:
        del sys.modules[CURL]


def _declare(library: ModuleType) -> list[str]:
    """Our options among the library's; the names of all that the agent knows."""
    vars(library)["RELEASE_VERSION"] = VERSION  # --version is about us
    for name, default in DEFAULTS.items():
        library.all_opt[name]["default"] = default
    library.all_opt["ipaddr"]["required"] = "0"  # inventory or record_only take its place
    library.all_opt["port"].update(help=f"-n, --plug=[host]               {PLUG}", shortdesc=PLUG)
    for order, option in enumerate(OPTIONS, start=2):
        library.all_opt[option.name] = _entry(option, order)
    names = [*STANDARD, *(option.name for option in OPTIONS)]
    return [*names, *library._add_dependency_options(names)]


def _entry(option: FenceOption, order: int) -> dict[str, Any]:
    shown = f"--{option.long}" + ("" if option.boolean else "=[value]")
    if option.letter:
        shown = f"-{option.letter}, {shown}"
    return {
        "getopt": option.letter + ("" if option.boolean else ":"),
        "longopt": option.long,
        "help": f"{shown:<30} {option.meaning}",
        "shortdesc": option.meaning,
        "required": "0",
        "order": order,
    }


def _clean(library: ModuleType, known: Sequence[str], stdin: TextIO) -> Sequence[str]:
    """Give the library a stdin without what it would log in full; what was left out."""
    entries = [library.all_opt[name] for name in known]
    longs = {entry["longopt"].replace("-", "_"): entry for entry in entries if "longopt" in entry}
    names = {*known, *longs} - {name for name in known if "longopt" not in library.all_opt[name]}
    booleans = {name for name, entry in longs.items() if not entry["getopt"].endswith(":")}
    given = read_stdin(stdin.read(), names, booleans)
    sys.stdin = io.StringIO(given.lines)
    return given.ignored


def _process(
    library: ModuleType, known: Sequence[str], ignored: Sequence[str]
) -> Mapping[str, str]:
    root = logging.getLogger()
    root.addFilter(as_one_line)
    try:
        given = library.process_input(list(known))
        if "--ip" not in given:
            given["--managed"] = "1"  # else the library insists on ip
        options = library.check_input(list(known), given, other_conditions=True)
        for handler in root.handlers:  # The library has made them.
            handler.addFilter(as_one_line)
        library.show_docs(options, {"shortdesc": SHORT, "longdesc": LONG, "vendorurl": VENDOR})
    except SystemExit as stop:
        raise Answered(int(stop.code or 0)) from None
    for what in ignored:
        logging.warning("ignoring an %s", what)
    _refuse_silence(options)
    return {**_named(options), **_times(_named(given)), **_port(_named(given))}


def _refuse_silence(options: Mapping[str, object]) -> None:
    """The library takes a program that is not there for one that prints nothing, and the BMC would be asked
    with an empty password: it refuses that, and many lock an account after some. Raises ParameterError."""
    script = str(options.get("--password-script", "")).split()
    if script and not options.get("--password"):
        # Only its name: a password may be among its arguments.
        raise ParameterError(
            f"password_script {script[0]} has printed no password",
            hint="it has to be on each controller, executable for root, mode 700",
        )


def _named(options: Mapping[str, object]) -> dict[str, str]:
    return {
        name.removeprefix("--").replace("-", "_"): str(value)
        for name, value in options.items()
        if name.startswith("--") and name != "--managed"
    }


def _port(given: Mapping[str, str]) -> Mapping[str, str]:
    """The library's default is IPMI's; Redfish has another."""
    return {"ipport": given.get("ipport", "")}


def _times(given: Mapping[str, str]) -> Mapping[str, str]:
    """The library sets all times to "without end" under Pacemaker, also those that the operator
    has set. Ours end: with a sentence, and well before Pacemaker's kill at 60 s."""
    endless = given.get("disable_timeout", "").lower() in ("1", "yes", "on", "true")
    return {name: "0" if endless else given.get(name, DEFAULTS[name]) for name in TIMES}


@contextmanager
def _as_the_process(argv: Sequence[str], stdin: TextIO) -> Iterator[None]:
    """The library reads sys.argv and sys.stdin."""
    before = sys.argv, sys.stdin
    sys.argv, sys.stdin = [NAME, *argv], stdin
    try:
        yield
    finally:
        sys.argv, sys.stdin = before
