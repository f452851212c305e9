"""The controllers: who lives, who decides, and whether anybody may."""

from __future__ import annotations

from collections.abc import Callable

from vmha_ocf.model import NodeName
from vmha_ocf.sim.pacemaker.parts import Parts


class Controllers:
    """``review``: somebody decides again, or anew: look at everything. ``died`` is called at once."""

    def __init__(
        self,
        parts: Parts,
        names: tuple[str, ...],
        review: Callable[[], None],
        died: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._review = review
        self._died = died
        self._up = dict.fromkeys(names, True)
        self._starting: set[str] = set()
        self.gone: set[str] = set()
        """Dead, and fenced by the others: what ran there can run elsewhere."""
        self.dc: str | None = names[0]
        self.maintenance = False

    @property
    def living(self) -> list[str]:
        return [name for name, up in self._up.items() if up]

    @property
    def quorate(self) -> bool:
        return 2 * len(self.living) > len(self._up)

    @property
    def deciding(self) -> bool:
        running = self._parts.world.pacemaker.running
        return running and self.quorate and self.dc is not None and not self.maintenance

    def kill(self, name: str) -> None:
        """Its power is gone: nothing on it runs on, and the others fence it."""
        if not self._up[name]:
            return
        self._down(name)
        self._parts.after(self._parts.timing.controller_lost, lambda: self._gone(name))

    def start(self, name: str) -> None:
        if self._up[name] or name in self._starting:
            return
        self._starting.add(name)
        self._parts.world.say(name, "starts")
        self._parts.after(self._parts.timing.join, lambda: self._joined(name))

    def stop_all(self) -> None:
        for name in self.living:
            self._down(name)

    def start_all(self) -> None:
        for name in self._up:
            self.start(name)

    def lose_dc(self) -> None:
        """Its controller daemon dies and respawns: nothing is decided for a while."""
        if self.dc is not None and self._parts.world.pacemaker.running:
            self._parts.say(f"the DC {self.dc} is lost")
            self.dc = None
            self._parts.after(self._parts.timing.election, self._elect)

    def maintain(self, *, on: bool) -> None:
        self.maintenance = self._parts.world.maintenance = on
        self._parts.say(f"maintenance mode is {'on' if on else 'off'}")
        if not on:
            self._review()

    def _down(self, name: str) -> None:
        self._up[name] = False
        self._starting.discard(name)
        self._parts.world.say(name, "is dead")
        if self.dc == name:
            self.dc = None
        self._died(name)
        self._settle()

    def _settle(self) -> None:
        world = self._parts.world
        if world.cib.has_quorum is not self.quorate:
            world.cib.has_quorum = self.quorate
            if self.living:
                self._parts.say("has quorum again" if self.quorate else "has no quorum")
        if not self.living and world.pacemaker.running:
            world.stop_cluster()
        if self.quorate and not world.pacemaker.running:
            world.start_cluster()

    def _gone(self, name: str) -> None:
        if self._up[name] or not self.living or not self.quorate:
            return
        self.gone.add(name)
        self._parts.world.pacemaker.leave(NodeName(name), self.living[0])
        self._elect()

    def _joined(self, name: str) -> None:
        if name not in self._starting:
            return
        self._starting.discard(name)
        # What ran there died with it, also if it is back before the others could fence it.
        self.gone.add(name)
        self._up[name] = True
        self._settle()
        self._parts.world.pacemaker.join(NodeName(name))
        self._parts.after(self._parts.timing.election, self._elect)

    def _elect(self) -> None:
        if self.dc is None and self.quorate:
            self.dc = self.living[0]
            self._parts.say(f"{self.dc} is the DC")
        self._review()
