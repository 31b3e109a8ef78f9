"""The VEX document of a release, and what is wrong with the statements it is made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sbom.bom.bom import Bom
from sbom.diagnostics import Diagnostic
from sbom.manifest.model import Manifest
from sbom.vex.check import check_statements, check_unmatched, versions_in_products
from sbom.vex.model import Statement
from sbom.vex.openvex import write_openvex
from sbom.vex.products import artifact_contents, find_products


@dataclass(frozen=True, slots=True)
class VexDocument:
    """An OpenVEX document; empty where no statement is true of the release."""

    data: bytes
    diagnostics: tuple[Diagnostic, ...]


def compose_vex(
    statements: Sequence[Statement],
    file: str,
    manifest: Manifest,
    bom: Bom,
    artifacts: Collection[str],
    *,
    partial: bool = False,
) -> VexDocument:
    """Return the statements that are true of a release.

    ``file`` is the name of the file they are in, ``bom`` that of the release, ``artifacts`` are
    the names of those with an SBOM of their own. In a ``partial`` release, a statement may be
    about an artifact that is not described, and one that matches nothing is not reported.
    """
    contents = artifact_contents(bom, artifacts)
    versions = versions_in_products(contents)
    diagnostics = check_statements(statements, file, manifest, versions)
    if not partial:
        diagnostics += check_unmatched(statements, file, manifest, versions)
    found = find_products(statements, manifest, contents)
    return VexDocument(write_openvex(found, bom) if found else b"", tuple(diagnostics))
