"""Which version of a component an external contains, and whether a build contains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.manifest.ranges import line_in_range, version_in_range


class ParsedRevision(NamedTuple):
    """Upstream's version in a revision, and the number of CPython's rebuild; each may be empty."""

    version: str = ""
    rebuild: str = ""


def applies(
    inclusion: Inclusion, revisions: Mapping[ExternalKey, str], platform: str, line: str
) -> bool:
    """Return whether an inclusion applies to a build on a platform, of a CPython line.

    ``revisions`` are those of the build's externals, and the versions of vendored code.
    """
    if inclusion.external is not None:
        revision = revisions.get(inclusion.external)
        if revision is None or not version_in_range(revision, inclusion.revisions):
            return False
    files = files_on(inclusion, platform) or inclusion.optional_files
    ships = inclusion.link not in ("static", "dynamic") or bool(files)
    return ships and inclusion.without not in revisions and line_in_range(line, inclusion.lines)


def vendored_components(manifest: Manifest) -> dict[str, tuple[ExternalKey, ...]]:
    """Return the components that builds of a line contain out of CPython's source tree, by name.

    Each has the keys of what it can be in there. Those in a package that is vendored itself, such
    as pip, come with that, and are not listed.
    """
    line, fetched = manifest.cpython.line, {pin.key for pin in manifest.pins if pin.default}
    keys = {
        row.external: component.name
        for component in manifest.components
        for row in component.ships
        if row.external is not None
        and not row.external.is_fetched
        and row.without not in fetched
        and line_in_range(line, row.lines)
    }
    # What pip vendors is named pip-requests, and so on.
    found: dict[str, list[ExternalKey]] = {}
    for key, component in keys.items():
        if not any(key.name.startswith(f"{other.name}-") for other in keys):
            found.setdefault(component, []).append(key)
    return {component: tuple(found[component]) for component in sorted(found)}


def files_on(inclusion: Inclusion, platform: str) -> tuple[str, ...]:
    """Return the shipped files of an inclusion on one platform."""
    return inclusion.files_on.get(platform, inclusion.files)


def resolve_version(spec: ComponentSpec, inclusion: Inclusion, revision: str | None) -> str:
    """Return the upstream version of a component, or an empty text if it is not known.

    ``revision`` is that of the external that contains it, or the version of vendored code. The
    inclusion's own version (of one part of a bundle) goes before what the revision states.
    """
    if inclusion.version or inclusion.external is None or revision is None:
        return inclusion.version
    if not inclusion.external.is_fetched:
        return revision
    return parse_revision(spec, revision).version


def parse_revision(spec: ComponentSpec, revision: str) -> ParsedRevision:
    """Return what a revision states, by the component's exceptions or else by its pattern."""
    if revision in spec.version_by_revision:
        return ParsedRevision(spec.version_by_revision[revision])
    return _match_revision(spec, revision)


def labeled_version(spec: ComponentSpec, key: ExternalKey, revision: str) -> str:
    """Return the version that a tag itself states of a component, exceptions aside.

    Empty if no inclusion takes the version from the tag: Tcl's bundle states none of zlib.
    """
    is_stated = any(row.external == key and not row.version for row in spec.ships)
    return _match_revision(spec, revision).version if is_stated else ""


def shipped_version(
    spec: ComponentSpec, key: ExternalKey, revision: str, line: str
) -> ParsedRevision:
    """Return the version of a component in a prebuilt binary, as far as it is known."""
    for row in spec.ships:
        is_here = row.external == key and line_in_range(line, row.lines)
        if is_here and version_in_range(revision, row.revisions):
            return ParsedRevision(row.version) if row.version else parse_revision(spec, revision)
    return ParsedRevision()


def is_source_mismatch(spec: ComponentSpec, binary: Pin, source: Pin, line: str) -> bool:
    """Return whether a prebuilt binary is known to be of another revision than a source."""
    built = shipped_version(spec, binary.key, binary.revision, line)
    stated = parse_revision(spec, source.revision)
    if not built.version or not stated.version:
        return False
    has_rebuilds = bool(built.rebuild and stated.rebuild)
    return built.version != stated.version or (has_rebuilds and built.rebuild != stated.rebuild)


def _match_revision(spec: ComponentSpec, revision: str) -> ParsedRevision:
    pattern = spec.revision_pattern
    match = _compile(pattern).fullmatch(revision) if pattern else None
    if match is None:
        return ParsedRevision()
    return ParsedRevision(match["version"], match.groupdict().get("rebuild") or "")


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
