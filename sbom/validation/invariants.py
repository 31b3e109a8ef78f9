"""What must hold of a document beyond the standard; each broken invariant is a problem.

Reads the plain JSON of an SPDX 2.3 document, ours or anybody's, in linear time. Shares no code
with what builds documents, so that a mistake there is not repeated here.
"""

from __future__ import annotations

from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.validation.creation import check_creation_info
from sbom.validation.file_invariants import (
    analysis_is_explicit,
    checksums_are_well_formed,
    file_names_are_relative,
)
from sbom.validation.identifier_invariants import categories_are_spelled, cpes_agree, one_purl
from sbom.validation.license_invariants import licenses_are_known
from sbom.validation.structure import (
    all_is_reachable,
    arrays_are_there,
    check_relationship_targets,
    ids_are_unique,
    no_package_twice,
    no_relationship_twice,
    nothing_is_dropped,
    one_root,
    root_is_matched,
)
from sbom.validation.view import Document, Table

CHECKS = (
    ids_are_unique,
    check_relationship_targets,
    one_root,
    root_is_matched,
    all_is_reachable,
    no_relationship_twice,
    no_package_twice,
    nothing_is_dropped,
    one_purl,
    cpes_agree,
    categories_are_spelled,
    licenses_are_known,
    analysis_is_explicit,
    checksums_are_well_formed,
    file_names_are_relative,
    arrays_are_there,
    check_creation_info,
)


def check_invariants(data: Table, file: str) -> tuple[Diagnostic, ...]:
    """Return a problem for each invariant that a document breaks, in order of place."""
    read = Document(data)
    return sort_diagnostics(
        Diagnostic(code=Code.INVALID_DOCUMENT, file=file, subject=where, message=message, hint=hint)
        for check in CHECKS
        for where, message, hint in check(read)
    )
