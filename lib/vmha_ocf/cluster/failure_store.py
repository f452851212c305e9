"""When nodes failed, as permanent node attributes of the CIB: there it survives every process of ours, the
flags and the stop of all controllers. Over a Protocol, as the flags are.

Hosts fail together, and each of the others waits until the last failure is noted: so quorum is asked for
once, and all are written at the same time and read back in one answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vmha_ocf.agent.parallel import one_by_one
from vmha_ocf.cluster import storm
from vmha_ocf.cluster.read_back import told_as_flags_unavailable
from vmha_ocf.cluster.store import Records, Store
from vmha_ocf.errors import ParameterError
from vmha_ocf.model import NodeName
from vmha_ocf.ports import Clock, Parallel


class FailureStore(Store):
    """``parallel``: how several nodes are written."""

    def __init__(
        self,
        cib: Records,
        clock: Clock,
        *,
        deadline: float = 10.0,
        parallel: Parallel = one_by_one,
    ) -> None:
        super().__init__(cib, clock, deadline=deadline)
        self._parallel = parallel

    def read(self) -> storm.Failures:
        with told_as_flags_unavailable():
            found = self._cib.node_attributes(storm.ATTRIBUTE)
        return {node: storm.parse_times(text) for node, text in found.items()}

    def note(
        self, failed: storm.Failures, gone: storm.Failures | None = None
    ) -> Collection[NodeName]:
        before, gone = self.read(), gone or {}
        wanted = {
            node: _with(_without(before.get(node, ()), gone.get(node, ())), failed.get(node, ()))
            for node in (*failed, *gone)
        }
        texts = {
            node: storm.format_times(every)
            for node, every in wanted.items()
            if every != before.get(node, ())
        }
        names = ", ".join(sorted(texts))
        unknown: set[NodeName] = set()

        missing = list(texts)

        def set_one(node: NodeName) -> None:
            try:
                self._cib.set_node_attribute(node, storm.ATTRIBUTE, texts[node])
            except ParameterError:
                unknown.add(node)

        def act() -> None:
            self._need_quorum(f"the failure of {names} is not noted")
            self._parallel(set_one, missing)

        def verified() -> bool:
            there = self._cib.node_attributes(storm.ATTRIBUTE)
            missing[:] = [n for n in texts if n not in unknown and there.get(n) != texts[n]]
            return not missing

        if texts:
            self._insist(act, verified, f"the failure of {names} was not noted")
        return unknown


def _without(known: Sequence[float], gone: Sequence[float]) -> Sequence[float]:
    return tuple(at for at in known if at not in gone)


def _with(known: Sequence[float], times: Sequence[float]) -> Sequence[float]:
    for at in times:
        known = storm.noted(known, float(int(at)))
    return known
