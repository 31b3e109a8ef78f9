"""What a person accepted is listed apart with the reason, and nothing else is hidden by it."""

from __future__ import annotations

import re

import pytest
from manifests import COMMITTED

from sbom.checks.manifest_entries import check_manifest
from sbom.diagnostics import Code, SbomError
from sbom.diagnostics.catalog import Area, names_in
from sbom.diagnostics.inspection_messages import unowned_file
from sbom.manifest.exemptions import Triage, triage_diagnostics
from sbom.manifest.read import read_manifest

TEXT = COMMITTED.read_text(encoding="utf-8")
LINE = "# Diagnostics that people reviewed and accept.\n"


def triage(text: str, checked: frozenset[str] = names_in(Area.MANIFEST)) -> Triage:
    manifest = read_manifest(text)
    return triage_diagnostics(check_manifest(manifest), manifest, checked)


def with_exemption(diagnostic: Code, key: str, reason: str = "known", limits: str = "") -> str:
    table = f'[[exemption]]\ndiagnostic = "{diagnostic}"\nkey = "{key}"\nreason = "{reason}"\n'
    return TEXT.replace(LINE, f"{LINE}\n{table}{limits}\n")


def test_an_exempted_diagnostic_is_listed_apart_with_its_reason() -> None:
    found = triage(with_exemption(Code.MISSING_CHECKSUM, "binary.llvm", "on its way"))
    assert ("missing-checksum", "binary.llvm", "on its way") in [
        (one.code, one.exemption_key, reason) for one, reason in found.exempted
    ]
    assert "binary.llvm" not in {one.exemption_key for one in found.active}


@pytest.mark.parametrize(
    ("limits", "applies"),
    [
        ('lines = "3.13"', False),
        ('lines = "3.13-"', True),
        ('versions = ">=3.14,<3.14.7"', False),
        ('versions = ">=3.14.8"', False),
        ('versions = ">=3.14,<3.14.8"', True),
        ('lines = "3.14"\nversions = "!=3.14.7"', False),
    ],
)
def test_an_exemption_for_other_versions_does_not_apply_and_is_not_stale(
    limits: str, *, applies: bool
) -> None:
    found = triage(with_exemption(Code.MISSING_CHECKSUM, "binary.llvm", limits=limits))
    active = {one.exemption_key for one in found.active if one.code is Code.MISSING_CHECKSUM}
    assert ("binary.llvm" not in active) is applies
    assert Code.STALE_EXEMPTION not in {one.code for one in found.active}


def test_a_versions_range_that_is_none_is_reported() -> None:
    with pytest.raises(SbomError, match=re.escape("exemption[0].versions: expected a version")):
        triage(with_exemption(Code.MISSING_CHECKSUM, "binary.llvm", limits='versions = "3.14"'))


EMBED, NUGET = "in/python-3.14.7-embed-amd64.zip", "python.3.14.7.nupkg"


@pytest.mark.parametrize(
    ("artifacts", "accepted"),
    [
        ("", {EMBED, NUGET}),
        ("artifacts = []", {EMBED, NUGET}),
        ('artifacts = ["python-3.14.7-embed-amd64.zip"]', {EMBED}),
        ('artifacts = ["Python-*-embed-*.zip"]', {EMBED}),
        ('artifacts = ["*.zip", "*.nupkg"]', {EMBED, NUGET}),
        ('artifacts = ["python-3.14.7-embed-win32.zip"]', set()),
    ],
)
def test_an_exemption_is_for_one_artifact_or_for_all(artifacts: str, accepted: set[str]) -> None:
    manifest = read_manifest(with_exemption(Code.UNOWNED_FILE, "a.txt", limits=artifacts))
    diagnostics = [unowned_file(file, "a.txt") for file in (EMBED, NUGET)]
    found = triage_diagnostics(diagnostics, manifest, ())
    assert {one.location.path for one, _ in found.exempted} == accepted
    assert {one.location.path for one in found.active} == {EMBED, NUGET} - accepted


def test_each_artifact_can_have_a_reason_of_its_own() -> None:
    text = with_exemption(Code.UNOWNED_FILE, "a.txt", "first", 'artifacts = ["*.zip"]')
    table = text[text.index("[[exemption]]") : text.index("[[exemption]]", text.index("a.txt"))]
    second = table.replace("first", "second").replace("*.zip", "*.nupkg")
    manifest = read_manifest(text.replace(table, f"{table}\n{second}"))
    diagnostics = [unowned_file(file, "a.txt") for file in (EMBED, NUGET)]
    found = triage_diagnostics(diagnostics, manifest, ())
    assert [(one.location.path, reason) for one, reason in found.exempted] == [
        (EMBED, "first"),
        (NUGET, "second"),
    ]


def test_what_no_document_can_do_without_cannot_be_exempted() -> None:
    text = with_exemption(Code.INVALID_MANIFEST, "cpython.component")
    found = triage(text.replace("component.cpython", "component.other"))
    assert Code.INVALID_MANIFEST in {one.code for one in found.active}


def test_an_exemption_that_matches_nothing_is_reported() -> None:
    found = triage(with_exemption(Code.SOURCE_BINARY_MISMATCH, "binary.llvm"))
    [stale] = [one for one in found.active if one.code is Code.STALE_EXEMPTION]
    assert str(stale) == (
        "externals.toml: exemption[0]: "
        "no diagnostic 'source-binary-mismatch' with the key 'binary.llvm' any more"
    )


def test_an_exemption_of_what_was_not_checked_is_not_stale() -> None:
    found = triage(with_exemption(Code.UNREACHABLE_TAG, "zlib-1.3.1"))
    assert Code.STALE_EXEMPTION not in {one.code for one in found.active}
