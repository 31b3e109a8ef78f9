"""The documents of a release: one SBOM for all artifacts, and slices of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from build_files import MADE, build_file, made_manifest
from manifests import entry_of, script_of
from release_runs import (
    PARTIAL,
    UNPINNED,
    Run,
    component_names,
    read_json,
    slice_paths,
    violations,
)
from releases import make_release, web_installer

from sbom.manifest.read import read_manifest


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 3.13.5, as somebody would make it for that branch."""
    path = tmp_path_factory.mktemp("older") / "externals.toml"
    # The newest script of that line in the facts; which tags it names is not what this is about.
    path.write_text(made_manifest(script_of(entry_of("3.13.0rc2")), "3.13.5"), "utf-8")
    return path


def test_every_artifact_has_a_slice_of_the_releases_own_elements(released: Path) -> None:
    whole = read_json(released / "python-3.14.7-windows.spdx.json")
    elements = {e["SPDXID"]: e for key in ("packages", "files") for e in whole[key]}
    relations = [json.dumps(relation) for relation in whole["relationships"]]
    assert len(set(relations)) == len(relations)
    assert len(slice_paths(released)) == 30
    for path in slice_paths(released):
        data = read_json(path)
        for element in (*data["packages"], *data["files"]):
            assert element == elements[element["SPDXID"]]
        own = {json.dumps(relation) for relation in data["relationships"]} - set(relations)
        [described] = (json.loads(relation) for relation in own)
        assert described["relationshipType"] == "DESCRIBES"
        root = elements[described["relatedSpdxElement"]]
        assert f"{root['packageFileName']}.spdx.json" == path.name


def test_a_slice_contains_what_is_reachable_and_no_more(released: Path) -> None:
    for path in slice_paths(released):
        data = read_json(path)
        ends: dict[str, set[str]] = {}
        for relation in data["relationships"]:
            ends.setdefault(relation["spdxElementId"], set()).add(relation["relatedSpdxElement"])
        reached, waiting = {"SPDXRef-DOCUMENT"}, ["SPDXRef-DOCUMENT"]
        while waiting:
            new = ends.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        assert {e["SPDXID"] for k in ("packages", "files") for e in data[k]} <= reached


def namespaces(directory: Path) -> dict[str, str]:
    return {
        path.name: read_json(path)["documentNamespace"]
        for path in sorted(directory.glob("*.spdx.json"))
    }


def contents_without_time(path: Path) -> str:
    document = read_json(path)
    del document["creationInfo"]["created"], document["documentNamespace"]
    return json.dumps(document, sort_keys=True)


def test_each_document_has_a_namespace_of_its_own(released: Path) -> None:
    spaces = namespaces(released)
    assert len(set(spaces.values())) == 31
    assert spaces["python-3.14.7-amd64.exe.spdx.json"].startswith(
        "https://www.python.org/ftp/python/3.14.7/python-3.14.7-amd64.exe.spdx.json/"
    )


