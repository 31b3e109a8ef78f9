"""Misc/externals.spdx.json, the way CPython keeps it, from a script and what is known of its tags.

CPython's own tool keeps the order, the identities and the checksums by hand in that file, and
changes versions and addresses in place. Here they are data of the manifest, which makes the file
anew where the tree has none; what people wrote into one that it has stays, as it does there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.resolve import apply_overrides
from sbom.components.versions import parse_revision
from sbom.diagnostics import Code, Diagnostic
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import EntryKind, key_of_tag
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import version_in_range
from sbom.manifest.reference import UpstreamEntry
from sbom.script.externals import ExternalKind, ScriptExternal

Package = dict[str, Any]

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: CPE 2.3 up to its version, and the version; a backslash hides a colon (NISTIR 7695, 6.2).
_CPE = re.compile(r"(cpe:2\.3(?::(?:\\.|[^:\\])+){3}):(?:\\.|[^:\\])+")


def export_upstream(
    manifest: Manifest,
    externals: Sequence[ScriptExternal],
    version: str,
    kept: Mapping[str, Any] | None,
    *,
    fixed: bool = False,
) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """Return Misc/externals.spdx.json of a CPython version, and what is missing for it.

    ``externals`` are all that its script can fetch; ``kept`` is the file as the tree has it,
    whose checksums count for tags that it names. With ``fixed``, versions and identifiers are
    upstream's instead of CPython's. Where there are problems the bytes are not the file.
    """
    known = _checksums(manifest, kept)
    rows = {
        row.name: row
        for row in manifest.upstream_entries
        if version_in_range(version, row.cpython_versions)
    }
    theirs = {str(one.get("name")): one for one in _packages(kept)}
    packages: list[Package] = []
    problems: list[Diagnostic] = []
    for external in externals:
        if external.kind is not ExternalKind.SOURCE:
            continue
        name = external.name
        revision = external.tag.removeprefix(f"{name}-")
        location = _location(manifest, external.tag)
        sha256 = known.get(location, "")
        if not sha256:
            problems.append(_unpinned(name, external.tag))
        package = _updated(theirs.get(name), rows.get(name), name, revision)
        identity = _component(manifest, external) if fixed else None
        if package is None and not fixed:
            problems.append(_unknown(name, external.tag))
        elif identity is None and fixed:
            problems.append(_no_component(name, external.tag))
        package = {**_package(name, revision), **(package or {})}
        package |= {"checksums": _sums(package, sha256), "downloadLocation": location}
        if identity is not None:
            package |= _fixed(identity, revision, location, sha256)
        packages.append(package)
    _order(packages, list(theirs), sort=not _unsorted(manifest, version))
    data = {**_HEAD, **(kept or {}), "packages": packages}
    return json.dumps(data, indent=2, sort_keys=True).encode(), tuple(problems)


_HEAD = {"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3"}


def _packages(kept: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    packages = (kept or {}).get("packages")
    found = packages if isinstance(packages, list) else []
    return [one for one in found if isinstance(one, Mapping)]


def _checksums(manifest: Manifest, kept: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the SHA-256 of archives by their address: the manifest's go before the tree's."""
    found = {}
    for package in _packages(kept):
        for one in _rows(package, "checksums"):
            if one.get("algorithm") == "SHA256" and _SHA256.fullmatch(
                str(one.get("checksumValue"))
            ):
                found[str(package.get("downloadLocation"))] = str(one.get("checksumValue"))
    pinned = {pin.tag: pin.sha256 for pin in manifest.pins if pin.kind is ExternalKind.SOURCE}
    ours = {
        **manifest.reference.archives[EntryKind.SOURCE],
        **{tag: sha for tag, sha in pinned.items() if sha},
    }
    return found | {_location(manifest, tag): sha for tag, sha in ours.items()}


