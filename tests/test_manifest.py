"""A manifest is read whole or refused with everything that is wrong, each at its key path."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import COMMITTED, committed, entries, for_entry

from sbom.checks.entries import check_manifest
from sbom.diagnostics import Code, SbomError
from sbom.diagnostics.catalog import Area, names_in
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.manifest.read import read_manifest

TEXT = COMMITTED.read_text(encoding="utf-8")


def refused(text: str) -> list[str]:
    with pytest.raises(SbomError) as caught:
        read_manifest(text)
    return [str(problem) for problem in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'tag = "xz-5.2.5"',
            "tag = 5",
            "externals.toml: source.xz.tag: is a whole number and not a text",
        ),
        (
            'tag = "xz-5.2.5"',
            'tag = "zlib-5.2.5"',
            "externals.toml: source.xz.tag: 'zlib-5.2.5' is no tag of 'xz'",
        ),
        (
            'tag = "xz-5.2.5"',
            'tga = "xz-5.2.5"',
            "externals.toml: source.xz.tag: is missing",
        ),
        (
            "[source.xz]",
            "[sources.xz]",
            "externals.toml: sources: is no table of the manifest; known are cpython, document, "
            "source, binary, vendored, component, platform, variant, channel, release, "
            "license-text, externals-dir, layout, version-source, archives, digests, export, "
            "exported, exemption",
        ),
        (
            'enabled-by = [["--libffi-src"]]',
            'enabled-by = [["sometimes"]]',
            "externals.toml: source.libffi.enabled-by[0][0]: "
            "'sometimes' is not a flag such as --openssl-src, or NAME=value",
        ),
        (
            'revisions = ">=9"',
            'revisions = "from 9"',
            "externals.toml: component.libtommath.ships[7].revisions: "
            "'from 9' is no range of versions such as '>=8.6.13,<9'",
        ),
        (
            'lines = "-2.8"\n',
            'lines = "old"\n',
            "externals.toml: component.bsddb.lines: "
            "'old' is no list of CPython lines such as '2.7, 3.5-3.6, 3.14-'",
        ),
        (
            "files-on = { arm64",
            "files-on = { arm65",
            "externals.toml: component.openssl.ships[1].files-on.arm65: "
            "is no platform of this manifest",
        ),
        (
            'cpe = ["zlib:zlib"]',
            'cpe = ["zlib"]',
            "externals.toml: component.zlib.cpe[0]: 'zlib' is not an NVD vendor:product",
        ),
        (
            "/tags/{tag}.tar.gz",
            "/tags/.tar.gz",
            "externals.toml: cpython.archive-url: does not have {organization} and {repository} "
            "and {tag}, each once and no other braces",
        ),
        (
            "[platform.win32]",
            '[platform."../win32"]',
            "externals.toml: platform.../win32: is no name of letters, digits, '-' and '_'",
        ),
        (
            'version = "3.14.7"',
            'version = "3.14"',
            "externals.toml: cpython.version: '3.14' is not a CPython version such as 3.14.7",
        ),
    ],
)
def test_each_fault_is_told_at_its_key(old: str, new: str, message: str) -> None:
    assert old in TEXT
    assert message in refused(TEXT.replace(old, new))


def test_all_faults_are_told_at_once() -> None:
    text = TEXT.replace('"xz-5.2.5"', "5").replace('"zlib:zlib"', '"zlib"')
    assert len(refused(text)) == 3  # two tables have that CPE


def test_a_syntax_fault_is_told_with_its_line() -> None:
    assert refused("[cpython]\nversion = \n")[0].startswith(
        "externals.toml:2: not valid TOML: Invalid value"
    )


@settings(max_examples=150)
@given(st.integers(0, len(TEXT) - 1), st.text(max_size=3), st.integers(0, 30))
def test_a_damaged_manifest_is_read_or_refused_never_a_traceback(
    at: int, put: str, cut: int
) -> None:
    with contextlib.suppress(SbomError):
        check_manifest(read_manifest(TEXT[:at] + put + TEXT[at + cut :]))


@pytest.mark.parametrize("text", ["", "[", "a=1\n" * 50, "[" * 5000, "x = " + "[" * 3000])
def test_what_is_no_manifest_at_all_is_refused(text: str) -> None:
    assert refused(text)


# The manifest held against itself.


def found(text: str) -> list[tuple[str, str]]:
    return [(problem.code, problem.subject) for problem in check_manifest(read_manifest(text))]


def test_the_committed_manifest_warns_of_what_nobody_knows_and_of_nothing_else() -> None:
    assert [(problem.code, problem.subject) for problem in check_manifest(committed())] == [
        (Code.MISSING_CHECKSUM, "binary.llvm"),
        (Code.MISSING_CHECKSUM, "binary.openssl-bin"),
        (Code.MISSING_CHECKSUM, "binary.tcltk"),
        (Code.SOURCE_BINARY_MISMATCH, "binary.tcltk"),
    ]


def test_the_skew_of_3_14_7_names_both_tags() -> None:
    [skew] = [
        problem
        for problem in check_manifest(committed())
        if problem.code is Code.SOURCE_BINARY_MISMATCH
    ]
    assert skew.message == (
        "tcltk-9.0.4.0 ships tk 9.0.4 (rebuild 0), but the script names tk-9.0.4.1 as its source"
    )


def test_an_external_that_no_component_knows_is_a_problem() -> None:
    text = TEXT + '\n[source.brotli]\ntag = "brotli-1.1.0"\n'
    assert (Code.UNDESCRIBED_EXTERNAL, "source.brotli") in found(text)


def test_a_revision_that_no_row_covers_is_a_problem() -> None:
    text = TEXT.replace('external = "binary.openssl-bin"\nrevisions = ">=3"',
                        'external = "binary.openssl-bin"\nrevisions = ">=3,<3.5"')  # fmt: skip
    assert (Code.UNDESCRIBED_EXTERNAL, "binary.openssl-bin") in found(text)


def test_a_license_reference_without_text_is_a_problem() -> None:
    text = TEXT.replace("[license-text.LicenseRef-scancode-public-domain]",
                        "[license-text.LicenseRef-another]")  # fmt: skip
    assert (Code.INVALID_MANIFEST, "component.xz.license-concluded") in found(text)


@pytest.mark.parametrize("entry", entries()[::9], ids=lambda e: f"{e['cpython']}")
def test_no_release_has_an_external_without_a_component(entry: dict[str, Any]) -> None:
    assert [p for p in check_manifest(for_entry(entry)) if not p.is_warning] == []


# Exemptions.


def with_exemption(diagnostic: Code, key: str) -> str:
    table = f'[[exemption]]\ndiagnostic = "{diagnostic}"\nkey = "{key}"\nreason = "known"\n'
    return f"{TEXT}\n{table}"


def test_an_exempted_diagnostic_is_listed_apart_with_its_reason() -> None:
    manifest = read_manifest(with_exemption(Code.SOURCE_BINARY_MISMATCH, "binary.tcltk"))
    triage = triage_diagnostics(check_manifest(manifest), manifest, names_in(Area.MANIFEST))
    assert Code.SOURCE_BINARY_MISMATCH not in {problem.code for problem in triage.active}
    assert [(p.code, reason) for p, reason in triage.exempted] == [
        (Code.SOURCE_BINARY_MISMATCH, "known")
    ]


def test_what_no_document_can_do_without_cannot_be_exempted() -> None:
    text = with_exemption(Code.INVALID_MANIFEST, "cpython.component").replace(
        "component.cpython", "component.other"
    )
    manifest = read_manifest(text)
    triage = triage_diagnostics(check_manifest(manifest), manifest, names_in(Area.MANIFEST))
    assert Code.INVALID_MANIFEST in {problem.code for problem in triage.active}


def test_an_exemption_of_nothing_is_a_diagnostic_itself() -> None:
    manifest = read_manifest(with_exemption(Code.SOURCE_BINARY_MISMATCH, "binary.llvm"))
    triage = triage_diagnostics(check_manifest(manifest), manifest, names_in(Area.MANIFEST))
    [stale] = [p for p in triage.active if p.code is Code.STALE_EXEMPTION]
    assert str(stale) == (
        "externals.toml: exemption[1]: "
        "no diagnostic 'source-binary-mismatch' with the key 'binary.llvm' any more"
    )


def test_an_exemption_of_what_was_not_checked_is_not_stale() -> None:
    manifest = read_manifest(with_exemption(Code.UNREACHABLE_TAG, "zlib-1.3.1"))
    triage = triage_diagnostics(check_manifest(manifest), manifest, names_in(Area.MANIFEST))
    assert Code.STALE_EXEMPTION not in {problem.code for problem in triage.active}


# Ranges.


@pytest.mark.parametrize(
    ("version", "text", "held"),
    [
        ("8.6.13.0", ">=8.6.13,<9", True),
        ("9.0.4.0", ">=8.6.13,<9", False),
        ("1.1.1k", ">=1.1.1,<3", True),
        ("1.1.0j", "<1.1.1", True),
        ("3.3-rc0", "<3.3", True),
        ("8.6.11.0", "==8.6.11.0", True),
        ("8.6.11.0", "<9,!=8.6.11.0", False),
        ("10.1", ">9.9", True),
        ("1.0", "", True),
    ],
)
def test_versions_are_compared_as_upstream_counts_them(
    version: str, text: str, *, held: bool
) -> None:
    assert version_in_range(version, text) is held


@pytest.mark.parametrize(
    ("line", "text", "held"),
    [
        ("2.7", "2.7, 3.5-3.6", True),
        ("3.6", "2.7, 3.5-3.6", True),
        ("3.7", "2.7, 3.5-3.6", False),
        ("3.14", "3.9-", True),
        ("3.9", "-3.13", True),
        ("3.14", "-3.9", False),
        ("3.14", "", True),
    ],
)
def test_lines_are_compared_as_numbers(line: str, text: str, *, held: bool) -> None:
    assert line_in_range(line, text) is held
