"""`make docs`: every page without a warning, from Debian's Sphinx, and every link leads to a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.layout import REPOSITORY
from vmha_ocf.backends.process import command

PAGES = {path.stem for path in (REPOSITORY / "docs").glob("*.rst")}


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages. Fails, and says why, where Sphinx is missing."""
    folder = tmp_path_factory.mktemp("html")
    made = command.run(
        ["make", "-s", "-C", str(REPOSITORY), "docs", f"DOCS={folder}"], timeout=300
    )
    assert made.rc == 0, made.stderr or made.stdout
    return folder


def test_every_page_is_built_and_in_order(html: Path) -> None:
    assert {path.stem for path in html.glob("*.html")} >= PAGES
    index = (html / "index.html").read_text()
    first = index.index("start.html")
    assert first < index.index("how-it-works.html") < index.index("deploy.html")


def test_links_lead_to_pages_and_nowhere_else(html: Path) -> None:
    for page in PAGES:
        text = (html / f"{page}.html").read_text()
        links = re.findall(r'<a [^>]*href="([^"#]+)', text)
        local = [link for link in links if "://" not in link]
        assert [link for link in local if not (html / link).exists()] == [], page


def test_nothing_is_fetched_from_elsewhere(html: Path) -> None:
    for page in PAGES:
        text = (html / f"{page}.html").read_text()
        assert re.findall(r'(?:src|<link [^>]*href)="https?://[^"]*', text) == [], page
