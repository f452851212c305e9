"""Sphinx: `make docs`. The pages are plain reST, which any viewer shows; here they become HTML."""

from __future__ import annotations

import configparser
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[1]
_setup = configparser.ConfigParser()
_setup.read(ROOT / "setup.cfg")

project = _setup["metadata"]["name"]
release = version = _setup["metadata"]["version"]
html_title = f"{project} {release}"
html_theme = "alabaster"
html_theme_options = {"description": _setup["metadata"]["description"], "page_width": "1240px"}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_copyright = False
highlight_language = "none"  # what people type, and what they see: two languages in one block
smartquotes = False


def _follow(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """A link to another page is a link to its file, as plain viewers need it: NAME.rst."""
    for link in doctree.findall(nodes.reference):
        target, mark, part = link.get("refuri", "").partition("#")
        if "://" in target or not target.endswith(".rst"):
            continue
        name = target.removesuffix(".rst")
        if name not in app.env.found_docs:
            logging.getLogger(__name__).warning("no page %s", target, location=link)
            continue
        link["refuri"] = app.builder.get_relative_uri(page, name) + mark + part


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", _follow)
