"""Image marks, from Glance's API version 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from keystoneauth1.adapter import LegacyJsonAdapter

from vmha_ocf.backends.openstack.api import Api
from vmha_ocf.backends.openstack.keystone import Login
from vmha_ocf.errors import NovaUnavailable
from vmha_ocf.model import ImageId

_SPELLINGS = ("true", "True")
"""Glance compares a property's value literally. These are what people and upstream write."""


class Glance:
    def __init__(self, login: Login) -> None:
        adapter = LegacyJsonAdapter(login.session, service_type="image")
        self._api = Api("Glance", "image", login, adapter)

    @property
    def requests(self) -> int:
        return self._api.meter.count

    def marks(self, images: Iterable[ImageId]) -> Mapping[ImageId, Mapping[str, str]]:
        """One request per image. {} for one that was deleted."""
        return {image: self._marks(image) for image in images}

    def _marks(self, image: ImageId) -> Mapping[str, str]:
        found = self._api.find(f"/images/{image}", "read an image", name=image)
        return {} if found is None else image_marks(found)

    def anything_marked(self, keys: Sequence[str]) -> bool:
        """Hidden images, too: instances still run from them."""
        hidden: Sequence[dict[str, str]] = ({}, {"os_hidden": "true"})
        return any(
            self._is_there(key, query | more)
            for more in hidden
            for key in keys
            for query in ({"tag": key}, *({key: value} for value in _SPELLINGS))
        )

    def _is_there(self, key: str, query: Mapping[str, str]) -> bool:
        answer = self._api.get("/images", "list images", limit=1, **query)
        images = answer.get("images")
        if not isinstance(images, list):
            raise NovaUnavailable("Glance's list of images makes no sense")
        if not images:
            return False
        if key not in image_marks(images[0]):
            raise NovaUnavailable("Glance does not filter images by tag or property")
        return True


def image_marks(image: Mapping[str, Any]) -> Mapping[str, str]:
    """Its properties and its tags. A property of the same name says more than a tag."""
    tags = {str(tag): "true" for tag in image.get("tags") or []}
    return tags | {key: value for key, value in image.items() if isinstance(value, str)}
