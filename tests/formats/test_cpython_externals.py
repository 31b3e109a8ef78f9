"""``export``: the file CPython keeps, byte for byte, from its own script."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import FACTS
from manifests import COMMITTED, committed, entry_of, script_of

from sbom.cli import main
from sbom.diagnostics import Diagnostic
from sbom.script.analysis import analyze_script
from sbom.script.externals import ExternalKind, ScriptExternal
from sbom.source_tree.upstream_packages import export_externals

#: Published files as digests, with the tags of their scripts and the checksums in them.
PUBLISHED: list[dict[str, Any]] = json.loads((FACTS / "externals_spdx.json").read_text())
RELEASED = {v: FACTS / f"cpython/{v}/externals.spdx.json" for v in ("3.13.5", "3.14.7")}


def externals_of(tags: list[str]) -> list[ScriptExternal]:
    return [ScriptExternal(ExternalKind.SOURCE, tag, "x") for tag in tags]


def export_with(
    externals: Sequence[ScriptExternal], version: str, tree_file: Any
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return what the externals are exported to, where the tree has this JSON for a file."""
    data = None if tree_file is None else json.dumps(tree_file).encode()
    return export_externals(committed(), externals, version, data)


def checksums_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return a file of the tree that states checksums, of packages of other names."""
    base = "https://github.com/python/cpython-source-deps/archive/refs/tags"
    return {
        "packages": [
            {
                "name": f"other {tag}",
                "downloadLocation": f"{base}/{tag}.tar.gz",
                "checksums": [{"algorithm": "SHA256", "checksumValue": value}],
            }
            for tag, value in row["checksums"].items()
        ]
    }


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["cpython"])
def test_every_published_file_is_made_anew_from_tags_and_checksums(row: dict[str, Any]) -> None:
    externals, version = externals_of(row["tags"]), row["cpython"]
    data, diagnostics = export_with(externals, version, checksums_of(row))
    assert diagnostics == ()
    assert hashlib.sha256(data).hexdigest() == row["sha256"]


@pytest.mark.parametrize("version", RELEASED)
def test_a_released_file_is_exported_byte_for_byte(version: str) -> None:
    row = next(row for row in PUBLISHED if row["cpython"] == version)
    released = RELEASED[version].read_bytes()
    data, _ = export_externals(committed(), externals_of(row["tags"]), version, released)
    assert data == released


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, data in {
        "PCbuild/get_externals.bat": script_of(entry_of("3.14.7")).encode(),
        "Include/patchlevel.h": b'#define PY_VERSION "3.14.7"\n',
        "Misc/externals.spdx.json": RELEASED["3.14.7"].read_bytes(),
    }.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "tree"


def export(tree: Path, *argv: str) -> int:
    return main(["export", "--manifest", str(COMMITTED), "--cpython", str(tree), *argv])


def test_an_unchanged_tree_is_left_as_it_is(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (tree / "Misc/externals.spdx.json").stat().st_mtime_ns
    assert export(tree) == 0
    assert capsys.readouterr().out.endswith("externals.spdx.json: unchanged\n")
    assert (tree / "Misc/externals.spdx.json").stat().st_mtime_ns == before


def test_a_file_with_crlf_line_ends_keeps_them(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tree / "Misc/externals.spdx.json"
    crlf = file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(crlf)
    assert export(tree) == 0
    assert capsys.readouterr().out.endswith("externals.spdx.json: unchanged\n")
    file.write_bytes(crlf.replace(b'"xz"', b'"lzma"'))
    assert export(tree) == 0
    assert capsys.readouterr().out.endswith("externals.spdx.json: written\n")
    assert file.read_bytes() == crlf


def test_a_new_tag_needs_a_checksum_and_is_named(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tree / "PCbuild/get_externals.bat"
    script.write_bytes(script.read_bytes().replace(b"xz-5.2.5", b"xz-5.8.1"))
    before = (tree / "Misc/externals.spdx.json").read_bytes()
    assert export(tree) == 1
    assert "no checksum of xz-5.8.1 is recorded" in capsys.readouterr().err
    assert (tree / "Misc/externals.spdx.json").read_bytes() == before


def test_a_new_tag_with_a_pin_changes_what_it_has_to_and_no_more(
    tree: Path, tmp_path: Path
) -> None:
    script = tree / "PCbuild/get_externals.bat"
    script.write_bytes(script.read_bytes().replace(b"xz-5.2.5", b"xz-5.8.1"))
    manifest = tmp_path / "externals.toml"
    text = COMMITTED.read_text(encoding="utf-8").replace('"xz-5.2.5"', '"xz-5.8.1"')
    manifest.write_text(text, encoding="utf-8")
    before = json.loads((tree / "Misc/externals.spdx.json").read_text())
    assert main(["export", "--manifest", str(manifest), "--cpython", str(tree)]) == 0
    after = json.loads((tree / "Misc/externals.spdx.json").read_text())
    changed = [b for a, b in zip(before["packages"], after["packages"], strict=True) if a != b]
    assert [(one["name"], one["versionInfo"]) for one in changed] == [("xz", "5.8.1")]


def test_fixed_states_upstreams_versions_and_identifiers(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(tree, "--fixed", "--output", "-") == 0
    data = json.loads(capsys.readouterr().out)
    packages = {one["name"]: one for one in data["packages"]}
    assert packages["sqlite"]["versionInfo"] == "3.50.4"
    locators = [one["referenceLocator"] for one in packages["tcl"]["externalRefs"]]
    assert locators[0].startswith("cpe:2.3:a:tcl:tcl:9.0.4:")
    assert locators[-1].startswith("pkg:generic/tcl@9.0.4?")
    assert not any(
        one["referenceType"] == "cpe23Type" for one in packages["zlib-ng"]["externalRefs"]
    )
    assert [*data] == sorted(data)


def test_an_external_whose_cpe_is_not_known_is_reported() -> None:
    script = analyze_script(script_of(entry_of("3.14.7")).replace("zstd-1.5.7", "brotli-1.1.0"))
    _, diagnostics = export_with(script.externals, "3.14.7", None)
    messages = {one.subject: one.message for one in diagnostics if "CPE" in one.message}
    assert messages.keys() == {"source.brotli"}
    assert messages["source.brotli"].endswith("states the CPE of brotli-1.1.0")


@pytest.mark.parametrize("kept", [None, {}, {"packages": 3}, {"packages": [None, {"name": 1}]}])
def test_a_file_of_the_tree_that_is_not_an_sbom_counts_as_absent(kept: Any) -> None:
    _, diagnostics = export_with(externals_of(["bzip2-1.0.8"]), "3.14.7", kept)
    assert diagnostics == ()


def released_with(version: str = "3.14.7", **zstd: Any) -> dict[str, Any]:
    """Return a published file, with other values of its zstd."""
    data: dict[str, Any] = json.loads(RELEASED[version].read_text())
    next(one for one in data["packages"] if one["name"] == "zstd").update(zstd)
    return data


TAGS = next(row["tags"] for row in PUBLISHED if row["cpython"] == "3.14.7")
LOCATOR = "cpe:2.3:a:facebook:zstandard:1.5.7:*:*:*:*:*:*:*"
PURL = {
    "referenceCategory": "PACKAGE_MANAGER",
    "referenceLocator": "pkg:generic/zstd@1.5.7",
    "referenceType": "purl",
}


def cpe(locator: str) -> dict[str, str]:
    return {
        "referenceCategory": "SECURITY",
        "referenceLocator": locator,
        "referenceType": "cpe23Type",
    }


@pytest.mark.parametrize(
    "values",
    [
        {"licenseConcluded": "BSD-3-Clause"},
        {"comment": "reviewed by hand", "filesAnalyzed": False},
        {"externalRefs": []},
        {"externalRefs": [cpe(LOCATOR), PURL]},
        {"externalRefs": [cpe("cpe:2.3:a:facebook:zstandard:1.5.7:*:*:*:*:windows:*:*")]},
        {"externalRefs": [cpe(r"cpe:2.3:a:a\:b:c\+\+:1.5.7:*:*:*:*:*:*:*")]},
    ],
)
def test_what_people_wrote_into_the_trees_file_stays(values: dict[str, Any]) -> None:
    kept = {**released_with(**values), "comment": "of the whole file"}
    data, diagnostics = export_with(externals_of(TAGS), "3.14.7", kept)
    assert (json.loads(data), diagnostics) == (kept, ())


def test_a_bump_moves_the_version_in_every_reference_and_nothing_else() -> None:
    windows = r"cpe:2.3:a:a\:b:c\+\+:1.5.7:rc1:*:*:*:windows:*:*"
    kept = released_with(externalRefs=[cpe(LOCATOR), cpe(windows), PURL])
    tags = [tag.replace("zstd-1.5.7", "zstd-1.6.0") for tag in TAGS]
    data, diagnostics = export_with(externals_of(tags), "3.14.7", kept)
    [zstd] = [one for one in json.loads(data)["packages"] if one["name"] == "zstd"]
    assert [one["referenceLocator"] for one in zstd["externalRefs"]] == [
        LOCATOR.replace("1.5.7", "1.6.0"),
        windows.replace("1.5.7", "1.6.0"),
        "pkg:generic/zstd@1.6.0",
    ]
    assert [one.message for one in diagnostics] == ["no checksum of zstd-1.6.0 is recorded"]


def test_a_malformed_checksum_counts_as_missing() -> None:
    base = "https://github.com/python/cpython-source-deps/archive/refs/tags"
    for value in ("", "00", "Z" * 64, None):
        sums = [{"algorithm": "SHA256", "checksumValue": value}]
        package = {"name": "other", "downloadLocation": f"{base}/zstd-9.tar.gz"}
        kept = {"packages": [{**package, "checksums": sums}]}
        _, diagnostics = export_with(externals_of(["zstd-9"]), "3.14.7", kept)
        assert [one.code for one in diagnostics] == ["missing-checksum"]


@pytest.mark.parametrize("key", ["checksums", "externalRefs", "downloadLocation", "versionInfo"])
@pytest.mark.parametrize("value", [3, True, None, "x", {"a": 1}, [3, None, {"a": []}]])
def test_a_damaged_entry_never_breaks_the_export(key: str, value: Any) -> None:
    data, diagnostics = export_with(externals_of(TAGS), "3.14.7", released_with(**{key: value}))
    assert diagnostics == ()
    assert json.loads(data)["packages"]


CLONES = os.environ.get("SBOM_CLONES", "")
PATHS = ("Include/patchlevel.h", "PCbuild/get_externals.bat", "Misc/externals.spdx.json")


def published() -> Iterator[tuple[str, str, bytes]]:
    """Yield version, script and file of each pair in the histories of clones, once."""
    seen = set()
    for clone in sorted(path for path in Path(CLONES).glob("*/repo") if path.is_dir()):
        git = ["git", "--git-dir", str(clone)]
        argv = [*git, "log", "--all", "--format=%H", "--", *PATHS]
        for commit in subprocess.run(argv, capture_output=True, check=True).stdout.split():
            found = [
                subprocess.run([*git, "show", f"{commit.decode()}:{path}"], capture_output=True,
                               check=False).stdout
                for path in PATHS
            ]  # fmt: skip
            ours = all(found) and b"/python/cpython-source-deps/" in found[2]  # forks have others
            if ours and (key := tuple(found)) not in seen:
                seen.add(key)
                version = re.search(rb'PY_VERSION\s+"([^"+]+)', found[0])
                assert version
                yield version[1].decode(), found[1].decode(), found[2]


@pytest.mark.skipif(not CLONES, reason="SBOM_CLONES names no directory of clones of CPython")
def test_every_pair_in_clones_is_made_anew_with_and_without_the_trees_file() -> None:
    count = 0
    for version, script, kept in published():
        externals = analyze_script(script.replace("\r\n", "\n")).externals
        for theirs in (json.loads(kept), None):
            data, diagnostics = export_with(externals, version, theirs)
            assert (version, diagnostics, data) == (version, (), kept)
        count += 1
    assert count
