"""The manifest by itself: what is missing, undescribed, unused or contradictory is reported."""

from __future__ import annotations

import re
from typing import Any

import pytest
from manifests import COMMITTED, committed, entries, for_entry

from sbom.checks.manifest_entries import check_manifest
from sbom.diagnostics import Code, SbomError
from sbom.manifest.read import read_manifest
from sbom.manifest.reference import ReferenceData

TEXT = COMMITTED.read_text(encoding="utf-8")
XZ_SHA256 = "a15c168e39e87d750c3dc766edc7f19bdda57dacf01e509678467eace91ad282"


def found(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in check_manifest(read_manifest(text))]


def test_the_manifest_of_3_14_7_lacks_three_checksums_and_has_one_mismatch() -> None:
    assert [(one.code, one.subject) for one in check_manifest(committed())] == [
        (Code.MISSING_CHECKSUM, "binary.llvm"),
        (Code.MISSING_CHECKSUM, "binary.openssl-bin"),
        (Code.MISSING_CHECKSUM, "binary.tcltk"),
        (Code.SOURCE_BINARY_MISMATCH, "binary.tcltk"),
    ]


def test_a_mismatch_of_source_and_binary_names_both_tags() -> None:
    [mismatch] = [
        one for one in check_manifest(committed()) if one.code is Code.SOURCE_BINARY_MISMATCH
    ]
    assert mismatch.message == (
        "tcltk-9.0.4.0 ships tk 9.0.4 (rebuild 0), but the script names tk-9.0.4.1 as its source"
    )


def test_an_external_that_no_component_describes_is_reported() -> None:
    text = TEXT + '\n[source.brotli]\ntag = "brotli-1.1.0"\n'
    assert (Code.UNDESCRIBED_EXTERNAL, "source.brotli") in found(text)


def test_a_revision_that_no_row_covers_is_reported() -> None:
    text = TEXT.replace('external = "binary.openssl-bin"\nrevisions = ">=3"',
                        'external = "binary.openssl-bin"\nrevisions = ">=3,<3.5"')  # fmt: skip
    assert (Code.UNDESCRIBED_EXTERNAL, "binary.openssl-bin") in found(text)


def test_vendored_code_that_no_component_describes_is_reported() -> None:
    text = TEXT.replace(
        "[vendored.mimalloc]", '[vendored.other]\nversion = "1"\n\n[vendored.mimalloc]'
    )
    assert (Code.UNDESCRIBED_EXTERNAL, "vendored.other") in found(text)


def test_a_component_whose_external_is_gone_is_unused_and_one_of_reference_data_is_not() -> None:
    start, end = TEXT.index("[source.zstd]"), TEXT.index("[binary.libffi]")
    assert [one for one in found(TEXT[:start] + TEXT[end:]) if one[0] == Code.UNUSED_ENTRY] == [
        (Code.UNUSED_ENTRY, "component.zstd")
    ]


def test_a_license_reference_without_text_is_reported() -> None:
    text = TEXT.replace("[license-text.LicenseRef-scancode-public-domain]",
                        "[license-text.LicenseRef-another]")  # fmt: skip
    assert (Code.INVALID_MANIFEST, "component.xz.license-concluded") in found(text)


def test_a_component_whose_version_nothing_tells_is_reported() -> None:
    start = TEXT.index("[component.zstd]")
    pattern = re.compile(r"^revision-pattern = .*$", re.MULTILINE)
    text = TEXT[:start] + pattern.sub(
        "revision-pattern = '(?P<version>never)'", TEXT[start:], count=1
    )
    [unknown] = [
        one for one in check_manifest(read_manifest(text)) if one.code is Code.UNKNOWN_VERSION
    ]
    assert (unknown.subject, unknown.message) == (
        "component.zstd.ships[0]",
        "unknown version of zstandard: zstd-1.5.7 does not state it",
    )
    assert not unknown.is_warning


def test_a_version_that_the_manifest_states_needs_none_in_the_tag() -> None:
    start = TEXT.index("[component.zstd]")
    text = TEXT[:start] + TEXT[start:].replace(
        'external = "source.zstd"', 'external = "source.zstd"\nversion = "1.5.7"', 1
    )
    text = re.sub(r"(?s)(\[component\.zstd\].*?)revision-pattern = [^\n]*", r"\1", text, count=1)
    assert Code.UNKNOWN_VERSION not in {code for code, _ in found(text)}


