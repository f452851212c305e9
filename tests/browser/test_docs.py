"""The documentation as HTML, in Chromium: nothing of it is cut off, on a desk or on a telephone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.browser.devtools import Browser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.rst"))
CUT_OFF = """
[...document.querySelectorAll('div.body *')].filter(e => {
  const style = getComputedStyle(e);
  const scrolls = e.closest('pre, table, div.highlight');
  return e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && style.display !== 'inline' && !scrolls
    || !scrolls && e.getBoundingClientRect().right > innerWidth + 1;
}).map(e => e.outerHTML.slice(0, 100))
"""


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("docs")
    command = [
        "/usr/bin/python3",
        "-m",
        "sphinx",
        "-q",
        "-W",
        "-b",
        "html",
        str(ROOT / "docs"),
        str(built),
    ]
    subprocess.run(command, check=True)
    return built


@pytest.mark.parametrize("width", [1200, 400])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off(browser: Browser, html: Path, page: str, width: int) -> None:
    browser.look((html / f"{page}.html").as_uri(), width=width)
    browser.until(
        "document.readyState === 'complete' && Boolean(document.querySelector('div.body'))"
    )
    # The theme scales a telephone: its window is not what it was given.
    assert browser.ask("document.documentElement.scrollWidth <= innerWidth")
    assert browser.ask(CUT_OFF) == []
    scrolls = "[...document.querySelectorAll('div.body pre, div.body table.docutils')].every(e => " \
        "e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).overflowX === 'auto')"  # fmt: skip
    assert browser.ask(scrolls)
