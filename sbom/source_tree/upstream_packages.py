"""The source externals of a script, as CPython's own Misc/externals.spdx.json lists them.

CPython's tool has people keep identifiers and checksums in that file; here they are data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.resolve import apply_overrides
from sbom.components.versions import parse_revision
from sbom.diagnostics import Diagnostic
from sbom.diagnostics.manifest_messages import (
    missing_checksum,
    undescribed_external,
    unknown_cpe,
)
from sbom.formats.cpython_externals import UpstreamPackage, write_cpython_externals
from sbom.formats.cpython_sbom import SbomPackage, read_json_object, read_sbom_packages
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey, key_of_tag
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import version_in_range
from sbom.manifest.reference import UpstreamEntry
from sbom.script.externals import ExternalKind, ScriptExternal

_SHA256 = re.compile(r"[0-9a-f]{64}")


def export_externals(
    manifest: Manifest,
    externals: Iterable[ScriptExternal],
    version: str,
    tree_file: bytes | None,
    *,
    fixed: bool = False,
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return Misc/externals.spdx.json of a CPython version, and what is missing to write it.

    ``externals`` are all that its script can fetch, ``tree_file`` is the file that the tree has.
    With ``fixed``, versions and identifiers are upstream's instead of CPython's. Where there are
    diagnostics, the bytes are incomplete.
    """
    listed = read_sbom_packages(tree_file) or ()
    packages, diagnostics = _list_upstream_packages(
        manifest, externals, version, listed, fixed=fixed
    )
    in_script_order = manifest.upstream.script_order_versions
    sort = not (in_script_order and version_in_range(version, in_script_order))
    return write_cpython_externals(packages, read_json_object(tree_file), sort=sort), diagnostics


def _list_upstream_packages(
    manifest: Manifest,
    externals: Iterable[ScriptExternal],
    version: str,
    listed: Sequence[SbomPackage],
    *,
    fixed: bool,
) -> tuple[tuple[UpstreamPackage, ...], tuple[Diagnostic, ...]]:
    """Return the packages in the script's order, and what is missing to list them.

    ``listed`` are the packages of the tree's own file: their checksums count for the tags that
    the manifest has none of.
    """
    checksums = _known_checksums(manifest, listed)
    names = {package.name for package in listed}
    entries = {
        entry.name: entry
        for entry in manifest.reference.upstream_entries
        if version_in_range(version, entry.cpython_versions)
    }
    packages: list[UpstreamPackage] = []
    diagnostics: list[Diagnostic] = []
    for tag in (external.tag for external in externals if external.kind is ExternalKind.SOURCE):
        key = key_of_tag(ExternalKind.SOURCE, tag)
        entry, component = entries.get(key.name), _find_component(manifest, key)
        package = _upstream_package(key.name, tag, entry, manifest, checksums)
        if not package.sha256:
            hint = "run with network access: nox -s regen -- --cpython DIR"
            diagnostics.append(missing_checksum(manifest.file, str(key), tag, hint))
        if fixed and component is None:
            diagnostics.append(undescribed_external(manifest.file, str(key), tag, revision=False))
        elif not fixed and entry is None and key.name not in names:
            diagnostics.append(unknown_cpe(manifest.file, str(key), tag))
        if fixed and component is not None:
            package = _with_upstream_identifiers(package, component)
        packages.append(package)
    return tuple(packages), tuple(diagnostics)


def _known_checksums(manifest: Manifest, listed: Iterable[SbomPackage]) -> dict[str, str]:
    """Return the SHA-256 of archives by location; the manifest takes precedence."""
    found = {
        package.download_location.value: package.sha256.value
        for package in listed
        if _SHA256.fullmatch(package.sha256.value)
    }
    tags = dict(manifest.reference.archives[EntryKind.SOURCE])
    tags |= {
        pin.tag: pin.sha256
        for pin in manifest.pins
        if pin.kind is ExternalKind.SOURCE and pin.sha256
    }
    return found | {_location(manifest, tag): sha256 for tag, sha256 in tags.items()}


def _location(manifest: Manifest, tag: str) -> str:
    cpython = manifest.cpython
    return cpython.archive_url.format(
        organization=cpython.organization, repository=cpython.source_repository, tag=tag
    )


def _upstream_package(
    name: str,
    tag: str,
    entry: UpstreamEntry | None,
    manifest: Manifest,
    checksums: Mapping[str, str],
) -> UpstreamPackage:
    """Return a package as CPython lists it: the version is the tag's revision, also in CPEs."""
    revision = tag.removeprefix(f"{name}-")
    location = _location(manifest, tag)
    return UpstreamPackage(
        name=name,
        version=revision,
        download_location=location,
        sha256=checksums.get(location, ""),
        cpes=tuple(f"cpe:2.3:a:{product}:{revision}:*:*:*:*:*:*:*" for product in entry.cpe)
        if entry
        else (),
        originator=entry.originator if entry else "",
    )


def _find_component(manifest: Manifest, key: ExternalKey) -> ComponentSpec | None:
    """Return the component whose version a source states."""
    for component in manifest.components:
        sources = {row.external for row in component.ships}
        sources |= {built.source for built in component.built_from}
        if key in sources and component.revision_pattern:
            return component
    return None


def _with_upstream_identifiers(
    package: UpstreamPackage, component: ComponentSpec
) -> UpstreamPackage:
    version = parse_revision(component, package.version)[0] or package.version
    component = apply_overrides(component, version)
    purl = make_purl(component.purl, version, package.download_location, package.sha256)
    return replace(package, version=version, cpes=make_cpes(component.cpe, version), purl=purl)
