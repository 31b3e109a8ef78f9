"""Rules for documents beyond the specification, because consumers rely on it.

Reads the plain JSON of an SPDX 2.3 document of any tool in linear time, and shares no code with
what writes such documents, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.release_messages import invalid_document
from sbom.formats import read_parsed
from sbom.formats.json_document import (
    JsonObject,
    get_object,
    get_objects,
    get_text,
    get_texts,
)
from sbom.formats.spdx2_read import is_spdx2
from sbom.formats.spdx2_view import DocumentView
from sbom.formats.spdx2_write import spdx2_json
from sbom.validation.file_invariants import (
    check_checksums,
    check_comments,
    check_file_names,
    check_files_analyzed,
    check_repeated_files,
)
from sbom.validation.identifier_invariants import (
    check_cpes,
    check_license_expressions,
    check_purls,
    check_reference_categories,
)
from sbom.validation.report import Violation

#: What ntia-conformance-checker 6.0.0 follows, away from the document (its constants.py).
FOLLOWED_RELATIONSHIPS = frozenset(
    ["DESCRIBES", "CONTAINS", "DEPENDS_ON", "DYNAMIC_LINK", "STATIC_LINK", "HAS_PREREQUISITE"]
)


def check_invariants(data: JsonObject, file: str) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each violation of an invariant, sorted by element."""
    document = DocumentView(data)
    return sort_diagnostics(
        invalid_document(file, *violation) for check in CHECKS for violation in check(document)
    )


def check_document_invariants(data: JsonObject, file: str) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each violation in the JSON of a document of any format.

    One of another format is checked as the document of SPDX 2.3 that has the same contents.
    Raises InputError if it is of no format.
    """
    if not is_spdx2(data):
        data = spdx2_json(read_parsed(data, file))
    return check_invariants(data, file)


# Ids and relationships.


def _check_document(document: DocumentView) -> Iterator[Violation]:
    """Require the id, version, license and time of a document: SPDX 2.3, clause 6."""
    created = get_text(get_object(document.data, "creationInfo"), "created")
    fields = {
        "spdxVersion": (get_text(document.data, "spdxVersion"), r"SPDX-2\.[23]"),
        "dataLicense": (get_text(document.data, "dataLicense"), r"CC0-1\.0"),
        "SPDXID": (document.id, "SPDXRef-DOCUMENT"),
        "creationInfo.created": (created, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    }
    for name, (value, pattern) in fields.items():
        if not re.fullmatch(pattern, value):
            hint = "write it as SPDX 2.3, clause 6 describes"
            yield Violation(
                document.id, f"has {name} {value!r}" if value else f"has no {name}", hint
            )


def _check_unique_ids(document: DocumentView) -> Iterator[Violation]:
    """Require that each package and file has an SPDX id, and no two elements the same."""
    for element in (*document.packages, *document.files):
        if not get_text(element, "SPDXID"):
            hint = "add an id such as SPDXRef-name"
            yield Violation(document.element_name(element), "has no SPDXID", hint)
    for id_, count in document.ids.items():
        if id_ and count > 1:
            yield Violation(id_, f"{count} elements have this id", "give each element its own id")


def _check_relationship_targets(document: DocumentView) -> Iterator[Violation]:
    """Require relationships between elements of this document or of a named one."""
    references = get_objects(document.data, "externalDocumentRefs")
    named = {get_text(reference, "externalDocumentId") for reference in references}
    for left, kind, right in document.relationships:
        for end, other in ((left, right), (right, left)):
            is_known = end in document.ids or end in ("NONE", "NOASSERTION")
            if end and (is_known or end.partition(":")[0] in named):
                continue
            message = (
                f"{kind}: element {end} does not exist" if end else f"{kind}: has one end only"
            )
            yield Violation(other, message, "add the element, or remove the relationship")


def _check_unique_relationships(document: DocumentView) -> Iterator[Violation]:
    """Require that no relationship is repeated; spdx-tools does not report it."""
    for (left, kind, right), count in Counter(document.relationships).items():
        if count > 1:
            yield Violation(left, f"{kind} {right} is stated {count} times", "state it once")


def _check_self_relationships(document: DocumentView) -> Iterator[Violation]:
    """Require that no element is related to itself, or contains itself through others."""
    for left, kind, right in document.relationships:
        if left == right:
            yield Violation(left, f"{kind} itself", "remove the relationship")
    sorter: TopologicalSorter[str] = TopologicalSorter()
    packages = {get_text(package, "SPDXID") for package in document.packages}
    for left, kind, right in sorted(edge for edge in document.forward if edge[2] in packages):
        if kind == "CONTAINS" and left != right:
            sorter.add(left, right)
    try:
        sorter.prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1][:-1]
        at = cycle.index(min(cycle))
        path = " in ".join([*cycle[at:], *cycle[:at], cycle[at]])
        yield Violation(cycle[at], f"contains itself: {path}", "remove one of these")


def _check_root(document: DocumentView) -> Iterator[Violation]:
    """Require exactly one element that the document describes."""
    if len(document.roots) != 1:
        message = f"describes {', '.join(document.roots) or 'nothing'}"
        yield Violation(document.id, message, "describe exactly one package")


def _check_root_purpose(document: DocumentView) -> Iterator[Violation]:
    """Require a root that grype matches: it takes a FILE or CONTAINER for what it scans."""
    for package in document.packages:
        purpose = get_text(package, "primaryPackagePurpose")
        if get_text(package, "SPDXID") in document.roots and purpose in ("FILE", "CONTAINER"):
            message = f"the root's purpose is {purpose}, so grype does not look it up"
            hint = "use APPLICATION, INSTALL or ARCHIVE"
            yield Violation(document.element_name(package), message, hint)


def _check_reachability(document: DocumentView) -> Iterator[Violation]:
    """Require a path from the document to each package, over ``FOLLOWED_RELATIONSHIPS``."""
    targets: dict[str, list[str]] = {}
    for left, kind, right in document.forward:
        if kind in FOLLOWED_RELATIONSHIPS:
            targets.setdefault(left, []).append(right)
    pending = [document.id]
    reached = set(pending)
    while pending:
        new = set(targets.get(pending.pop(), ())) - reached
        reached |= new
        pending += new
    hint = f"relate it to the root by one of {', '.join(sorted(FOLLOWED_RELATIONSHIPS))}"
    for package in document.packages:
        if get_text(package, "SPDXID") not in reached:
            id_ = document.element_name(package)
            yield Violation(id_, "cannot be reached from the document", hint)


def _check_generated_from(document: DocumentView) -> Iterator[Violation]:
    """Require no package right of GENERATED_FROM: https://github.com/anchore/syft/pull/3981."""
    packages = {get_text(package, "SPDXID") for package in document.packages}
    for left, kind, right in document.relationships:
        if kind == "GENERATED_FROM" and right in packages:
            message = f"is the target of GENERATED_FROM (from {left}), so grype drops it"
            yield Violation(right, message, "state in sourceInfo where a binary comes from")


