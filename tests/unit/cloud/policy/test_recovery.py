from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cloud.policy.test_docs import PAGE
from tests.unit.dead_host import instance
from vmha_ocf.cloud.policy.recovery import WORDS, Recovery, Wanted, becomes, default, wanted
from vmha_ocf.model import ImageId

IMAGE = ImageId("image")


@pytest.mark.parametrize(
    ("about", "recovery", "by"),
    [
        ({"metadata": {"recovery": " Always "}}, Recovery.ALWAYS, "metadata recovery=always"),
        (
            {"metadata": {"recovery": "none"}, "extra_specs": {"recovery": "always"}},
            Recovery.NONE,
            "metadata recovery=none",
        ),
        (
            {"extra_specs": {"recovery": "notify"}, "image": IMAGE},
            Recovery.NOTIFY,
            "flavor recovery=notify",
        ),
        ({"image": IMAGE}, Recovery.ALWAYS, "image recovery=always"),
        ({"image": None}, Recovery.CRASH, "the mark"),
        ({"metadata": {"recovery": ""}}, Recovery.CRASH, "the mark"),
        ({"extra_specs": None}, None, "its flavor could not be looked up"),
        ({"image": ImageId("other")}, None, "its image could not be looked up"),
        (
            {"metadata": {"recovery": "crash"}, "extra_specs": None},
            Recovery.CRASH,
            "metadata recovery=crash",
        ),
    ],
)
def test_the_nearest_to_the_instance_counts(
    about: dict[str, Any], recovery: Recovery | None, by: str
) -> None:
    images = {IMAGE: {"recovery": "always"}}
    assert wanted(instance(**about), images, marked=True) == Wanted(recovery, by)


def test_a_word_that_is_none_of_ours_restarts_nobody_and_is_told() -> None:
    found = wanted(instance(metadata={"recovery": "yes"}), {}, marked=True)
    assert found.recovery is Recovery.NOTIFY
    assert found.by == "metadata recovery is none of crash, always, notify, none"


def test_who_is_not_marked_and_says_nothing_is_left() -> None:
    assert wanted(instance(), {}, marked=False) == Wanted(Recovery.NONE, "no mark")


def test_the_page_has_each_combination() -> None:
    part = PAGE[PAGE.index("``recovery`` and ``evacuable``") :]
    rows = [line.split() for line in part.split("\n=====")[2].split("\n")[1:]]
    expected = []
    for word in ("unset", *WORDS):
        for evacuable in ("true", "unset", "false", "notify"):
            marked = evacuable == "true"
            recovery = default(marked=marked) if word == "unset" else Recovery(word)
            it = becomes(recovery, marked=marked, others=evacuable == "notify")
            expected.append([word, evacuable, it.crashed, it.shut_down, it.host_died])
    assert [[one.strip("`") for one in row] for row in rows if row] == expected
