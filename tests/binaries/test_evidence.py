"""Evidence: what rules find in binaries, what they do not, and what becomes of it in documents."""

from __future__ import annotations

import pytest
from binaries import own
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED, committed
from pe_files import pe

from sbom.binaries.binary import EvidenceMatch
from sbom.binaries.search import Inspector, compile_rules
from sbom.diagnostics import SbomError
from sbom.manifest.component_spec import EvidenceRule
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
