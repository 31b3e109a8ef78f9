"""Evidence: what rules find in binaries, what they do not, and what becomes of it in documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from binaries import binaries, own, written
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED, committed
from pe_files import pe
from releases import make_release

from sbom.binaries.binary import EvidenceMatch
from sbom.binaries.rules import EvidenceRule
from sbom.binaries.search import Inspector, compile_rules
from sbom.cli import main
from sbom.diagnostics import Exit, SbomError
from sbom.manifest.read import read_manifest

INSPECT = Inspector(compile_rules((one.key, one.evidence) for one in committed().components))


def found(name: str, data: bytes) -> list[EvidenceMatch]:
    binary = INSPECT(name, data)
    assert binary is not None
    return list(binary.findings)


def versions(name: str, data: bytes) -> set[tuple[str, str]]:
    return {(one.component, one.version) for one in found(name, data)}


# Rules.


def test_zlib_shows_without_the_copyright_that_linkers_leave_out() -> None:
    texts = [b"incorrect header check", b"1.3.1"]
    assert versions("python313.dll", pe(texts=texts)) == {("zlib", "1.3.1")}
    assert versions("anything.dll", pe(texts=texts)) == {("zlib", "1.3.1")}
    assert versions("python313.dll", pe(texts=[b"1.3.1"])) == set()


def test_zlib_shows_by_its_copyright_where_that_was_kept() -> None:
    text = b" inflate 1.3.2 Copyright 1995-2026 Mark Adler "
    assert versions("launcher.exe", pe(machine="arm64", texts=[text])) == {("zlib", "1.3.2")}


def test_zlib_ng_is_not_taken_for_the_zlib_that_it_says_to_be() -> None:
    texts = [b"incorrect header check", b"1.3.1.zlib-ng", b"2.2.4"]
    assert versions("python314.dll", pe(texts=texts)) == {("zlib-ng", "2.2.4")}


def test_tcl_says_its_version_in_a_text_and_its_level_in_the_fixed_number() -> None:
    data = pe(resource={"FileVersion": "8.6.12"}, fixed=(8, 6, 2, 12), texts=[b"8.6.12"])
    assert versions("tcl86t.dll", data) == {("tcl", "8.6.12")}
    assert versions("tk86t.dll", data) == {("tk", "8.6.12")}
    assert versions("tcl9tk90.dll", pe(resource={"FileVersion": "9.0.4"})) == {("tk", "9.0.4")}


def test_a_source_id_that_no_tag_has_tells_no_version() -> None:
    source_id = b"2099-01-01 00:00:00 " + b"0" * 64
    data = pe(texts=[b"SQLite format 3", source_id])
    assert versions("sqlite3.dll", data) == {("sqlite", "")}


def test_openssl_1_has_two_blanks_and_3_has_one() -> None:
    for text, version in (
        (b"OpenSSL 1.1.1k  25 Mar 2021", "1.1.1k"),
        (b"OpenSSL 3.0.15 3 Sep 2024", "3.0.15"),
    ):
        assert versions("libcrypto-3.dll", pe(texts=[text])) == {("openssl", version)}


def test_a_module_of_somebody_else_is_not_cpythons() -> None:
    resource = {"CompanyName": "Example", "FileVersion": "3.13.5"}
    assert versions("other.pyd", pe(resource=resource)) == set()
    assert versions("other.pyd", own("3.13.5")) == {("cpython", "3.13.5")}


def test_where_evidence_stands_is_told() -> None:
    data = pe(texts=[b"incorrect header check", b"1.3.1"])
    [one] = found("python313.dll", data)
    assert (one.text, one.place) == ("1.3.1", f"0x{data.index(b'1.3.1') - 1:x}")


@given(st.lists(st.from_regex(rb"\A[0-9]{1,2}(\.[0-9]{1,2}){1,3}[a-z]?\Z"), max_size=6))
def test_a_number_alone_is_no_evidence(texts: list[bytes]) -> None:
    for name in ("python313.dll", "_decimal.pyd", "_zstd.pyd", "_bz2.pyd", "other.dll"):
        assert versions(name, pe(texts=texts)) == set()


@pytest.mark.parametrize("name", ["_bz2.pyd", "_BZ2.PYD", "DLLs/_bz2.cp313t-win_amd64.pyd"])
def test_a_rule_lists_a_file_by_its_name_in_any_case_and_folder(name: str) -> None:
    [rule] = compile_rules([("bzip2", [EvidenceRule(files=("_bz2*.pyd",), pattern="x")])])
    assert rule.lists(name)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('files = ["x.dll"]', "has neither a 'pattern' nor a 'resource', so it shows nothing"),
        ("pattern = 'x'", "has neither 'files' nor 'anywhere', so nothing is ever looked at"),
        ("anywhere = true\npattern = 'x'", "is looked for anywhere, and has no 'anchor'"),
        ("files = ['x']\npattern = '('", "which is no regular expression over bytes"),
        ("files = ['x']\npattern = '€'", "which is no regular expression over bytes"),
        ("files = ['x']\npattern = '(?P<other>x)'", "has a group 'other'; known are"),
        ("files = ['x']\npattern = '(?P<tag>x)'", "needs both 'external' and a group named 'tag'"),
        ("files = ['x']\npattern = 'x'\nexternal = 'other'", "'other' is not 'source.' or"),
    ],
)
def test_a_rule_that_cannot_be_is_told_at_its_place(text: str, fault: str) -> None:
    head = "[[component.bzip2.evidence]]\n"
    manifest = COMMITTED.read_text(encoding="utf-8").replace(head, f"{head}{text}\n\n{head}", 1)
    with pytest.raises(SbomError) as error:
        read_manifest(manifest)
    assert any(
        problem.subject.startswith("component.bzip2.evidence[0]") and fault in problem.message
        for problem in error.value.diagnostics
    )


def test_every_external_that_ships_has_evidence_or_a_digest() -> None:
    # LibTomMath's DLL of Tcl 9 shows nothing; libb2 and wix are not DLLs of their own.
    manifest = committed()
    shown = {one.key for one in manifest.components if one.evidence}
    recorded = {tag.partition("-")[0] for tag in manifest.dll_digests}
    shipped = {
        one.key
        for one in manifest.components
        for row in one.ships
        if row.external and row.external.is_fetched and row.link in ("static", "dynamic")
    }
    assert shipped - shown - recorded == {"bsddb", "libtommath"}


# Documents.


def built(
    folder: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    written(folder / "layout", files)
    words = ["build", "--manifest", str(COMMITTED), "--platform", "amd64"]
    status = main([*words, "--layout", str(folder / "layout"), "--output", str(folder)])
    return status, capsys.readouterr().err


def test_what_no_list_names_becomes_a_component_with_its_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = pe(texts=[b"incorrect header check", b"1.2.11"])
    status, err = built(tmp_path, {"DLLs/tcl90.dll": hidden}, capsys)
    assert status == Exit.ERRORS
    assert "DLLs/tcl90.dll: holds zlib 1.2.11, which no list names" in err
    [path] = tmp_path.glob("*.spdx.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    [package] = [one for one in data["packages"] if one["SPDXID"] == "SPDXRef-zlib-found-1.2.11"]
    assert (package["name"], package["versionInfo"]) == ("zlib", "1.2.11")
    [note] = package["annotations"]
    assert note["comment"].startswith(
        "No list names it; evidence does: DLLs/tcl90.dll has '1.2.11'"
    )
    [file] = data["files"]
    assert file["comment"].startswith("Evidence in the file: zlib 1.2.11 ('1.2.11' at 0x")
    assert {
        (one["spdxElementId"], one["relationshipType"])
        for one in data["relationships"]
        if one["relatedSpdxElement"] == package["SPDXID"]
    } >= {(file["SPDXID"], "STATIC_LINK"), ("SPDXRef-cpython", "DEPENDS_ON")}
    assert main(["validate", str(path)]) == Exit.OK


def test_a_layout_that_holds_another_version_than_the_manifest_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = binaries("x64", python="3.14.7", bzip2="1.0.6")
    status, err = built(tmp_path, {"DLLs/_bz2.pyd": files["_bz2.pyd"]}, capsys)
    assert status == Exit.ERRORS
    assert "DLLs/_bz2.pyd: is said to hold bzip2 1.0.8, and shows 1.0.6" in err


def test_a_release_is_held_against_the_evidence_in_its_artifacts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embed = "python-3.14.7-embed-arm64.zip"

    def change(name: str, members: dict[str, bytes]) -> None:
        if name == embed:
            # Runs as ARM64, though its header says x64.
            members["vcruntime140_1.dll"] = pe(machine="x64", chpe=True)
            members["select.pyd"] = own("3.14.7", machine="arm64")
            members["_bz2.pyd"] = own("3.14.6", machine="x64")

    make_release(tmp_path / "artifacts", committed(), change)
    words = ["--artifacts", str(tmp_path / "artifacts"), "--output", str(tmp_path / "out")]
    status = main(["release", "--manifest", str(COMMITTED), *words, "--allow-unpinned"])
    err = capsys.readouterr().err
    assert status == Exit.ERRORS
    told = [line for line in err.splitlines() if embed in line and "error" in line]
    assert [line.split(" [error")[0] for line in told] == [
        f"{embed}: _bz2.pyd: is said to hold python 3.14.7, and shows 3.14.6 "
        "(FileVersion '3.14.6')",
        f"{embed}: _bz2.pyd: is built for x64, and the artifact for arm64",
    ]


def test_what_nothing_pins_is_of_the_version_that_its_files_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.44.35211.0"}
    runtime = pe(resource=resource, signed=True)
    files = {"vcruntime140.dll": runtime, "vcruntime140_1.dll": runtime}
    _, err = built(tmp_path, files, capsys)
    assert "vcruntime140.dll: shows vcruntime 14.42.34226.3, and is not the file" not in err
    assert "vcruntime140.dll: is said to be vcruntime 14.42.34226.3, and is 14.44.35211.0" in err
    [path] = tmp_path.glob("*.spdx.json")
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    [package] = [one for one in packages if one["name"] == "vcruntime"]
    assert package["versionInfo"] == "14.44.35211.0"
    assert (package["downloadLocation"], "checksums" in package) == ("NOASSERTION", False)
    assert main(["validate", str(path)]) == Exit.OK


def test_artifacts_that_show_another_runtime_than_the_manifest_say_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.44.35211.0"}

    def change(_: str, members: dict[str, bytes]) -> None:
        for path in members:
            if path.rpartition("/")[2].startswith("vcruntime140"):
                members[path] = pe(resource=resource)

    place = tmp_path / "artifacts"
    make_release(place, committed(), change)
    words = ["release", "--manifest", str(COMMITTED), "--artifacts", str(place)]
    assert main([*words, "--in-place", "--allow-unpinned"]) == Exit.OK
    assert main([*words, "--check"]) == Exit.OK
    capsys.readouterr()
    for name, version in (
        ("python-3.14.7-embed-amd64.zip", "14.44.35211.0"),
        ("python-3.14.7-amd64.exe", "14.42.34226.3"),  # which nobody opened
    ):
        text = (place / f"{name}.spdx.json").read_text(encoding="utf-8")
        found = [one for one in json.loads(text)["packages"] if one["name"] == "vcruntime"]
        assert [one["versionInfo"] for one in found] == [version]
