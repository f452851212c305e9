"""What NovaCompute has noted of flagged hosts, read while one of them is connected."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from vmha_ocf.errors import VmhaError
from vmha_ocf.model import Evidence, NodeName
from vmha_ocf.ports import Ports
from vmha_ocf.proof import boots
from vmha_ocf.proof.judgement import Boots

EVERY = 3.0
"""Seconds between two looks."""

Texts = Mapping[NodeName, str]


class BootNotes:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._at = -inf
        self._started: Texts = {}
        self._booted: Texts = {}
        self._guests: Texts = {}

    def look(self) -> None:
        """What cannot be read is no sign; it is asked for again."""
        now = self._ports.clock.monotonic()
        if now - self._at < EVERY:
            return
        notes = self._ports.notes
        try:
            self._started = notes.read(boots.STARTED)
            self._guests = notes.read(boots.GUESTS)
            self._booted = notes.read_passing(boots.BOOTED)
        except VmhaError:
            return
        self._at = now

    def of(self, node: NodeName) -> Boots:
        started, booted = self._started.get(node, ""), self._booted.get(node, "")
        return Boots(boots.parse_boot(started), boots.parse_boot(booted))

    def has_guests(self, node: NodeName, proof: Evidence) -> bool:
        return boots.are_of(self._guests.get(node, ""), proof)
