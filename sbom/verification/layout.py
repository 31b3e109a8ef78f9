"""What documents are made of: a build's components, and the files of its layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sbom.bom.ownership import FileOwnership, assign_owners, expected_contents
from sbom.components.build import Build
from sbom.components.model import Component
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.files.directory import read_folder
from sbom.files.shipped_file import ShippedFile
from sbom.io import require_directory
from sbom.manifest.model import Manifest
from sbom.release.contents import ownership_diagnostics, present_components
from sbom.verification.discovered import add_discovered
from sbom.verification.report import inspection_diagnostics
from sbom.verification.verifier import BinaryVerifier, BuildContext, build_expectations


@dataclass(frozen=True, slots=True)
class LayoutContents:
    """A layout that was looked into: its files, its components, and what is wrong with it."""

    files: tuple[ShippedFile, ...]
    ties: tuple[FileOwnership, ...]
    components: tuple[Component, ...]
    problems: tuple[Diagnostic, ...]


def inspect_layout(folder: Path, manifest: Manifest, build: Build) -> LayoutContents:
    """Return what a layout holds, every file hashed and every binary looked into.

    Raises SbomError where it cannot be read.
    """
    require_directory(folder, "name the directory of a Windows build as it ships")
    examiner = BinaryVerifier(manifest)
    files = read_folder(folder, examiner.inspect)
    found = resolve_components(manifest, build)
    expectation = expected_contents(manifest, build, found)
    holdings = assign_owners([file.path for file in files], (), expectation)
    said = BuildContext(manifest=manifest, builds=(build,), components=found, ties=holdings.ties)
    rows = examiner.verdicts(files, build_expectations(said, files))
    there = add_discovered(manifest, present_components(holdings, expectation), holdings.ties, rows)
    problems = [
        *ownership_diagnostics(holdings, expectation, str(folder)),
        *inspection_diagnostics(rows, str(folder)),
    ]
    return LayoutContents(files, there.ties, there.components, sort_diagnostics(problems))
