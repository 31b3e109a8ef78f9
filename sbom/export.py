"""Misc/externals.spdx.json, the way CPython keeps it, from a script and what is known of its tags.

CPython's own tool keeps the order, the identities and the checksums by hand in that file; here
they are data of the manifest, and the file is made anew from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sbom.components import overridden
from sbom.externals import Kind
from sbom.guards import External
from sbom.identifiers import cpes, purl_of
from sbom.identities import Identity
from sbom.problems import Code, Problem
from sbom.ranges import in_range
from sbom.reconcile import name_of
from sbom.schema import Exported, Manifest
from sbom.versions import version_in

Package = dict[str, Any]


def exported(
    manifest: Manifest,
    externals: Sequence[External],
    version: str,
    kept: Mapping[str, Any] | None,
    *,
    fixed: bool = False,
) -> tuple[bytes, tuple[Problem, ...]]:
    """Return Misc/externals.spdx.json of a CPython version, and what is missing for it.

    ``externals`` are all that its script can fetch; ``kept`` is the file as the tree has it,
    whose checksums count for tags that it names. With ``fixed``, versions and identifiers are
    upstream's instead of CPython's. Where there are problems the bytes are not the file.
    """
    known = _checksums(manifest, kept)
    rows = {row.name: row for row in manifest.exported if in_range(version, row.cpython)}
    theirs = {str(one.get("name")): one for one in _packages(kept)}
    packages: list[Package] = []
    problems: list[Problem] = []
    for external in externals:
        if external.kind is not Kind.SOURCE:
            continue
        name = name_of(external.tag)
        location = _location(manifest, external.tag)
        said = _identity(rows.get(name), theirs.get(name))
        identity = _component(manifest, external) if fixed else None
        if said is None and not fixed:
            problems.append(_unknown(name, external.tag))
        elif fixed and identity is None:
            problems.append(_no_component(name, external.tag))
        if location not in known:
            problems.append(_unpinned(name, external.tag))
        revision = external.tag.removeprefix(f"{name}-")
        if identity is not None:
            stated, references = _fixed(identity, revision, location, known.get(location, ""))
        else:
            stated = revision
            products = said.cpe if said else ()
            references = [_cpe(f"cpe:2.3:a:{one}:{revision}:*:*:*:*:*:*:*") for one in products]
        originator = said.originator if said else ""
        packages.append(_package(name, stated, location, known.get(location, ""), references))
        if originator:
            packages[-1]["originator"] = originator
    _order(packages, list(theirs), sort=not _unsorted(manifest, version))
    data = {"SPDXID": "SPDXRef-DOCUMENT", "packages": packages, "spdxVersion": "SPDX-2.3"}
    return json.dumps(data, indent=2, sort_keys=True).encode(), tuple(problems)


def _packages(kept: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    packages = (kept or {}).get("packages")
    found = packages if isinstance(packages, list) else []
    return [one for one in found if isinstance(one, Mapping)]


def _checksums(manifest: Manifest, kept: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the SHA-256 of archives by their address: the manifest's go before the tree's."""
    found = {}
    for package in _packages(kept):
        for one in package.get("checksums") or []:
            if isinstance(one, Mapping) and one.get("algorithm") == "SHA256":
                found[str(package.get("downloadLocation"))] = str(one.get("checksumValue"))
    pinned = {pin.tag: pin.sha256 for pin in manifest.pins if pin.kind is Kind.SOURCE}
    ours = {**manifest.archives.source, **{tag: sha for tag, sha in pinned.items() if sha}}
    return found | {_location(manifest, tag): sha for tag, sha in ours.items()}


def _location(manifest: Manifest, tag: str) -> str:
    cpython = manifest.cpython
    return cpython.archive.format(
        organization=cpython.organization, repository=cpython.source_repository, tag=tag
    )


def _identity(row: Exported | None, theirs: Mapping[str, Any] | None) -> Exported | None:
    """Return who CPython says a package is: the tree's own entry, or the manifest's row.

    What people wrote into the tree's file stays; ``--fixed`` is for what is wrong in it.
    """
    if theirs is None:
        return row
    references = theirs.get("externalRefs")
    locators = [
        str(one.get("referenceLocator", ""))
        for one in (references if isinstance(references, list) else [])
        if isinstance(one, Mapping) and one.get("referenceType") == "cpe23Type"
    ]
    products = tuple(":".join(one.split(":")[3:5]) for one in locators if one.count(":") > 4)  # noqa: PLR2004
    return Exported(
        name=str(theirs.get("name")), cpe=products, originator=str(theirs.get("originator", ""))
    )


def _unsorted(manifest: Manifest, version: str) -> bool:
    unsorted = manifest.exporting.unsorted
    return bool(unsorted) and in_range(version, unsorted)


def _order(packages: list[Package], kept: Sequence[str], *, sort: bool) -> None:
    """Put packages in the order of the tree's file, or the version's where others are in it."""
    names = [str(one["name"]) for one in packages]
    if sorted(names) == sorted(kept):
        packages.sort(key=lambda one: kept.index(str(one["name"])))
    elif sort:
        packages.sort(key=lambda one: str(one["name"]))


def _component(manifest: Manifest, external: External) -> Identity | None:
    key = f"{external.kind}.{name_of(external.tag)}"
    for identity in manifest.identities:
        sources = {row.external for row in identity.ships}
        sources |= {built.source for built in identity.built_from}
        if key in sources and identity.revision:
            return identity
    return None


def _fixed(
    identity: Identity, revision: str, location: str, sha256: str
) -> tuple[str, list[Package]]:
    """Return upstream's version and identifiers; the purl is spelt as CPython spells it."""
    version = version_in(identity, revision)[0] or revision
    identity = overridden(identity, version)
    references = [_cpe(one) for one in cpes(identity.cpe, version)]
    purl = {
        "referenceCategory": "PACKAGE_MANAGER",
        "referenceLocator": purl_of(identity.purl, version, location, sha256),
        "referenceType": "purl",
    }
    return version, [*references, purl]


def _cpe(locator: str) -> Package:
    return {
        "referenceCategory": "SECURITY",
        "referenceLocator": locator,
        "referenceType": "cpe23Type",
    }


def _package(
    name: str, version: str, location: str, sha256: str, references: list[Package]
) -> Package:
    return {
        "SPDXID": f"SPDXRef-PACKAGE-{name}",
        "checksums": [{"algorithm": "SHA256", "checksumValue": sha256}],
        "downloadLocation": location,
        "externalRefs": references,
        "licenseConcluded": "NOASSERTION",
        "name": name,
        "primaryPackagePurpose": "SOURCE",
        "versionInfo": version,
    }


def _unpinned(name: str, tag: str) -> Problem:
    message = f"no checksum of {tag} is known, neither here nor in the tree's own file"
    hint = "run: nox -s regen -- --cpython DIR, online"
    return _problem(Code.UNPINNED, f"source.{name}", message, hint)


def _unknown(name: str, tag: str) -> Problem:
    message = f"nobody has said under which CPE CPython lists {tag}"
    hint = f"add an [[exported]] with name = '{name}', or use --fixed"
    return _problem(Code.NO_COMPONENT, f"source.{name}", message, hint)


def _no_component(name: str, tag: str) -> Problem:
    message = f"no component says what {tag} is"
    hint = f"add [[component.<name>.ships]] with external = 'source.{name}'"
    return _problem(Code.NO_COMPONENT, f"source.{name}", message, hint)


def _problem(code: Code, where: str, message: str, hint: str) -> Problem:
    return Problem(code=code, file="externals.toml", where=where, message=message, hint=hint)