@pytest.mark.parametrize("changed", ["artifact", "manifest", "time"])
def test_a_namespace_never_stands_for_two_contents(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    inside, manifest = tmp_path / "in", tmp_path / "externals.toml"
    shutil.copytree(few, inside)
    shutil.copy(MADE, manifest)
    words = ("--manifest", manifest, "--artifacts", inside, *PARTIAL)
    assert run("release", *words, "--output", tmp_path / "first")[0] == 0
    if changed == "artifact":
        (inside / "python-3.14.7.exe").write_bytes(web_installer("other"))
    elif changed == "manifest":
        text = manifest.read_text("utf-8").replace("Organization: Python", "Organization: Any")
        manifest.write_text(text, encoding="utf-8")
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1783000000")
    assert run("release", *words, "--output", tmp_path / "second")[0] == 0
    first, second = namespaces(tmp_path / "first"), namespaces(tmp_path / "second")
    assert len(first) == 6
    differing = set()
    for name in first:
        contents = [contents_without_time(tmp_path / run / name) for run in ("first", "second")]
        assert (first[name] == second[name]) == (contents[0] == contents[1]), name
        if contents[0] != contents[1]:
            differing.add(name)
    assert len(differing) == {"artifact": 2, "manifest": 6, "time": 0}[changed]


def test_a_partial_release_states_that_it_is_one(run: Run, few: Path, tmp_path: Path) -> None:
    status, output, _ = run("release", "--artifacts", few, "--output", tmp_path, *PARTIAL)
    assert (status, "; partial: 21 artifacts missing" in output) == (0, True)
    index = read_json(tmp_path / "sbom-index.json")
    assert (index["partial"], len(index["missing"])) == (True, 21)
    assert "python-3.14.7-arm64.exe" in index["missing"]
    sentence = "This release is partial: 21 of its 26 artifacts are not described."
    for path in tmp_path.glob("*.spdx.json"):
        assert sentence in read_json(path)["creationInfo"]["comment"]


def test_a_complete_release_is_not_partial_whatever_the_options(
    run: Run, artifacts: Path, released: Path, tmp_path: Path
) -> None:
    assert run("release", "--artifacts", artifacts, "--output", tmp_path, *PARTIAL)[0] == 0
    index = read_json(tmp_path / "sbom-index.json")
    assert (index["partial"], index["missing"]) == (False, [])
    for path in released.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("artifact", "there", "absent"),
    [
        (
            "python-3.14.7-embed-amd64.zip",
            {"openssl", "macholib", "libtommath"},
            {"tcl", "tk", "pip", "zlib"},
        ),
        ("python-3.14.7-embeddable-win32.zip", {"openssl", "libtommath"}, {"tcl", "pip"}),
        ("python.3.14.7.nupkg", {"pip", "certifi", "sqlite", "libtommath"}, {"tcl", "tk", "zlib"}),
        (
            "python-freethreaded.3.14.7.nupkg",
            {"pip", "zlib-ng", "libtommath"},
            {"tcl", "tk", "llvm"},
        ),
        ("python-3.14.7-amd64.zip", {"tcl", "tk", "zlib", "libtommath", "pip"}, set()),
        ("python-3.14.7t-arm64.zip", {"tcl", "openssl"}, {"llvm"}),
        ("python-3.14.7-amd64-store.msixupload", {"tcl", "pip"}, set()),
        ("python-3.14.7-arm64.exe", {"tcl", "wix", "pip"}, set()),
    ],
)
def test_each_channel_has_what_it_ships(
    released: Path, artifact: str, there: set[str], absent: set[str]
) -> None:
    found = component_names(read_json(released / f"{artifact}.spdx.json"))
    assert there <= found
    assert not absent & found
    assert "python" in found


def test_nuget_packages_have_their_own_purls(released: Path) -> None:
    purls = set()
    for path in released.glob("*.nupkg.spdx.json"):
        for package in read_json(path)["packages"]:
            for reference in package.get("externalRefs", []):
                if reference["referenceLocator"].startswith("pkg:nuget/"):
                    purls.add(reference["referenceLocator"])
    assert purls == {
        f"pkg:nuget/python{bits}{threads}@3.14.7"
        for bits in ("", "x86", "arm64")
        for threads in ("", "-freethreaded")
    }


