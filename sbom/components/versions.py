"""Which version of a component an external holds, and on what it ships.

Knows how the manifest turns a revision into upstream's version; nothing of identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Pin
from sbom.manifest.ranges import line_in_range, version_in_range


def applies(row: Inclusion, revisions: Mapping[ExternalKey, str], platform: str, line: str) -> bool:
    """Return whether a row applies to a build: externals, revision, line and platform.

    ``revisions`` are those of the build's externals, and the versions of vendored code.
    """
    if row.external is not None:
        revision = revisions.get(row.external)
        if revision is None or not version_in_range(revision, row.revisions):
            return False
    shipped = row.link not in ("static", "dynamic") or bool(files_on(row, platform))
    return shipped and row.without not in revisions and line_in_range(line, row.lines)


def version_of(identity: ComponentSpec, row: Inclusion, revision: str | None) -> str:
    """Return the upstream version of a component, or an empty text where nothing tells.

    A row's own version goes first (a bundle's parts), then the manifest's exceptions for a
    revision, then what the component's pattern reads out of it.
    """
    if row.version or row.external is None or revision is None:
        return row.version
    if not row.external.is_fetched:
        return revision
    return parse_revision(identity, revision)[0]


def parse_revision(identity: ComponentSpec, revision: str) -> tuple[str, str]:
    """Return upstream version and rebuild number in a revision, each empty if not there."""
    if revision in identity.version_by_revision:
        return identity.version_by_revision[revision], ""
    match = (
        _pattern(identity.revision_pattern).fullmatch(revision)
        if identity.revision_pattern
        else None
    )
    if match is None:
        return "", ""
    return match["version"], match.groupdict().get("rebuild") or ""


def labeled_version(identity: ComponentSpec, key: ExternalKey, revision: str) -> str:
    """Return the version that a tag itself states of a component, exceptions aside.

    Empty where no row takes the version from the tag: Tcl's bundle states none of zlib.
    """
    named = any(row.external == key and not row.version for row in identity.ships)
    match = (
        _pattern(identity.revision_pattern).fullmatch(revision)
        if identity.revision_pattern
        else None
    )
    return match["version"] if named and match else ""


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def files_on(row: Inclusion, platform: str) -> tuple[str, ...]:
    """Return the shipped files of a row on one platform."""
    return row.files_on.get(platform, row.files)


def shipped_version(
    identity: ComponentSpec, key: ExternalKey, revision: str, line: str
) -> tuple[str, str]:
    """Return version and rebuild number of a component in a binary, each empty if not known."""
    for row in identity.ships:
        here = row.external == key and line_in_range(line, row.lines)
        if here and version_in_range(revision, row.revisions):
            return (row.version, "") if row.version else parse_revision(identity, revision)
    return "", ""


def is_source_mismatch(identity: ComponentSpec, binary: Pin, source: Pin, line: str) -> bool:
    """Return whether a prebuilt binary is known to be of another revision than a source."""
    ours, theirs = (
        shipped_version(identity, binary.key, binary.revision, line),
        parse_revision(identity, source.revision),
    )
    if not ours[0] or not theirs[0]:
        return False
    return ours[0] != theirs[0] or (bool(ours[1] and theirs[1]) and ours[1] != theirs[1])
