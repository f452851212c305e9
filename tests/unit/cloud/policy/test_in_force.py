from __future__ import annotations

from tests.unit.cloud.policy.texts import whole
from vmha_ocf.cloud.policy.everywhere import FAULTY
from vmha_ocf.cloud.policy.in_force import InForce
from vmha_ocf.cloud.policy.read import Understood
from vmha_ocf.cloud.policy.telling import not_understood
from vmha_ocf.cloud.policy.values import Policy
from vmha_ocf.errors import LocalParameterError

GOOD = "[[exclude]]\nwhy = 'x'\nnames = 'a-*'\n"


class File:
    def __init__(self, text: str) -> None:
        self.text: str | None = text
        self.asked = 0

    def __call__(self) -> Understood:
        self.asked += 1
        if self.text is None:
            raise LocalParameterError("the policy p cannot be read: it is gone")
        return whole(self.text)


def test_without_a_file_it_is_the_empty_one() -> None:
    in_force = InForce(Understood)
    assert in_force.policy == Policy()
    assert in_force.problem == ""


def test_it_is_asked_for_once_and_then_when_somebody_looks() -> None:
    file = File(GOOD)
    in_force = InForce(file)
    assert len(in_force.policy.exclusions) == len(in_force.policy.exclusions) == 1
    assert file.asked == 1
    file.text = ""
    in_force.look()
    assert not in_force.policy.exclusions


def test_what_was_understood_before_counts_until_it_is_mended() -> None:
    file = File(GOOD)
    in_force = InForce(file)
    in_force.look()
    for broken, words in ((None, "it is gone"), ("x = ", "line 1: no TOML")):
        file.text = broken
        in_force.look()
        assert words in in_force.problem
        assert in_force.problem.endswith("; what was understood before goes on counting")
        assert len(in_force.policy.exclusions) == 1
        assert in_force.word == FAULTY
    file.text = GOOD
    in_force.look()
    assert in_force.problem == ""
    assert in_force.word == in_force.policy.digest


def test_where_nothing_was_understood_nobody_is_excluded() -> None:
    in_force = InForce(File("x = "))
    assert in_force.policy == Policy()
    assert in_force.problem.endswith("; nobody is excluded before it is mended")


def test_the_first_faults_are_told_and_how_many_there_are() -> None:
    found = whole("a = 1\nb = 2\nc = 3\n")
    told = not_understood(found)
    assert "line 1, a: it is not known" in told
    assert "line 2, b: it is not known" in told
    assert told.endswith("; and 1 more")
    assert "line 3, c" in not_understood(found, 3)
    assert "more" not in not_understood(found, 3)
