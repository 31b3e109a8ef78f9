"""What a person accepted is listed apart with the reason, and nothing else is hidden by it."""

from __future__ import annotations

from manifests import COMMITTED

from sbom.checks.entries import check_manifest
from sbom.diagnostics import Code
from sbom.diagnostics.catalog import Area, names_in
from sbom.manifest.exemptions import Triage, triage_diagnostics
from sbom.manifest.read import read_manifest

TEXT = COMMITTED.read_text(encoding="utf-8")
LINE = "# Diagnostics that people reviewed and accept.\n"


def triage(text: str, checked: frozenset[str] = names_in(Area.MANIFEST)) -> Triage:
    manifest = read_manifest(text)
    return triage_diagnostics(check_manifest(manifest), manifest, checked)


def with_exemption(diagnostic: Code, key: str, reason: str = "known", lines: str = "") -> str:
    table = f'[[exemption]]\ndiagnostic = "{diagnostic}"\nkey = "{key}"\nreason = "{reason}"\n'
    return TEXT.replace(LINE, f'{LINE}\n{table}lines = "{lines}"\n')


def test_an_exempted_diagnostic_is_listed_apart_with_its_reason() -> None:
    found = triage(with_exemption(Code.MISSING_CHECKSUM, "binary.llvm", "on its way"))
    assert ("missing-checksum", "binary.llvm", "on its way") in [
        (one.code, one.exemption_key, reason) for one, reason in found.exempted
    ]
    assert "binary.llvm" not in {one.exemption_key for one in found.active}


def test_an_exemption_of_another_line_does_not_apply_and_is_not_stale() -> None:
    found = triage(with_exemption(Code.MISSING_CHECKSUM, "binary.llvm", lines="3.13"))
    assert "binary.llvm" in {one.exemption_key for one in found.active}
    assert Code.STALE_EXEMPTION not in {one.code for one in found.active}


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