# Packages and the document.


def _check_unique_packages(document: DocumentView) -> Iterator[Violation]:
    """Require one package per name and version: syft makes a package's id of these."""
    seen: dict[tuple[str, str], str] = {}
    for package in document.packages:
        id_ = document.element_name(package)
        first = seen.setdefault((get_text(package, "name"), get_text(package, "versionInfo")), id_)
        if first != id_:
            message = f"has the name and version of {first}; syft keeps only one of them"
            yield Violation(id_, message, "merge the two, with the relationships of both")


def _check_arrays(document: DocumentView) -> Iterator[Violation]:
    """Require the arrays without which Microsoft's sbom-tool refuses a document."""
    for key in ("packages", "files", "relationships"):
        if not isinstance(document.data.get(key), list):
            hint = "add it, if only empty: Microsoft's sbom-tool requires it"
            yield Violation(document.id, f"has no array {key!r}", hint)


def _check_creation_info(document: DocumentView) -> Iterator[Violation]:
    """Require an organization, a tool with its version, and a comment on how it was made."""
    info = get_object(document.data, "creationInfo")
    creators = get_texts(info, "creators")
    if not any(re.fullmatch(r"Organization: *[^\s(].*", creator) for creator in creators):
        message = "no creator is an organization"
        yield Violation(document.id, message, "add 'Organization: Name (mail)'")
    if not any(re.fullmatch(r"Tool: *\S.*-(?=[^-]*\d)[^-]*", creator) for creator in creators):
        message = "no creator is a tool with its version"
        yield Violation(document.id, message, "add 'Tool: name-1.2.3'")
    if not get_text(info, "comment"):
        hint = "state what the document was generated from"
        yield Violation(document.id, "has no creationInfo.comment", hint)


CHECKS = (
    _check_document,
    _check_self_relationships,
    _check_unique_ids,
    _check_relationship_targets,
    _check_unique_relationships,
    _check_root,
    _check_root_purpose,
    _check_reachability,
    _check_generated_from,
    _check_unique_packages,
    _check_arrays,
    _check_creation_info,
    check_purls,
    check_cpes,
    check_reference_categories,
    check_license_expressions,
    check_files_analyzed,
    check_checksums,
    check_file_names,
    check_repeated_files,
    check_comments,
)
