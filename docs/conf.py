"""The documentation site: ``nox -s docs`` builds it with Sphinx, from the pages as they are.

The pages are plain Markdown, with links that also work on GitHub and in an editor. The README is
the first page. ``docs/index.md`` lists all others: its sections and links are the navigation.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_DOCS = Path(__file__).parent
_INDEX = "docs/index.md"

project = "SBOMs of CPython for Windows"
author = "maintainers of cpython-windows-sbom"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "tests/facts/components/README.md"]
nitpicky = True
myst_heading_anchors = 4  # by GitHub's rules, so that a link works there and here
smartquotes = False  # text is what the pages have
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# The schema that externals.toml names is published beside the first page, at an address that stays.
html_extra_path = ["externals.schema.json"]


def navigation(index: str) -> Iterator[tuple[str, list[str]]]:
    """Return each section of the index with the pages that it links, as paths from the root."""
    for section in re.split(r"^## ", index, flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        links = re.findall(r"\]\(([^)#:]+\.md)\)", rest)
        yield title, [_resolve(link) for link in links]


def _resolve(link: str) -> str:
    """Return the path from the root that a link of the index leads to."""
    if link.startswith("../"):
        return link.removeprefix("../")
    return str(PurePosixPath(_INDEX).parent / link)


def _add_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    """Add the navigation to the first page, which does not show it itself."""
    if page != root_doc:
        return
    trees = [("", [_INDEX]), *navigation((_DOCS / "index.md").read_text(encoding="utf-8"))]
    for title, pages in trees:
        caption = f":caption: {title}\n" if title else ""
        listed = "\n".join(f"/{path.removesuffix('.md')}" for path in pages)
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n{caption}\n{listed}\n```\n"


def _add_index(app: Sphinx, error: Exception | None) -> None:
    """Copy the first page to index.html, which servers look for."""
    if error is None and app.builder.name == "html":
        shutil.copyfile(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Connect what Sphinx has no setting for."""
    app.connect("source-read", _add_navigation)
    app.connect("build-finished", _add_index)
