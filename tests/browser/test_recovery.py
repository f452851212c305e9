"""The page while a host of the lab dies, in Chromium: it says what ``vmha`` and Nova say, as it happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devtools import Browser
from tests.lab.cases.scene import Scene
from tests.lab.health import healed
from tests.lab.layout import lab_from_environment
from tests.lab.promises import Expected, broken
from tests.lab.release import on_release
from tests.lab.stage import PLAN, on_stage
from tests.lab.tellers import LISTEN, PORT, incidents, vmha

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).resolve().parents[2] / "build" / "browser"
VICTIM = "compute-1"
SIZES = ((1200, "light"), (768, "dark"), (400, "dark"))


@pytest.fixture
def scene() -> Iterator[Scene]:
    lab = lab_from_environment(3, 3)
    with on_stage(lab, print, plan=on_release(PLAN, lab, print)) as stage:
        assert healed(stage, print)
        made = Scene(stage)
        made.set_evacuate([f"listen={LISTEN}"], afterwards=["listen="])
        yield made


def pictures(browser: Browser, url: str, name: str) -> None:
    """At three sizes, each opened anew; nothing is beyond the edge."""
    for width, scheme in SIZES:
        browser.look(url, width=width, scheme=scheme)
        browser.until("Boolean(document.querySelector('#hosts tbody tr'))")
        assert browser.ask("document.documentElement.scrollWidth") <= width
        assert browser.complaints() == []
        browser.picture(SHOTS / f"{name}-{width}-{scheme}.png")


def test_it_says_what_vmha_and_nova_say(browser: Browser, scene: Scene) -> None:
    stage = scene.stage
    tagged = scene.boot(VICTIM, 5)
    here = scene.evacuator()
    url = f"http://{stage.lab.node(here).address}:{PORT}/"
    browser.look(url)
    browser.until("document.querySelector('#headline').textContent === 'All is well'")
    assert vmha(stage, here, "status")["headline"].startswith("all is well")

    scene.cut_power(VICTIM)
    # Nothing is asked for anew: what changes is pushed to the page that is open.
    browser.until(
        f"document.querySelector('#headline').textContent.includes('{VICTIM} is being evacuated')"
    )
    pictures(browser, url, "lab-going-on")
    scene.until_moved(VICTIM, tagged)
    stage.wait_in_service(VICTIM)
    browser.until("document.querySelector('#headline').textContent === 'All is well'")
    pictures(browser, url, "lab-over")

    (incident,) = incidents(stage, here, VICTIM)
    past = str(browser.ask("document.querySelector('#past').innerText"))
    assert f"{incident['time_to_recover']:.1f} s" in past, (incident, past)
    assert f"{incident['moved']} instances moved" in past
    assert incident["moved"] == len(tagged)
    elsewhere = [row for row in stage.cloud.instances() if row.uuid in tagged]
    assert all(row.host != VICTIM for row in elsewhere)
    names = json.dumps([row.name for row in elsewhere])
    shown = f"{names}.filter(name => document.body.innerText.includes(name))"
    assert browser.ask(shown) == [], "without a token nobody is named"
    assert broken(stage, Expected({VICTIM}, tagged)) == []
