from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dead_host import ONE, instance
from vmha_ocf.agent.settings import Marks, Settings, Untagged
from vmha_ocf.cloud import tagging
from vmha_ocf.cloud.policy.matching import Excluded
from vmha_ocf.cloud.tagging import Choice, ImageMarks
from vmha_ocf.model import ImageId, Instance, InstanceId

IMAGE = ImageId("image")
BARE = frozenset[str]()


def bare(**about: Any) -> Instance:
    return instance(tags=BARE, **about)


@pytest.mark.parametrize(
    ("marked", "choice"),
    [
        (bare(), Choice.UNTAGGED),
        (instance(tags=frozenset({"automatic-recovery"})), Choice.EVACUATE),
        (instance(tags=frozenset({"evacuable"})), Choice.EVACUATE),
        (instance(tags=frozenset({"Evacuable", "automatic-recovery-not"})), Choice.UNTAGGED),
        (bare(metadata={"HA_Enabled": "True"}), Choice.EVACUATE),
        (bare(metadata={"evacuable": " yes "}), Choice.EVACUATE),
        (bare(metadata={"ha_enabled": "true"}), Choice.UNTAGGED),
        (bare(metadata={"evacuable": "maybe"}), Choice.UNTAGGED),
        (bare(metadata={"evacuable": ""}), Choice.UNTAGGED),
        (bare(extra_specs={"evacuable": "true"}), Choice.EVACUATE),
        (bare(extra_specs={"evacuable": "false"}), Choice.UNTAGGED),
        (instance(metadata={"evacuable": "false"}), Choice.OPTED_OUT),
        (
            instance(
                metadata={"evacuable": "true", "HA_Enabled": "no"},
                extra_specs={"evacuable": "true"},
            ),
            Choice.OPTED_OUT,
        ),
        (instance(metadata={"evacuable": "certainly"}), Choice.EVACUATE),
    ],
)
def test_marks_are_exact_and_a_no_of_its_own_wins(marked: Instance, choice: Choice) -> None:
    assert tagging.mark(marked, Marks(), {}) is choice


@pytest.mark.parametrize(
    ("images", "choice"),
    [
        ({}, Choice.UNKNOWN),
        ({IMAGE: {}}, Choice.UNTAGGED),
        ({IMAGE: {"evacuable": "true"}}, Choice.EVACUATE),
        ({IMAGE: {"evacuable": "false"}}, Choice.UNTAGGED),
    ],
)
def test_an_image_that_was_not_looked_up_is_no_answer(images: ImageMarks, choice: Choice) -> None:
    assert tagging.mark(bare(image=IMAGE), Marks(), images) is choice


def test_images_do_not_matter_where_no_mark_of_theirs_is_configured() -> None:
    assert tagging.mark(bare(image=IMAGE), Marks(image=()), {}) is Choice.UNTAGGED


def test_one_of_several_names_is_enough() -> None:
    marks = Marks(flavor=("ha", "evacuable"), image=("ha", "evacuable"))
    yes = {"evacuable": "true"}
    assert tagging.mark(bare(extra_specs=yes), marks, {}) is Choice.EVACUATE
    assert tagging.mark(bare(image=IMAGE), marks, {IMAGE: yes}) is Choice.EVACUATE


def test_only_the_configured_names_count() -> None:
    marks = Marks(server_tags=(), metadata=("ha",), flavor=(), image=())
    no_name = instance(metadata={"evacuable": "false"}, extra_specs={"evacuable": "true"})
    assert tagging.mark(no_name, marks, {}) is Choice.UNTAGGED
    assert tagging.mark(bare(metadata={"ha": "off"}), marks, {}) is Choice.OPTED_OUT


def test_each_name_is_told_once() -> None:
    assert Marks().all_names == ("automatic-recovery", "evacuable", "HA_Enabled")


@pytest.mark.parametrize(
    ("untagged", "anything_marked", "choice"),
    [
        (Untagged.ALL, None, Choice.EVACUATE),
        (Untagged.NONE, False, Choice.UNTAGGED),
        (Untagged.AUTO, None, Choice.UNKNOWN),
        (Untagged.AUTO, True, Choice.UNTAGGED),
        (Untagged.AUTO, False, Choice.EVACUATE),
    ],
)
def test_what_becomes_of_instances_without_a_mark(
    untagged: Untagged, anything_marked: bool | None, choice: Choice
) -> None:
    assert tagging.choose(bare(), Settings(untagged=untagged), {}, anything_marked) is choice


def test_tag_lookup_failed() -> None:
    """An image that could not be looked up is not "nothing is marked"."""
    settings = Settings(untagged=Untagged.AUTO)
    assert tagging.choose(bare(image=IMAGE), settings, {}, False) is Choice.UNKNOWN


