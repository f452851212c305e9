"""What is told of a process that Pacemaker has given up, beside one that hangs, and by the next worker."""

from __future__ import annotations

from tests.unit.living.processes.test_healer import Site
from vmha_ocf.incidents import ailments
from vmha_ocf.incidents.ailment import Ailment
from vmha_ocf.living.processes.story import Story
from vmha_ocf.living.processes.worn_out import Worn
from vmha_ocf.model import NodeName, NovaHost, Turn

HOST = NovaHost("compute-1")
LIBVIRT = Worn("libvirt", NodeName("compute-1"), "libvirt has failed 4 times on compute-1")


def kept(site: Site) -> list[Ailment]:
    site.world.run(10)
    return ailments.newest_first(site.world.history.read_ailments())


def test_it_waits_for_a_person_until_it_is_given_up_no_more() -> None:
    site = Site()
    story = Story(site.driven.ports)
    for _ in range(3):
        story.worn([(HOST, LIBVIRT)])
    [one] = kept(site)
    assert (one.patient.name, one.kind, one.state) == ("libvirt", "given-up", "told")
    assert one.told == LIBVIRT.sentence
    story.worn([])
    [one] = kept(site)
    assert (one.state, one.recovery) == ("ended", None)
    assert one.outcome == "Pacemaker has not given it up any more"


def test_the_next_worker_ends_it() -> None:
    site = Site()
    Story(site.driven.ports).worn([(HOST, LIBVIRT)])
    site.world.run(10)
    site.driven.restart("ctl2")
    site.run(60)
    [one] = kept(site)
    assert one.state == "ended"


def test_one_that_hangs_and_is_then_given_up_has_both() -> None:
    site = Site()
    site.hang()
    site.run(85)
    story = Story(site.driven.ports)
    worn = Worn("nova-compute", NodeName("compute-1"), "nova-compute does not end")
    story.worn([(HOST, worn)])
    found = {one.kind: one for one in kept(site)}
    assert found.keys() == {"hung", "given-up"}
    assert Turn.ASKED in found["hung"].turns