def test_every_member_is_a_file_with_its_checksums_and_its_owner(
    released: Path, artifacts: Path
) -> None:
    data = read_json(released / "python-3.14.7-embed-arm64.zip.spdx.json")
    files = {file["fileName"]: file for file in data["files"]}
    library = files["./libcrypto-3-arm64.dll"]
    content = build_file("3.14.7", "arm64", "default", "libcrypto-3-arm64.dll")
    sums = {one["algorithm"]: one["checksumValue"] for one in library["checksums"]}
    assert sums["SHA1"] == hashlib.sha1(content, usedforsecurity=False).hexdigest()
    assert sums["SHA512"] == hashlib.sha512(content).hexdigest()
    tied = {
        (r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"])
        for r in data["relationships"]
    }
    assert (library["SPDXID"], "OTHER", "SPDXRef-openssl") in tied
    decimal = files["./_decimal.pyd"]
    assert (decimal["SPDXID"], "STATIC_LINK", "SPDXRef-mpdecimal") in tied
    [root] = (p for p in data["packages"] if p.get("packageFileName", "").endswith("arm64.zip"))
    sha1s = sorted(
        one["checksumValue"]
        for file in data["files"]
        for one in file["checksums"]
        if one["algorithm"] == "SHA1"
    )
    code = hashlib.sha1("".join(sha1s).encode(), usedforsecurity=False).hexdigest()
    assert root["packageVerificationCode"]["packageVerificationCodeValue"] == code
    digests = {one["algorithm"]: one["checksumValue"] for one in root["checksums"]}
    whole = (artifacts / "python-3.14.7-embed-arm64.zip").read_bytes()
    assert digests["SHA256"] == hashlib.sha256(whole).hexdigest()


def test_validators_accept_the_release_document_and_slices_of_every_form(released: Path) -> None:
    pytest.importorskip("ntia_conformance_checker", reason="is in the group 'validation'")
    chosen = ["windows", "embed-win32.zip", "amd64.exe", "python.3.14.7.nupkg", "store.msixupload"]
    paths = [p for p in sorted(released.glob("*.spdx.json")) if any(c in p.name for c in chosen)]
    for path in paths:
        assert violations(path) == [], path.name


def test_checksums_and_index_name_everything(released: Path) -> None:
    rows = [line.split(" *") for line in (released / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in rows}
    there = {path.name for path in released.iterdir()} - {"SHA256SUMS"}
    assert sums.keys() == there
    for name, digest in sums.items():
        assert hashlib.sha256((released / name).read_bytes()).hexdigest() == digest
    index = read_json(released / "sbom-index.json")
    assert len(index["artifacts"]) == 30
    sources = {row["file"]: row["described-from"] for row in index["artifacts"]}
    assert sources["python-3.14.7-amd64.exe"] == "members"
    assert sources["python-3.14.7-amd64.zip"] == "members"


def test_an_older_line_can_be_released_too(run: Run, older: Path, tmp_path: Path) -> None:
    manifest = read_manifest(older.read_text(encoding="utf-8"))
    assert len(make_release(tmp_path / "in", manifest)) == 30
    words = ("--artifacts", tmp_path / "in", "--output", tmp_path / "out", UNPINNED)
    status, out, err = run("release", "--manifest", older, *words)
    assert (status, "error" in err) == (0, False), out + err
    found = component_names(read_json(tmp_path / "out/python-3.13.5-embed-amd64.zip.spdx.json"))
    assert "zlib" in found
    assert not {"tcl", "tk", "pip"} & found
    comments = {
        relation["relatedSpdxElement"]: relation.get("comment")
        for relation in read_json(tmp_path / "out/python.3.13.5.nupkg.spdx.json")["relationships"]
        if relation["relationshipType"] == "STATIC_LINK" and "comment" in relation
    }
    assert "Linked into python313.dll." in comments.values()


def test_a_second_run_changes_nothing_and_another_release_is_refused(
    run: Run, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(few, inside)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    words = ("--artifacts", inside, "--output", out, *PARTIAL)
    assert run("release", *words)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    status, output, _ = run("release", *words)
    assert status == 0
    assert "is up to date" in output
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    (inside / "python-3.14.7.exe").write_bytes(web_installer("other"))
    status, _, output = run("release", *words)
    assert status == 1
    assert "already exists, written by another release run" in output
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert run("release", *words, "--replace")[0] == 0


def test_without_the_flag_nothing_unpinned_is_released(run: Run, few: Path, tmp_path: Path) -> None:
    status, _, output = run(
        "release", "--artifacts", few, "--output", tmp_path / "out", "--partial"
    )
    assert status == 1
    assert "[error: SBM308 missing-checksum]" in output
    assert not (tmp_path / "out").exists()


def test_what_is_unpinned_is_printed_and_in_the_document(
    run: Run, few: Path, tmp_path: Path
) -> None:
    words = ("--artifacts", few, "--output", tmp_path, *PARTIAL)
    assert "[allowed by --allow-unpinned]" in run("release", *words)[2]
    comment = read_json(tmp_path / "python-3.14.7-windows.spdx.json")["creationInfo"]["comment"]
    tags = "llvm-19.1.7.0, openssl-bin-3.5.7, tcltk-9.0.4.0"
    assert f"Released although no checksum is known of {tags}." in comment


def test_no_artifact_contains_what_was_needed_to_build_it(released: Path) -> None:
    assert "llvm" in component_names(read_json(released / "python-3.14.7-windows.spdx.json"))
    for path in slice_paths(released):
        assert "llvm" not in component_names(read_json(path))
