"""The policy that counts now: the file's, or what was understood last of it. Over its door.

A file that is broken, while we run or when we start, stops no recovery of a dead host: all who are on it
would be down until a person comes, for the sake of the few that would rather be left alone, and whom an
evacuation takes nothing but their place. It is told as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Callable

from vmha_ocf.cloud.policy.everywhere import FAULTY, word_of
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cloud.policy.telling import not_understood
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.errors import VmhaError


class InForce:
    """``read`` says what the file says now; it may be asked in each round. Raises LocalParameterError."""

    def __init__(self, read: Callable[[], Understood]) -> None:
        self.problem = ""
        """For people; "" if there is none."""
        self.word = ""
        """What this controller says of its file to the others."""
        self._read = read
        self._policy = Policy()
        self._looked = False

    @property
    def policy(self) -> Policy:
        if not self._looked:
            self.look()
        return self._policy

    def look(self) -> None:
        """At the file, as it is now."""
        self._looked = True
        try:
            found = self._read()
        except VmhaError as error:
            self.word = FAULTY
            self._keep(str(error))
            return
        self.word = word_of(found)
        if found.faults:
            self._keep(not_understood(found))
            return
        self._policy, self.problem = found.policy, ""

    def _keep(self, what: str) -> None:
        if self._policy.digest:
            self.problem = f"{what}; what was understood before goes on counting"
        else:
            self.problem = f"{what}; nobody is excluded before it is mended"
