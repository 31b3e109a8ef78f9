"""A build is described alike as a layout, as an opened artifact, and as a part of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from binaries import written
from contradictions import find_contradictions
from one_build import INSTALLER, PYMANAGER, ZIP, components, files, in_packages, members
from release_runs import PARTIAL, Run, read_json
from releases import installer_of, web_installer, zipped


@pytest.fixture
def documents(run: Run, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Return the documents of one build: of a layout, and of artifacts that are opened or not."""
    contents = members()
    layout, inside, alone = tmp_path / "layout", tmp_path / "in", tmp_path / "alone"
    written(layout, contents)
    inside.mkdir()
    (inside / ZIP).write_bytes(zipped(contents))
    (inside / INSTALLER).write_bytes(web_installer())
    alone.mkdir()
    (alone / INSTALLER).write_bytes(installer_of(in_packages(contents)))
    built, released, joined = (tmp_path / name for name in ("built", "released", "joined"))
    build = run("build", "--layout", layout, "--platform", "amd64", "--output", built)
    assert build[0] == 0, build[2]
    part = built / "python-3.14.7-amd64.spdx.json"
    for out, words in (
        (released, ("--layout", f"amd64={layout}")),
        (joined, ("--platform-sbom", part)),
    ):
        status, _, err = run("release", "--artifacts", inside, "--output", out, *words, *PARTIAL)
        assert status == 0, err
    opened = tmp_path / "opened"
    status, _, err = run("release", "--artifacts", alone, "--output", opened, *PARTIAL)
    assert status == 0, err
    return {
        "layout": read_json(part),
        "zip": read_json(released / f"{ZIP}.spdx.json"),
        "installer": read_json(released / f"{INSTALLER}.spdx.json"),
        "joined zip": read_json(joined / f"{ZIP}.spdx.json"),
        "joined installer": read_json(joined / f"{INSTALLER}.spdx.json"),
        "opened installer": read_json(opened / f"{INSTALLER}.spdx.json"),
    }


def test_components_are_the_same_whatever_they_were_seen_in(
    documents: dict[str, dict[str, Any]],
) -> None:
    root = "SPDXRef-cpython"
    expected = components(documents["layout"], root)
    assert expected["vcruntime"]["versionInfo"] == "14.50.35719.0"
    for name, document in documents.items():
        assert find_contradictions(document) == []
        found = components(document, root)
        found.pop("wix", None)
        assert found == expected, name


def test_files_are_the_same_whatever_they_were_seen_in(
    documents: dict[str, dict[str, Any]],
) -> None:
    expected = files(documents["layout"])
    assert len(expected) > 500
    for name, document in documents.items():
        # PyManager's own file is in its packages alone.
        own = {PYMANAGER: expected[PYMANAGER]} if name == "opened installer" else {}
        assert files(document) | own == expected, name


def test_a_joined_part_gives_the_same_documents_as_its_layout(
    documents: dict[str, dict[str, Any]],
) -> None:
    assert documents["joined zip"] == documents["zip"]
    assert documents["joined installer"] == documents["installer"]
