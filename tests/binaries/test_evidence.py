"""Evidence rules: what they find in binaries and what they do not."""

from __future__ import annotations

import pytest
from binaries import own
from hypothesis import given
from hypothesis import strategies as st
from manifests import COMMITTED, committed
from pe_files import pe

from sbom.binaries.binary import EvidenceMatch
from sbom.diagnostics import SbomError
from sbom.manifest.component_spec import EvidenceRule
from sbom.manifest.read import read_manifest
from sbom.verification.inspection import make_inspector

INSPECT = make_inspector(committed())


def found(name: str, data: bytes) -> list[EvidenceMatch]:
    binary = INSPECT(name, data)
    assert binary is not None
    return list(binary.matches)


def versions(name: str, data: bytes) -> set[tuple[str, str]]:
    return {(one.component, one.version) for one in found(name, data)}


# Rules.


def test_zlib_is_found_without_the_copyright_that_linkers_leave_out() -> None:
    texts = [b"incorrect header check", b"1.3.1"]
    assert versions("python313.dll", pe(texts=texts)) == {("zlib", "1.3.1")}
    assert versions("anything.dll", pe(texts=texts)) == {("zlib", "1.3.1")}
    assert versions("python313.dll", pe(texts=[b"1.3.1"])) == set()


def test_zlib_is_found_by_its_copyright_where_that_was_kept() -> None:
    text = b" inflate 1.3.2 Copyright 1995-2026 Mark Adler "
    assert versions("launcher.exe", pe(machine="arm64", texts=[text])) == {("zlib", "1.3.2")}


def test_zlib_ng_is_not_taken_for_the_zlib_version_that_it_states() -> None:
    texts = [b"incorrect header check", b"1.3.1.zlib-ng", b"2.2.4"]
    assert versions("python314.dll", pe(texts=texts)) == {("zlib-ng", "2.2.4")}


def test_a_file_that_loads_openssl_does_not_contain_it() -> None:
    text = b"OpenSSL 3.0.16 11 Feb 2025"  # OPENSSL_VERSION_TEXT of its headers
    for library in ("libcrypto-3.dll", "LIBCRYPTO-3-arm64.dll", "libeay32.dll"):
        assert versions("ssh.dll", pe(texts=[text], imports=[library])) == set()
    loads_other = pe(texts=[text], imports=["kernel32.dll"])
    assert versions("ssh.dll", loads_other) == {("openssl", "3.0.16")}
    libssl = pe(texts=[text], imports=["libcrypto-1_1.dll"])
    assert versions("libssl-1_1.dll", libssl) == {("openssl", "3.0.16")}


def test_tcl_and_tk_are_found_by_version_resource_and_text() -> None:
    data = pe(resource={"FileVersion": "8.6.12"}, fixed=(8, 6, 2, 12), texts=[b"8.6.12"])
    assert versions("tcl86t.dll", data) == {("tcl", "8.6.12")}
    assert versions("tk86t.dll", data) == {("tk", "8.6.12")}
    assert versions("tcl9tk90.dll", pe(resource={"FileVersion": "9.0.4"})) == {("tk", "9.0.4")}


def test_a_source_id_of_no_known_tag_shows_no_version() -> None:
    source_id = b"2099-01-01 00:00:00 " + b"0" * 64
    data = pe(texts=[b"SQLite format 3", source_id])
    assert versions("sqlite3.dll", data) == {("sqlite", "")}


def test_openssl_is_found_with_one_or_two_blanks_before_the_date() -> None:
    for text, version in (
        (b"OpenSSL 1.1.1k  25 Mar 2021", "1.1.1k"),
        (b"OpenSSL 3.0.15 3 Sep 2024", "3.0.15"),
    ):
        assert versions("libcrypto-3.dll", pe(texts=[text])) == {("openssl", version)}


def test_a_module_of_another_company_is_not_taken_for_cpython() -> None:
    resource = {"CompanyName": "Example", "FileVersion": "3.13.5"}
    assert versions("other.pyd", pe(resource=resource)) == set()
    assert versions("other.pyd", own("3.13.5")) == {("cpython", "3.13.5")}


def test_a_match_states_its_text_and_offset() -> None:
    data = pe(texts=[b"incorrect header check", b"1.3.1"])
    [one] = found("python313.dll", data)
    assert str(one) == f"'1.3.1' at 0x{data.index(b'1.3.1') - 1:x}"


@given(st.lists(st.from_regex(rb"\A[0-9]{1,2}(\.[0-9]{1,2}){1,3}[a-z]?\Z"), max_size=6))
def test_a_number_alone_is_no_evidence(texts: list[bytes]) -> None:
    for name in ("python313.dll", "_decimal.pyd", "_zstd.pyd", "_bz2.pyd", "other.dll"):
        assert versions(name, pe(texts=texts)) == set()


@pytest.mark.parametrize("name", ["_bz2.pyd", "_BZ2.PYD", "DLLs/_bz2.cp313t-win_amd64.pyd"])
def test_a_rule_applies_to_a_file_name_in_any_case_and_directory(name: str) -> None:
    rule = EvidenceRule(files=("_bz2*.pyd",), pattern="x").compile("bzip2", 0)
    assert rule.files.matches(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('files = ["x.dll"]', "has neither 'pattern' nor 'version-resource', so it cannot match"),
        ("pattern = 'x'", "has neither 'files' nor 'anywhere', so no file is searched"),
        ("anywhere = true\npattern = 'x'", "has 'anywhere' and no 'anchor'"),
        (
            "files = ['x']\npattern = 'x'\nunless-imported = ['y']",
            "has 'unless-imported' and no 'anywhere'",
        ),
        ("files = ['x']\npattern = '('", "expected a regular expression over bytes, found '('"),
        ("files = ['x']\npattern = '€'", "expected a regular expression over bytes, found '€'"),
        ("files = ['x']\npattern = '(?P<other>x)'", "unknown group 'other': known groups are"),
        ("files = ['x']\npattern = '(?P<tag>x)'", "needs both 'external' and a group named 'tag'"),
        ("files = ['x']\npattern = 'x'\nexternal = 'other'", "found 'other'"),
    ],
)
def test_a_rule_that_cannot_match_is_an_error_with_its_key_path(text: str, message: str) -> None:
    head = "[[component.bzip2.evidence]]\n"
    manifest = COMMITTED.read_text(encoding="utf-8").replace(head, f"{head}{text}\n\n{head}", 1)
    with pytest.raises(SbomError) as error:
        read_manifest(manifest)
    assert any(
        diagnostic.subject.startswith("component.bzip2.evidence[0]")
        and message in diagnostic.message
        for diagnostic in error.value.diagnostics
    )


def test_every_external_that_ships_has_an_evidence_rule_or_a_known_digest() -> None:
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
