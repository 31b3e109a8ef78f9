"""What documents say to people who have never seen this project, from any directory."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from binaries import binaries, written
from boms import CREATED
from build_files import MADE
from conftest import ROOT
from manifests import RELEASED
from pe_files import pe
from release_runs import PARTIAL, Run

from sbom.bom.compose import compose_build
from sbom.components.component import Build
from sbom.formats import SPDX2
from sbom.manifest.read import read_manifest
from sbom.verification.inspection import inspect_layout

#: A key path of the manifest, its usual name, and remarks on how far somebody looked.
_INTERNAL = re.compile(
    r"\b(?:source|binary|vendored|component|channel|platform|variant|exemption)\.[a-z]"
    r"|\w\.toml\b|\[\?\]|FILL IN|(?:was not read|not (?:compared|seen|verified))\b"
)


def texts_of(value: Any) -> Iterator[str]:
    """Yield the comments, annotations and sourceInfo of a document."""
    if isinstance(value, list):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("comment", "sourceInfo"):
                yield item
            else:
                yield from texts_of(item)


def documents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.glob("*.spdx.json"))}


@pytest.mark.parametrize("manifest", [MADE, RELEASED], ids=["frozen", "released"])
def test_the_texts_of_a_build_name_nothing_internal(
    manifest: Path, run: Run, tmp_path: Path
) -> None:
    assert run("build", "--manifest", manifest, "--output", tmp_path)[0] == 0
    for data in documents(tmp_path).values():
        texts = list(texts_of(json.loads(data)))
        assert len(texts) > 30
        assert [text for text in texts if _INTERNAL.search(text)] == []


def test_the_texts_of_a_release_name_nothing_internal(released: Path) -> None:
    for path in released.glob("*.spdx.json"):
        texts = texts_of(json.loads(path.read_bytes()))
        assert [text for text in texts if _INTERNAL.search(text)] == []


def test_what_files_show_is_told_without_the_path_of_the_manifest(tmp_path: Path) -> None:
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.99.1.2"}
    contents = {"vcruntime140.dll": pe(resource=resource), "zlib1.dll": binaries()["zlib1.dll"]}
    layout = written(tmp_path / "layout", contents)
    found = set()
    for file in ("externals.toml", "some where/other-name.toml"):
        manifest = read_manifest(MADE.read_text(encoding="utf-8"), file)
        build = Build(platform="amd64")
        bom = compose_build(
            manifest, build, CREATED, contents=inspect_layout(layout, manifest, build)[1]
        )
        found.add(SPDX2.write(bom))
    [data] = found
    texts = list(texts_of(json.loads(data)))
    assert any("version as its files show it" in text for text in texts)
    assert [text for text in texts if _INTERNAL.search(text) or str(tmp_path) in text] == []


def test_any_directory_and_any_manifest_path_give_the_same_bytes(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "some where"
    elsewhere.mkdir()
    shutil.copy(MADE, elsewhere / "other-name.toml")
    found: list[dict[str, bytes]] = []
    for directory, manifest in (
        (ROOT, MADE),
        (elsewhere, Path("other-name.toml")),
        (tmp_path, Path("some where/../some where/other-name.toml")),
    ):
        monkeypatch.chdir(directory)
        out = tmp_path / f"out-{len(found)}"
        words = ("--manifest", manifest, "--output", out)
        assert run("build", *words)[0] == 0
        assert run("release", *words, "--artifacts", few, *PARTIAL)[0] == 0
        found.append(documents(out))
    assert len(found[0]) > 8
    assert found == [found[0]] * 3