@pytest.mark.parametrize("entry", entries()[::9], ids=lambda e: f"{e['cpython']}")
def test_no_release_has_an_external_without_a_component(entry: dict[str, Any]) -> None:
    assert [one for one in check_manifest(for_entry(entry)) if not one.is_warning] == []


# The manifest compared with the reference data of the same tag.


def conflicts(text: str, **files: dict[str, Any]) -> list[tuple[str, str]]:
    rows = ("components", "vcruntime", "wix")
    empty: dict[str, Any] = {name: {"component": {}} for name in rows}
    data = {"archives": {}, "dll_digests": {}, **empty, **files}
    manifest = read_manifest(text, reference=ReferenceData(data.__getitem__))
    return [
        (one.subject, one.message)
        for one in check_manifest(manifest)
        if one.code is Code.CONFLICTING_REFERENCE
    ]


def test_another_checksum_of_a_tag_than_the_reference_data_have_is_reported() -> None:
    assert conflicts(TEXT, archives={"source": {"xz-5.2.5": "0" * 64}}) == [
        (
            "source.xz.sha256",
            "another value for xz-5.2.5 than sbom/data/archives.toml has; the manifest's is used",
        )
    ]


@pytest.mark.parametrize(
    "archives",
    [
        {"source": {"xz-5.2.5": XZ_SHA256}},
        {"source": {"xz-5.2.5": ""}},
        {"source": {"xz-5.2.6": "0" * 64}},
        {"binary": {"xz-5.2.5": "0" * 64}},
    ],
    ids=["equal", "unknown", "another tag", "another kind"],
)
def test_a_checksum_that_contradicts_nothing_is_no_conflict(archives: dict[str, Any]) -> None:
    assert conflicts(TEXT, archives=archives) == []


def test_another_digest_of_a_dll_than_the_reference_data_have_is_reported() -> None:
    table = f'[binary.libffi.dll-digests]\n"amd64/libffi-8.dll" = "{"1" * 64}"\n\n[binary.llvm]'
    text = TEXT.replace("[binary.llvm]", table)
    known = {"libffi-3.4.4": {"amd64/libffi-8.dll": "0" * 64}}
    assert [subject for subject, _ in conflicts(text, dll_digests=known)] == [
        "binary.libffi.dll-digests"
    ]
    known = {"libffi-3.4.4": {"amd64/libffi-8.dll": "1" * 64}}
    assert conflicts(text, dll_digests=known) == []


@pytest.mark.parametrize(
    "text",
    ["MIT AND", "(MIT", "AND", "MIT Apache-2.0", "MIT/Apache", "MIT WITH MIT", "FooBar", "()",
     "MIT, Apache-2.0", "LicenseRef-", "Classpath-exception-2.0", "(" * 5000, "MIT OR OR X11"],
)  # fmt: skip
def test_a_license_that_is_no_expression_is_reported_with_its_key_path(text: str) -> None:
    old = 'license-concluded = "PSF-2.0" # survey'
    assert old in TEXT
    manifest = TEXT.replace(old, f'license-concluded = "{text}" # survey', 1)
    diagnostics = check_manifest(read_manifest(manifest))
    assert (Code.INVALID_MANIFEST, "component.cpython.license-concluded") in [
        (one.code, one.subject) for one in diagnostics
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('homepage = "https://www.openssl.org/"', 'download-location = "somewhere"\n\\g<0>'),
        ('homepage = "https://www.openssl.org/"', 'homepage = "openssl.org"'),
        ('originator = "Organization: OpenSSL"', 'originator = "OpenSSL"'),
        ('purl = "pkg:generic/openssl"', 'purl = "generic/openssl"'),
        ('versions = "<3"\nlicense', 'versions = "<3"\noriginator = "OpenSSL"\nlicense'),
        ('versions = "<3"\nlicense', 'versions = "<3"\nhomepage = "openssl.org"\nlicense'),
        ('"openssl:openssl"', '"openssl:open ssl"'),
        ('"openssl:openssl"', '"openssl:open*ssl"'),
    ],
)
def test_a_malformed_value_is_an_error_with_its_key_path(old: str, new: str) -> None:
    text, count = re.subn(re.escape(old), new, TEXT, count=1)
    assert count
    with pytest.raises(SbomError) as error:
        read_manifest(text)
    assert error.value.diagnostics[0].subject.startswith("component.openssl.")
