"""Invariants of ids, relationships and arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sbom.validation.view import Document, rows, text
from sbom.validation.wording import Finding

#: What ntia-conformance-checker 6.0.0 follows, away from the document (its constants.py).
FOLLOWED = frozenset(
    "DESCRIBES CONTAINS DEPENDS_ON DYNAMIC_LINK STATIC_LINK HAS_PREREQUISITE".split()
)


def ids_are_unique(read: Document) -> Iterator[Finding]:
    """Ask for each SPDX id to be given once."""
    for id_, times in read.ids.items():
        if id_ and times > 1:
            yield id_, f"{times} elements have this id", "give each element an id of its own"


def check_relationship_targets(read: Document) -> Iterator[Finding]:
    """Ask for relationships between elements, or with those of a document that is named."""
    outside = {text(row, "externalDocumentId") for row in rows(read.data, "externalDocumentRefs")}
    for left, kind, right in read.forward:
        for end, other in ((left, right), (right, left)):
            known = end in read.ids or end in ("NONE", "NOASSERTION")
            if end and (known or end.partition(":")[0] in outside):
                continue
            yield (
                other,
                f"{kind}: there is no element {end or 'at its other end'}",
                "add or drop it",
            )


def one_root(read: Document) -> Iterator[Finding]:
    """Ask for exactly one element that the document describes."""
    if len(read.roots) != 1:
        said = f"describes {', '.join(read.roots) or 'nothing'}"
        yield text(read.data, "SPDXID"), said, "let SPDXRef-DOCUMENT DESCRIBES exactly one package"


def root_is_matched(read: Document) -> Iterator[Finding]:
    """Ask for a root that is matched: grype takes a FILE or CONTAINER for what it scans."""
    for package in read.packages:
        purpose = text(package, "primaryPackagePurpose")
        if text(package, "SPDXID") in read.roots and purpose in ("FILE", "CONTAINER"):
            message = f"the root's purpose is {purpose}, so grype does not look it up"
            yield text(package, "SPDXID"), message, "say APPLICATION, INSTALL or ARCHIVE"


def all_is_reachable(read: Document) -> Iterator[Finding]:
    """Ask for a way from the document to each package, over relationships that are followed."""
    ends: dict[str, list[str]] = {}
    for left, kind, right in read.forward:
        if kind in FOLLOWED:
            ends.setdefault(left, []).append(right)
    waiting = [text(read.data, "SPDXID")]
    reached = set(waiting)
    while waiting:
        new = set(ends.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    for package in read.packages:
        if text(package, "SPDXID") not in reached:
            hint = f"relate it to the root by one of {', '.join(sorted(FOLLOWED))}"
            yield text(package, "SPDXID"), "cannot be reached from the document", hint


def no_relationship_twice(read: Document) -> Iterator[Finding]:
    """Ask for each relationship once; spdx-tools does not tell."""
    for (left, kind, right), times in Counter(read.edges).items():
        if times > 1:
            yield left, f"{kind} {right} is said {times} times", "say it once"


def no_package_twice(read: Document) -> Iterator[Finding]:
    """Ask for one package of a name and version: syft's id of a package is made of these."""
    seen: dict[tuple[str, str], str] = {}
    for package in read.packages:
        named = text(package, "name"), text(package, "versionInfo")
        first = seen.setdefault(named, text(package, "SPDXID"))
        if first != text(package, "SPDXID"):
            message = f"has the name and version of {first}, and syft keeps one of them"
            yield text(package, "SPDXID"), message, "make them one, with the relationships of both"


def nothing_is_dropped(read: Document) -> Iterator[Finding]:
    """Ask for no package right of GENERATED_FROM: https://github.com/anchore/syft/pull/3981."""
    packages = {text(package, "SPDXID") for package in read.packages}
    for left, kind, right in read.edges:
        if kind == "GENERATED_FROM" and right in packages:
            message = f"is to the right of GENERATED_FROM (from {left}), so grype drops it"
            yield right, message, "say in sourceInfo where a binary came from"


def arrays_are_there(read: Document) -> Iterator[Finding]:
    """Ask for the arrays that readers ask for, if only empty."""
    for key in ("packages", "files", "relationships"):
        if not isinstance(read.data.get(key), list):
            hint = "Microsoft's sbom-tool wants it, if only empty"
            yield text(read.data, "SPDXID"), f"has no array {key!r}", hint
