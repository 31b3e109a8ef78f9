"""The documentation site: its navigation names every page, and every link and anchor exists."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from conftest import ROOT

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "tests/facts/components/README.md")
    for path in ROOT.glob(pattern)
)


def configuration() -> dict[str, Any]:
    """Return the names that docs/conf.py defines, as Sphinx reads it."""
    path = ROOT / "docs/conf.py"
    names: dict[str, Any] = {"__name__": "conf", "__file__": str(path)}
    exec(compile(path.read_text("utf-8"), path, "exec"), names)  # noqa: S102 - it is our own
    return names


def test_the_navigation_names_every_page_once() -> None:
    navigation: Callable[[str], Iterable[tuple[str, list[str]]]] = configuration()["navigation"]
    sections = list(navigation((ROOT / "docs/index.md").read_text(encoding="utf-8")))
    assert [title for title, _ in sections][:2] == ["How-tos", "What each verb does"]
    listed = Counter(page for _, pages in sections for page in pages)
    others = {"README.md", "docs/index.md"}
    pages = {path.relative_to(ROOT).as_posix() for path in PAGES} - others
    assert listed == Counter(pages)


def headings(text: str) -> set[str]:
    """Return the anchors of a page's headings, by the rules of GitHub and MyST."""
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in re.findall(r"^#{1,4} (.+)$", prose, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return anchors


def broken_links(page: Path) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of it."""
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^ *```.*?^ *```|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (
            anchor and anchor not in headings(target.read_text(encoding="utf-8"))
        ):
            broken.append(link)
    return broken


def test_every_internal_link_leads_to_a_page_and_a_heading() -> None:
    assert {page.name: links for page in PAGES if (links := broken_links(page))} == {}


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    text = "# A `b.c` and d\n[1](#a-bc-and-d) [2](#no) [3](no.md) [4](a.md#a-bc-and-d) `[5](no)`\n"
    page.write_text(text, encoding="utf-8")
    assert broken_links(page) == ["#no", "no.md"]


def test_the_schema_that_the_manifest_names_is_published() -> None:
    [first, *_] = (ROOT / "externals.toml").read_text(encoding="utf-8").splitlines()
    [published] = configuration()["html_extra_path"]
    assert first == f"#:schema docs/{published}"
    assert (ROOT / "docs" / published).exists()


def test_the_site_is_built_strictly_and_is_not_committed() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert '"--fail-on-warning"' in noxfile
    assert "dist/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [name.partition(">")[0] for name in project["dependency-groups"]["docs"]] == [
        "furo",
        "myst-parser",
        "sphinx",
    ]
