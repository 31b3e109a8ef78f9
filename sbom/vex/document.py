"""The statements of a release: what is wrong with them, and the documents that they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sbom.bom.bom import Bom
from sbom.diagnostics import Diagnostic
from sbom.manifest.model import Manifest
from sbom.vex.cyclonedx_vex import write_cyclonedx_vex
from sbom.vex.openvex import write_openvex
from sbom.vex.products import (
    StatementProducts,
    artifact_contents,
    find_products,
    versions_in_products,
)
from sbom.vex.statement import Statement
from sbom.vex.statement_checks import check_statements, check_unmatched

#: What ends the name of a CycloneDX document; every other name is that of an OpenVEX one.
_CYCLONEDX = ".cdx.json"


@dataclass(frozen=True, slots=True)
class ReleaseStatements:
    """The statements that are true of a release, and what is wrong with those it was made of."""

    statements: tuple[StatementProducts, ...]
    diagnostics: tuple[Diagnostic, ...]


def apply_statements(
    statements: Sequence[Statement],
    file: str,
    manifest: Manifest,
    bom: Bom,
    artifacts: Collection[str],
    *,
    partial: bool = False,
) -> ReleaseStatements:
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
    return ReleaseStatements(find_products(statements, manifest, contents), tuple(diagnostics))


def write_vex(
    name: str, statements: Sequence[StatementProducts], bom: Bom, namespaces: Mapping[str, str]
) -> bytes:
    """Return a document of at least one statement, in the format that its file name asks for.

    ``bom`` is that of the release, ``namespaces`` are those of the artifacts' SBOMs by the names
    of the artifacts.
    """
    if name.endswith(_CYCLONEDX):
        return write_cyclonedx_vex(statements, bom, namespaces)
    return write_openvex(statements, bom)
