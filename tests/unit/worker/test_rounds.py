"""The worker's loop where what is beside it fails."""

from __future__ import annotations

from collections.abc import Sequence

from vmha_ocf.sim import World
from vmha_ocf.worker import rounds
from vmha_ocf.worker.pauses import Round


class Counted:
    """Rounds, and the waker that stops after some of them."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._most = most

    @property
    def stopping(self) -> bool:
        return self.count >= self._most

    def round(self) -> Round:
        self.count += 1
        return Round("nothing is flagged", (), 1.0)

    def poll(self) -> int:
        return 0

    def wait(self, seconds: float) -> bool:
        return seconds > 0


class FullDisk:
    def beat(self, now: float, sentence: str, problems: Sequence[str]) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_under_the_pulse_ends_no_worker() -> None:
    world = World.with_hosts("compute-1")
    worker = Counted(3)
    seen: list[Round] = []
    rounds.run(
        worker,
        clock=world.clock(),
        waker=worker,
        pulse=FullDisk(),
        say=lambda _: None,
        looked=seen.append,
    )
    assert len(seen) == 3
