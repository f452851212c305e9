"""Asks systemd, podman and docker on this host what would start nova-compute past its gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vmha_ocf.backends.compute import probe
from vmha_ocf.backends.compute.unit_commands import last_line
from vmha_ocf.backends.process.command import Result, Run, run
from vmha_ocf.errors import NotInstalled, VmhaError
from vmha_ocf.living.past_gate.containers import ENGINES, NAMES, Container, parse_containers
from vmha_ocf.living.past_gate.judge import Found, candidates, judge, ours_of, triggers_of
from vmha_ocf.living.past_gate.units import PROPERTIES, Unit, parse_units

Say = Callable[[str], None]
_SYSTEMD_RUNS = Path("/run/systemd/system")
"""Where systemd is this machine's init, by sd_booted(3); elsewhere it starts nothing."""


class PastGate:
    """``timeout``: seconds for each of at most four calls. What does not answer is told by ``log`` and
    found nothing: it may be that nothing is wrong."""

    def __init__(
        self, timeout: float, log: Say, *, systemctl: str = "systemctl", run: Run = run
    ) -> None:
        self._timeout = timeout
        self._log = log
        self._systemctl = systemctl
        self._run = run

    def look(self, start_command: str, unit: str) -> Sequence[Found]:
        """As NovaCompute is told them; both empty: one of probe.UNITS. Raises ParameterError."""
        words = probe.words(start_command) if start_command else []
        names = (unit,) if unit else probe.UNITS
        named = words[-1:] if words and "systemctl" in words[0] else [] if words else names
        # The pattern means what systemd has loaded; it does not load all that is enabled.
        owners = [*probe.container_units(start_command), *probe.container_units(NAMES[0])]
        units = self._units(*dict.fromkeys([*named, *owners]), "*.service")
        ours = ours_of(words, names, units)
        by = triggers_of(units, ours)
        triggers = self._units(*by) if by else {}
        there = [one for engine in ENGINES for one in self._containers(engine, candidates(ours))]
        return judge(ours, units, triggers, there)

    def _units(self, *names: str) -> dict[str, Unit]:
        wanted = f"--property={','.join(PROPERTIES)}"
        answer = self._ask([self._systemctl, "show", wanted, "--", *names])
        if answer is None:
            return {}
        found = parse_units(answer.stdout)
        if not found and _SYSTEMD_RUNS.is_dir():
            self._log(f"systemctl does not tell what starts nova-compute: {last_line(answer)}")
        return found

    def _containers(self, engine: str, names: Sequence[str]) -> Sequence[Container]:
        answer = self._ask([engine, "container", "inspect", *names])
        if answer is None:
            return ()
        found = parse_containers(engine, answer.stdout)
        if not found and "no such" not in answer.stderr.lower():
            self._log(f"{engine} does not tell what starts nova-compute: {last_line(answer)}")
        return found

    def _ask(self, argv: Sequence[str]) -> Result | None:
        """None: there is no such program, or no answer."""
        try:
            return self._run(argv, timeout=self._timeout)
        except NotInstalled:
            return None
        except VmhaError as error:
            self._log(f"what starts nova-compute is not known: {error}")
            return None
