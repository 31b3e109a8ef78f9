"""Changes as text and Markdown: what fits, what is shown, and values that are somebody's attack."""

from __future__ import annotations

import re

import pytest

from sbom.changes.change import (
    ChangeSet,
    ComponentChange,
    FactChange,
    FileChange,
    FileChangeKind,
)
from sbom.changes.render_markdown import render_markdown
from sbom.changes.render_text import render_text


def changes(*facts: FactChange, **more: object) -> ChangeSet:
    values: dict[str, object] = {"old_version": "1", "new_version": "2", "name": "zlib", **more}
    component = ComponentChange(facts=facts, **values)  # type: ignore[arg-type]
    return ChangeSet(old="a", new="b", components=(component,))


VERSION = FactChange("version", ("1",), ("2",))
LICENSES = FactChange(
    "license-concluded", ("LicenseRef-scancode-public-domain",), ("LGPL-2.1-or-later AND 0BSD",)
)


def test_text_fits_80_columns() -> None:
    shown = changes(
        VERSION,
        LICENSES,
        FactChange("sha256", ("ab" * 32,), ("cd" * 32,), "binary.zlib"),
        FactChange("commit", ("ab" * 20,), ("cd" * 20,), "binary.zlib"),
        ships=("Linked into " + ", ".join(f"_module{n}.pyd" for n in range(20)) + ".",),
        remaining=("binary.zlib: no checksum of zlib-2 is recorded; run: nox -s regen" * 2,),
    )
    assert max(map(len, render_text(shown).splitlines())) <= 80


def test_what_fits_is_on_one_line_and_what_does_not_is_on_two() -> None:
    tag = FactChange("tag", ("zlib-1",), ("zlib-2",), "source.zlib")
    sha256 = FactChange("sha256", ("ab" * 32,), ("cd" * 32,), "source.zlib")
    assert render_text(changes(VERSION, tag, sha256)) == (
        "zlib 1 -> 2: updated\n"
        "    source.zlib\n"
        "        tag: zlib-1 -> zlib-2\n"
        "        sha256:\n"
        f"          - {'ab' * 32}\n"
        f"          + {'cd' * 32}\n"
        "\n"
        "1 component changed: 1 updated\n"
    )


def test_an_archive_that_differs_by_its_tag_alone_is_not_repeated() -> None:
    url = "https://github.com/python/deps/archive/zlib-{}.tar.gz"
    tag = FactChange("tag", ("zlib-1",), ("zlib-2",))
    usual = FactChange("archive", (url.format(1),), (url.format(2),))
    assert "archive" not in render_text(changes(VERSION, tag, usual))


def test_an_archive_from_somewhere_else_stands_out() -> None:
    """Another organization with a tag of the same name."""
    tag = FactChange("tag", ("zlib-1",), ("zlib-2",), "source.zlib")
    old = "https://github.com/python/deps/archive/zlib-1.tar.gz"
    new = "https://github.com/pyth0n/deps/archive/zlib-2.tar.gz"
    shown = changes(VERSION, tag, FactChange("archive", (old,), (new,), "source.zlib"))
    assert f"+ {new}" in render_text(shown)
    warning = render_markdown(shown).split("> [!WARNING]")[1].split("\n\n")[0]
    assert f"archive <{old}> → <{new}>" in warning


def test_of_many_files_the_first_are_named_and_all_counted() -> None:
    files = tuple(FileChange(f"Lib/m{n:04}.py", FileChangeKind.CHANGED) for n in range(3000))
    text = render_text(changes(VERSION, files=files))
    assert "    files: 3,000 changed\n" in text
    assert "      and 2,990 more; --output-format json lists all\n" in text
    assert len(render_markdown(changes(VERSION, files=files))) < 3000


@pytest.mark.parametrize(
    "hostile",
    [
        "`code` | cell",
        "</details><script>alert(1)</script>",
        "@python/release-managers please merge",
        "[click](https://example.org/evil)",
        "two\nlines\n\n## A heading",
        "\x1b[31mred",
        "``` fence",
        "https://example.org/a|b",
    ],
)
def test_no_value_becomes_markup(hostile: str) -> None:
    shown = changes(
        VERSION,
        FactChange("license-concluded", (hostile,), (hostile + "!",)),
        FactChange("tag", (hostile,), (hostile + "!",)),
        FactChange("archive", ("https://example.org/)",), (hostile,)),
        name=hostile,
        ships=(hostile,),
        remaining=(hostile,),
        files=(FileChange(hostile, FileChangeKind.ADDED, "", f"sha256:{hostile}"),),
    )
    markdown = render_markdown(shown)
    # What is in no code span and after no backslash.
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)
    plain = re.sub(r"\\.", "", plain)
    assert not re.search(r"<script|@python|\]\(https|^## A heading|\x1b", plain, re.MULTILINE)
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert set(cells) <= {4}
    assert "\x1b" not in render_text(shown)
    assert not re.search("^## A heading", render_text(shown), re.MULTILINE)


def test_nothing_changed_is_one_line() -> None:
    assert render_text(ChangeSet(old="a", new="b")) == "no differences\n"
    assert render_markdown(ChangeSet(old="a", new="b")).endswith("`a` to `b`: no differences.\n")
