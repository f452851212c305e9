"""The gate: may nova-compute start on this host? Pure.

Only a positively read "done" or "never flagged" opens it. An error, a silence or a value that nobody
writes is not that, so whoever cannot read the flag must not ask ``decide`` but ``unknown``.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmha_ocf.model import Flag, FlagState, NovaHost


@dataclass(frozen=True, slots=True)
class Open:
    pass


@dataclass(frozen=True, slots=True)
class Wait:
    """``reason`` says what is awaited, for the operator. ``flagged`` is False if that is unknown.
    ``proof``: the time of the flag's evidence, in seconds since the epoch; 0 if it has none."""

    reason: str
    flagged: bool
    proof: float = 0.0


def decide(host: NovaHost, flag: Flag | None) -> Open | Wait:
    """``flag`` is what both records say of this host; None is that neither has anything."""
    if flag is None or flag.state is FlagState.DONE:
        return Open()
    proof = flag.proved_at
    if flag.state is FlagState.CLAIMED:
        return Wait(f"{flag.owner} evacuates {host}", True, proof)
    return Wait(
        f"{host} is flagged and its evacuation has not begun; is NovaEvacuate running?",
        True,
        proof,
    )


def unknown(host: NovaHost, why: str) -> Wait:
    return Wait(f"whether {host} is flagged cannot be read: {why}", flagged=False)
