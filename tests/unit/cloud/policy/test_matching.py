from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cloud.policy.texts import IMAGE, PROJECT, policy
from tests.unit.dead_host import instance
from vmha_ocf.cloud.policy import matching
from vmha_ocf.cloud.policy.matching import NOBODY, Classified, Match
from vmha_ocf.cloud.policy.values import Marks, Policy
from vmha_ocf.model import ImageId, Instance, InstanceId

ID = ImageId(IMAGE)
OTHER = ImageId("other")


def one(**about: Any) -> Instance:
    return instance(**{"tags": frozenset(), "name": "db-1", **about})


@pytest.mark.parametrize(
    ("marks", "about", "by"),
    [
        (Marks(tags=("pet",)), {"tags": frozenset({"pet"})}, "server tag pet"),
        (Marks(tags=("pet",)), {"tags": frozenset({"Pet"})}, ""),
        (Marks(metadata={"tier": "gold"}), {"metadata": {"tier": " gold"}}, "metadata tier=gold"),
        (Marks(metadata={"tier": "gold"}), {"metadata": {"tier": "Gold"}}, ""),
        (Marks(metadata={"pet": "true"}), {"metadata": {"pet": "True"}}, "metadata pet=True"),
        (Marks(metadata={"pet": "true"}), {"metadata": {"pet": "yes"}}, ""),
        (Marks(metadata={"pet": True}), {"metadata": {"pet": "yes"}}, "metadata pet=yes"),
        (Marks(metadata={"pet": False}), {"metadata": {"pet": "no"}}, "metadata pet=no"),
        (Marks(metadata={"pet": True}), {"metadata": {"pet": "maybe"}}, ""),
        (Marks(metadata={"pet": True}), {}, ""),
        (Marks(flavor={"pet": True}), {"extra_specs": {"pet": "true"}}, "flavor pet=true"),
        (Marks(image={"amphora": True}), {"image": ID}, "image amphora=true"),
        (Marks(image={"amphora": True}), {"image": None}, ""),
        (Marks(images=(IMAGE,)), {"image": ID}, f"image {IMAGE}"),
        (Marks(images=(IMAGE,)), {"image": OTHER}, ""),
        (Marks(projects=(PROJECT,)), {"project": PROJECT}, f"project {PROJECT}"),
        (Marks(projects=(PROJECT,)), {}, ""),
        (Marks(names=("DB-*", "d[ab]-?")), {}, "name d[ab]-?"),
    ],
)
def test_any_one_mark_is_enough(marks: Marks, about: dict[str, Any], by: str) -> None:
    assert matching.match(one(**about), marks, {ID: {"amphora": "true"}}) == Match(by)


@pytest.mark.parametrize(
    ("marks", "about"),
    [
        (Marks(image={"amphora": True}), {"image": OTHER}),
        (Marks(flavor={"pet": True}), {"extra_specs": None}),
    ],
)
def test_what_could_not_be_looked_up_is_unknown_unless_another_mark_says_yes(
    marks: Marks, about: dict[str, Any]
) -> None:
    assert matching.match(one(**about), marks, {}) == Match(unknown=True)
    named = Marks(flavor=marks.flavor, image=marks.image, names=("db-*",))
    assert matching.match(one(**about), named, {}) == Match("name db-*")


class TestClasses:
    POLICY = policy(
        "default_class = 'cattle'\n[class.gold]\nnames = 'db-*'\n"
        "[class.pets]\nimage = { pet = true }\n[class.cattle]\n"
    )

    @pytest.mark.parametrize(
        ("about", "classified"),
        [
            ({}, Classified("gold", "name db-*")),
            ({"image": ID}, Classified("gold", "name db-*")),
            ({"name": "x"}, Classified("cattle", "default_class")),
            ({"name": "x", "image": ID}, Classified("pets", "image pet=true")),
            (
                {"name": "x", "image": OTHER},
                Classified("", "whether it is of pets could not be looked up", unknown=True),
            ),
        ],
    )
    def test_the_first_of_the_file_counts(
        self, about: dict[str, Any], classified: Classified
    ) -> None:
        assert matching.classify(one(**about), self.POLICY, {ID: {"pet": "true"}}) == classified

    def test_without_a_default_there_may_be_none(self) -> None:
        assert matching.classify(one(), Policy(), {}) == Classified("", "no mark")


class TestExclusions:
    POLICY = policy(
        "[[exclude]]\nwhy = 'Octavia makes new ones'\nimage = { amphora = true }\n"
        "[[exclude]]\nwhy = 'canaries'\nnames = 'canary-*'\nfrom = 'evacuation'\n"
        "[[exclude]]\nwhy = 'slow'\nnames = 'db-*'\nfrom = 'move'\n"
    )

    def test_each_is_told_with_its_line_its_mark_and_the_reason(self) -> None:
        some = [one(), one(one="a", image=ID), one(one="c", name="canary-1")]
        found = matching.excluded(some, self.POLICY, {ID: {"amphora": "true"}})
        assert found.by == {
            "a": "excluded by the policy, line 1 (image amphora=true): Octavia makes new ones",
            "c": "excluded by the policy, line 4 (name canary-*): canaries",
        }
        assert not found.perhaps

    def test_out_of_what_is_said_alone(self) -> None:
        found = matching.excluded([one()], self.POLICY, {}, "move")
        assert list(found.by) == ["one"]

    def test_an_image_that_is_not_known_leaves_it_open(self) -> None:
        some = [one(image=OTHER), one(one="c", name="canary-1", image=OTHER)]
        found = matching.excluded(some, self.POLICY, {})
        assert found.perhaps == {"one"}
        assert list(found.by) == ["c"]

    def test_some_are_told_of_as_the_first_that_names_them_says(self) -> None:
        told = policy(
            "[[exclude]]\nwhy = 'x'\nnames = 'a*'\n"
            "[[exclude]]\nwhy = 'y'\nnames = ['*b', 'c']\nimage = { group = true }\nnotify = true\n"
        )
        some = [one(one=each, name=each) for each in ("a", "ab", "c", "d")]
        some.append(one(one="e", name="e", image=ID))
        found = matching.excluded(some, told, {})
        assert found.told == {"c"}
        assert {*found.perhaps} == {*found.perhaps_told} == {"e"}
        less = found.without({InstanceId("c"), InstanceId("e")})
        assert {*less.by} == {"a", "ab"}
        assert not less.told
        assert not less.perhaps | less.perhaps_told

    def test_without_exclusions_nobody_is(self) -> None:
        assert matching.excluded([one(image=OTHER)], Policy(), {}) is NOBODY

    def test_images_are_looked_up_where_they_decide(self) -> None:
        some = [
            one(),
            one(one="a", image=ID),
            one(one="b", image=OTHER),
            one(one="c", name="canary-1", image=ImageId("canary")),
        ]
        assert matching.images_to_look_up(some, self.POLICY, {ID: {}}) == {OTHER}
        assert matching.images_to_look_up(some, Policy(), {}) == frozenset()
