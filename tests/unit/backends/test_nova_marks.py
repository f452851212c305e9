"""Marks of images, and of anything in the cloud; server groups."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes import nova_bodies as bodies
from tests.fakes.http_nova import HttpCloud
from tests.fakes.web_server import Answer
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.errors import NovaDenied, NovaUnavailable
from vmha_ocf.model import ImageId


def test_server_groups_come_in_pages(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.page = 2
    cloud.groups = [bodies.group(number, bodies.uuid(number)) for number in range(5)]
    found = nova.server_groups()
    assert [one.id for one in found] == [bodies.uuid(number) for number in range(5)]
    assert found[1].policy == "anti-affinity"
    assert found[1].members == {bodies.uuid(1)}
    assert cloud.received[-1].query["all_projects"] == "True"


def test_image_marks(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.images = [
        bodies.image("tagged", "evacuable"),
        bodies.image("property", evacuable="true"),
        bodies.image("both", "evacuable", evacuable="false"),
    ]
    ids = [ImageId(name) for name in ("tagged", "property", "both", "deleted")]
    found = nova.image_marks(ids)
    assert [found[one].get("evacuable") for one in ids] == ["true", "true", "false", None]
    assert found[ids[3]] == {}


@pytest.mark.parametrize("answer", [Answer(404, "<html>starting</html>"), Answer(503)])
def test_an_image_that_cannot_be_read_is_not_unmarked(
    cloud: HttpCloud, nova: OpenStackNova, answer: Answer
) -> None:
    cloud.on("GET", "images/", answer)
    with pytest.raises(NovaUnavailable):
        nova.image_marks([ImageId("c0ffee")])


def _tagged_server(cloud: HttpCloud) -> None:
    cloud.servers = [bodies.server(1, "x"), bodies.server(2, "x", tags=["b", "evacuable"])]


def _private_flavor(cloud: HttpCloud) -> None:
    cloud.page = 2
    cloud.flavors = [bodies.flavor(1), bodies.flavor(2), bodies.flavor(3, evacuable="True")]


def _hidden_image(cloud: HttpCloud) -> None:
    cloud.images = [bodies.image("1", "evacuable", os_hidden=True)]


def _image_property(cloud: HttpCloud) -> None:
    cloud.images = [bodies.image("1", evacuable="true")]


def _metadata_of_a_server(cloud: HttpCloud) -> None:
    cloud.page = 2
    cloud.servers = [bodies.server(number, "x") for number in range(3)]
    cloud.servers += [bodies.server(3, "x", metadata={"evacuable": "Yes"})]


@pytest.mark.parametrize(
    "mark",
    [_tagged_server, _private_flavor, _hidden_image, _image_property, _metadata_of_a_server],
)
def test_anything_marked(
    cloud: HttpCloud, nova: OpenStackNova, mark: Callable[[HttpCloud], None]
) -> None:
    mark(cloud)
    assert nova.anything_marked(["automatic-recovery", "evacuable"])
    assert not nova.anything_marked(["automatic-recovery", "HA_Enabled"])


def test_nothing_is_marked(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.servers = [bodies.server(1, "compute-1", metadata={"evacuable": "no"})]
    cloud.flavors = [bodies.flavor(1, evacuable="false")]
    cloud.images = [bodies.image("1")]
    assert not nova.anything_marked(["evacuable", "with,comma"])
    tags, every = cloud.asked("GET", "servers/detail")
    assert "tags-any" not in every.query
    assert (tags.query["tags-any"], tags.query["limit"]) == ("evacuable", "1")
    [flavors] = cloud.asked("GET", "flavors/detail")
    assert flavors.query["is_public"] == "None"


def test_a_failed_lookup_is_not_nothing_marked(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.on("GET", "/image/", Answer(503))
    with pytest.raises(NovaUnavailable):
        nova.anything_marked(["evacuable"])


def test_an_instance_of_a_cell_that_is_down_may_be_marked(
    cloud: HttpCloud, nova: OpenStackNova
) -> None:
    cloud.servers = [{"id": bodies.uuid(1), "status": "UNKNOWN", "tags": []}]
    with pytest.raises(NovaUnavailable, match="a cell is down"):
        nova.anything_marked(["evacuable"])


def test_hidden_flavor_specs_are_not_nothing_marked(cloud: HttpCloud, nova: OpenStackNova) -> None:
    cloud.flavors = [{"id": "1", "name": "m1"}]
    with pytest.raises(NovaDenied, match="extra specs"):
        nova.anything_marked(["evacuable"])