def test_who_evacuates_all_needs_no_image() -> None:
    settings = Settings(untagged=Untagged.ALL)
    assert tagging.choose(bare(image=IMAGE), settings, {}, None) is Choice.EVACUATE
    assert not tagging.images_to_look_up([bare(image=IMAGE)], settings, {})


def test_only_images_that_decide_are_looked_up() -> None:
    instances = [
        instance(image=ImageId("of a tagged one")),
        bare(),
        bare(image=ImageId("known")),
        bare(image=ImageId("wanted")),
    ]
    known: ImageMarks = {ImageId("known"): {}}
    assert tagging.images_to_look_up(instances, Settings(), known) == {"wanted"}


TEXTS = st.sampled_from(["true", "false", "", "maybe", "0", "YES", "\u0661"]) | st.text(max_size=5)
PROPERTIES = st.dictionaries(st.sampled_from(["evacuable", "HA_Enabled", "other"]), TEXTS)
INSTANCES = st.builds(
    bare, metadata=PROPERTIES, extra_specs=PROPERTIES, image=st.sampled_from([None, IMAGE])
)
IMAGES = st.dictionaries(st.just(IMAGE), PROPERTIES)


@given(INSTANCES, st.sampled_from(Untagged), IMAGES, st.sampled_from([None, True, False]))
def test_there_is_an_answer_for_whatever_people_write(
    any_instance: Instance, untagged: Untagged, images: ImageMarks, marked: bool | None
) -> None:
    settings = Settings(untagged=untagged)
    choice = tagging.choose(any_instance, settings, images, marked)
    assert isinstance(choice, Choice)
    off = replace(any_instance, metadata={**any_instance.metadata, "evacuable": "false"})
    assert tagging.choose(off, settings, images, marked) is Choice.OPTED_OUT


@pytest.mark.parametrize(
    ("marked", "marks", "choice"),
    [
        (bare(extra_specs=None), Marks(), Choice.UNKNOWN),
        (bare(extra_specs=None), Marks(flavor=()), Choice.UNTAGGED),
        (bare(extra_specs=None, image=IMAGE), Marks(), Choice.EVACUATE),
        (instance(extra_specs=None), Marks(), Choice.EVACUATE),
        (bare(extra_specs=None, metadata={"evacuable": "no"}), Marks(), Choice.OPTED_OUT),
    ],
)
def test_hidden_extra_specs_are_neither_yes_nor_no(
    marked: Instance, marks: Marks, choice: Choice
) -> None:
    assert tagging.mark(marked, marks, {IMAGE: {"evacuable": "true"}}) is choice


def test_an_image_that_is_known_is_not_asked_for_again() -> None:
    hidden = bare(extra_specs=None, image=IMAGE)
    assert not tagging.images_to_look_up([hidden], Settings(), {IMAGE: {}})


@pytest.mark.parametrize(
    ("one", "choice"),
    [
        (instance(), Choice.EXCLUDED),
        (instance(one="perhaps"), Choice.UNKNOWN),
        (instance(one="other"), Choice.EVACUATE),
        (instance(metadata={"evacuable": "false"}), Choice.OPTED_OUT),
        (bare(), Choice.UNTAGGED),
        (bare(one="perhaps"), Choice.UNTAGGED),
        (bare(image=IMAGE), Choice.EXCLUDED),
        (bare(one="perhaps", image=IMAGE), Choice.UNKNOWN),
    ],
)
def test_who_is_excluded_is_not_ours_whatever_its_mark(one: Instance, choice: Choice) -> None:
    excluded = Excluded({ONE: "by line 3"}, frozenset({InstanceId("perhaps")}))
    settings = Settings(untagged=Untagged.NONE)
    assert tagging.choose(one, settings, {}, None, excluded) is choice


@pytest.mark.parametrize(
    "about",
    [{}, {"tags": frozenset({"automatic-recovery"})}, {"metadata": {"evacuable": "false"}}],
)
def test_whom_somebody_is_told_of_is_excluded_and_perhaps_unknown_marked_or_not(
    about: dict[str, Any],
) -> None:
    settings = Settings(untagged=Untagged.NONE)
    told = Excluded({ONE: "by line 3"}, told=frozenset({ONE}))
    perhaps = Excluded(perhaps=frozenset({ONE}), perhaps_told=frozenset({ONE}))
    one = instance(**about)
    assert tagging.choose(one, settings, {}, None, told) is Choice.EXCLUDED
    assert tagging.choose(one, settings, {}, None, perhaps) is Choice.UNKNOWN