def _rows(package: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = package.get(key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _sums(package: Mapping[str, Any], sha256: str) -> list[Mapping[str, Any]]:
    """Return checksums with this SHA-256: those that are there, if it is among them."""
    mine = {"algorithm": "SHA256", "checksumValue": sha256}
    there = _rows(package, "checksums")
    return there if mine in there else [mine]


def _location(manifest: Manifest, tag: str) -> str:
    cpython = manifest.cpython
    return cpython.archive_url.format(
        organization=cpython.organization, repository=cpython.source_repository, tag=tag
    )


def _updated(
    theirs: Mapping[str, Any] | None, row: UpstreamEntry | None, name: str, revision: str
) -> Package | None:
    """Return what CPython says of a package: the tree's entry of this revision, or the row's.

    What people wrote into the tree's file stays; ``--fixed`` is for what is wrong in it.
    """
    if theirs is not None:
        before = str(theirs.get("versionInfo", ""))
        references = [_moved(one, before, revision) for one in _rows(theirs, "externalRefs")]
        return {**theirs, "externalRefs": references, "versionInfo": revision}
    if row is None:
        return None
    originator = {"originator": row.originator} if row.originator else {}
    references = [_cpe(f"cpe:2.3:a:{one}:{revision}:*:*:*:*:*:*:*") for one in row.cpe]
    return {**_package(name, revision), "externalRefs": references, **originator}


def _moved(reference: Mapping[str, Any], before: str, revision: str) -> Package:
    """Return an external reference of another version: a CPE's field, any other's own words."""
    locator = str(reference.get("referenceLocator", ""))
    if reference.get("referenceType") == "cpe23Type":
        locator = _CPE.sub(lambda match: f"{match[1]}:{revision}", locator, count=1)
    elif before:
        locator = locator.replace(before, revision)
    return {**reference, "referenceLocator": locator}


def _unsorted(manifest: Manifest, version: str) -> bool:
    unsorted = manifest.upstream.script_order_versions
    return bool(unsorted) and version_in_range(version, unsorted)


def _order(packages: list[Package], kept: Sequence[str], *, sort: bool) -> None:
    """Put packages in the order of the tree's file, or the version's where others are in it."""
    names = [str(one["name"]) for one in packages]
    if sorted(names) == sorted(kept):
        packages.sort(key=lambda one: kept.index(str(one["name"])))
    elif sort:
        packages.sort(key=lambda one: str(one["name"]))


def _component(manifest: Manifest, external: ScriptExternal) -> ComponentSpec | None:
    key = key_of_tag(external.kind, external.tag)
    for identity in manifest.components:
        sources = {row.external for row in identity.ships}
        sources |= {built.source for built in identity.built_from}
        if key in sources and identity.revision_pattern:
            return identity
    return None


def _fixed(identity: ComponentSpec, revision: str, location: str, sha256: str) -> Package:
    """Return upstream's version and identifiers; the purl is spelled as CPython spells it."""
    version = parse_revision(identity, revision)[0] or revision
    identity = apply_overrides(identity, version)
    references = [_cpe(one) for one in make_cpes(identity.cpe, version)]
    purl = {
        "referenceCategory": "PACKAGE_MANAGER",
        "referenceLocator": make_purl(identity.purl, version, location, sha256),
        "referenceType": "purl",
    }
    return {"versionInfo": version, "externalRefs": [*references, purl]}


def _cpe(locator: str) -> Package:
    return {
        "referenceCategory": "SECURITY",
        "referenceLocator": locator,
        "referenceType": "cpe23Type",
    }


def _package(name: str, version: str) -> Package:
    return {
        "SPDXID": f"SPDXRef-PACKAGE-{name}",
        "externalRefs": [],
        "licenseConcluded": "NOASSERTION",
        "name": name,
        "primaryPackagePurpose": "SOURCE",
        "versionInfo": version,
    }


def _unpinned(name: str, tag: str) -> Diagnostic:
    message = f"no checksum of {tag} is known, neither here nor in the tree's own file"
    hint = "run: nox -s regen -- --cpython DIR, online"
    return _problem(Code.MISSING_CHECKSUM, f"source.{name}", message, hint)


def _unknown(name: str, tag: str) -> Diagnostic:
    message = f"nobody has said under which CPE CPython lists {tag}"
    hint = f"add an [[exported]] with name = '{name}', or use --fixed"
    return _problem(Code.UNDESCRIBED_EXTERNAL, f"source.{name}", message, hint)


def _no_component(name: str, tag: str) -> Diagnostic:
    message = f"no component says what {tag} is"
    hint = f"add [[component.<name>.ships]] with external = 'source.{name}'"
    return _problem(Code.UNDESCRIBED_EXTERNAL, f"source.{name}", message, hint)


def _problem(code: Code, where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file="externals.toml", subject=where, message=message, hint=hint)
