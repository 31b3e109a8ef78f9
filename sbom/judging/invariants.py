"""What must hold of a document beyond the standard; each broken invariant is a problem.

Reads the plain JSON of an SPDX 2.3 document, ours or anybody's, in linear time. Shares no code
with what builds documents, so that a mistake there is not repeated here.
"""

from __future__ import annotations

from sbom.judging.creation import creation_is_told
from sbom.judging.digests import (
    analysis_is_explicit,
    checksums_are_well_formed,
    file_names_are_relative,
)
from sbom.judging.identifiers import categories_are_spelt, cpes_agree, one_purl
from sbom.judging.licensing import licences_are_known
from sbom.judging.reading import Document, Table
from sbom.judging.structure import (
    all_is_reachable,
    arrays_are_there,
    ends_exist,
    ids_are_unique,
    no_package_twice,
    no_relationship_twice,
    nothing_is_dropped,
    one_root,
    root_is_matched,
)
from sbom.problems import Code, Problem, in_order

CHECKS = (
    ids_are_unique,
    ends_exist,
    one_root,
    root_is_matched,
    all_is_reachable,
    no_relationship_twice,
    no_package_twice,
    nothing_is_dropped,
    one_purl,
    cpes_agree,
    categories_are_spelt,
    licences_are_known,
    analysis_is_explicit,
    checksums_are_well_formed,
    file_names_are_relative,
    arrays_are_there,
    creation_is_told,
)


def broken(data: Table, file: str) -> tuple[Problem, ...]:
    """Return a problem for each invariant that a document breaks, in order of place."""
    read = Document(data)
    return in_order(
        Problem(code=Code.DOCUMENT, file=file, where=where, message=message, hint=hint)
        for check in CHECKS
        for where, message, hint in check(read)
    )
