"""Manifest entries to components: version, purl, CPE, licence and where each one ships.

Knows identifiers; nothing of SPDX documents, TOML or batch files. A component's version is
upstream's; the tag, the commit and the rebuild number are told in its source information.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from packageurl import PackageURL

from sbom.ranges import in_range
from sbom.schema import Identity, Manifest, Override, Pin, Ships
from sbom.versions import files_on, holds, version_in, version_of

#: What comes before a release, in the long words NVD's dictionary uses for CPython.
_EARLY = re.compile(r"(\d+(?:\.\d+)*)-?(rc|a|b|alpha|beta)(\d+)")
_EARLY_WORDS = {"a": "alpha", "b": "beta"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One thing an SBOM names. Texts are empty where nothing is known.

    ``id`` is unique among the components of a build, ``external`` the key path of the external
    that holds it; ``checksums`` are of the archive at
    ``location``, as pairs of algorithm and lower-case hexadecimal digits.
    """

    id: str
    external: str
    name: str
    version: str
    originator: str
    supplier: str
    homepage: str
    licence: str
    declared: str
    copyright: str
    purl: str
    cpes: tuple[str, ...]
    location: str
    file_name: str
    checksums: tuple[tuple[str, str], ...]
    source_info: str
    comment: str
    annotation: str
    link: str
    files: tuple[str, ...]
    used_by: tuple[str, ...]


def components(
    manifest: Manifest,
    platform: str,
    pins: Sequence[Pin] | None = None,
    notes: Mapping[str, str] | None = None,
) -> tuple[Component, ...]:
    """Return the components of one platform's build, sorted by id.

    ``pins`` are the externals of the build; without them, those that the script fetches when
    it is given no flags. ``notes`` maps key paths of externals to what is to be annotated.
    """
    if pins is None:
        pins = [pin for pin in manifest.pins if pin.default]
    by_key = {pin.key: pin for pin in pins}
    found = [
        _component(manifest, identity, row, by_key.get(row.external), platform)
        for identity in manifest.identities
        for row in identity.ships
        if holds(row, by_key, platform, manifest.cpython.line)
    ]
    return _with_ids([_annotated(one, (notes or {}).get(one.external, "")) for one in found])


def _annotated(component: Component, note: str) -> Component:
    """Return a component that says of its external what somebody has to know."""
    if not note:
        return component
    source = f"{component.source_info}; {note}"
    return replace(component, source_info=source, comment="", annotation=note)


def root(manifest: Manifest, platform: str) -> Component:
    """Return CPython itself as a component of one platform."""
    cpython = manifest.cpython
    identity = next(one for one in manifest.identities if one.key == cpython.component)
    version = cpython.version.rstrip("+")
    commit = f", commit {cpython.commit}" if cpython.commit else ""
    title = next(one.title for one in manifest.platforms if one.name == platform)
    component = Component(
        id=identity.key,
        external="",
        version=version,
        **_identity(manifest, identity),
        location=cpython.place,
        file_name="",
        checksums=_digest(cpython.sha256),
        source_info=f"CPython {cpython.version} for {title}, built from tag v{version}{commit}",
        comment="",
        annotation="",
        purl="",
        cpes=cpes(identity.cpe, version),
        link="",
        files=(),
        used_by=(),
    )
    return replace(component, purl=_purl(identity.purl, component))


def _component(
    manifest: Manifest, identity: Identity, row: Ships, pin: Pin | None, platform: str
) -> Component:
    version = version_of(identity, row, pin)
    identity = _overridden(identity, version)
    component = Component(
        id=identity.key,
        external=row.external,
        version=version,
        **_identity(manifest, identity),
        location=archive_location(manifest, pin) if pin else identity.location,
        file_name=f"{pin.tag}.tar.gz" if pin else "",
        checksums=_checksums(pin) if pin else _digest(identity.sha256),
        source_info=_source_info(manifest, identity, row, pin),
        comment=_comment(pin),
        annotation="",
        purl="",
        cpes=cpes(identity.cpe, version),
        link=row.link,
        files=_file_names(manifest, row, platform),
        used_by=row.used_by,
    )
    return replace(component, purl=_purl(identity.purl, component))


def _identity(manifest: Manifest, identity: Identity) -> dict[str, str]:
    return {
        "name": identity.name,
        "originator": identity.originator,
        "supplier": identity.supplier or manifest.document.supplier,
        "homepage": identity.homepage,
        "licence": identity.licence,
        "declared": identity.declared or identity.licence,
        "copyright": identity.copyright,
    }


def _overridden(identity: Identity, version: str) -> Identity:
    """Return the identity with what its ``when`` tables say of this version."""
    for override in identity.when:
        if version and in_range(version, override.version):
            said = {
                field.name: getattr(override, field.name)
                for field in fields(Override)
                if field.name != "version" and getattr(override, field.name)
            }
            identity = replace(identity, **said)
    return identity


def _file_names(manifest: Manifest, row: Ships, platform: str) -> tuple[str, ...]:
    """Return the shipped files of a row; ``{line}`` in a name is 314 for CPython 3.14."""
    digits = manifest.cpython.line.replace(".", "")
    return tuple(name.replace("{line}", digits) for name in files_on(row, platform))


def repository(manifest: Manifest, pin: Pin) -> str:
    """Return the repository of an external: the name below the organisation, or an address."""
    return pin.repository or getattr(manifest.cpython, f"{pin.kind}_repository")


def archive_location(manifest: Manifest, pin: Pin) -> str:
    """Return where an external is downloaded from."""
    where = repository(manifest, pin)
    if "://" in where:
        # The days of Subversion; SPDX 2.3 clause 7.7 has this form for a folder of a repository.
        return f"svn+{where}/{pin.tag}"
    return manifest.cpython.archive.format(
        organization=manifest.cpython.organization, repository=where, tag=pin.tag
    )


def _checksums(pin: Pin) -> tuple[tuple[str, str], ...]:
    return (*_digest(pin.sha256), *((("SHA512", pin.sha512),) if pin.sha512 else ()))


def _digest(sha256: str) -> tuple[tuple[str, str], ...]:
    return (("SHA256", sha256),) if sha256 else ()


def _source_info(manifest: Manifest, identity: Identity, row: Ships, pin: Pin | None) -> str:
    """Return what the tag says, for people and for tools that want a source's address."""
    if pin is None:
        return identity.provenance
    parts = [f"{repository(manifest, pin)} tag {pin.tag}"]
    if pin.commit:
        parts.append(f"commit {pin.commit}")
    rebuild = "" if row.version else version_in(identity, pin.revision)[1]
    if rebuild:
        parts.append(f"packaging revision {pin.revision} (rebuild {rebuild})")
    for built in identity.built_from:
        source = manifest.pin(built.source)
        if built.binary == pin.key and source is not None:
            digest = f", SHA-256 {source.sha256}" if source.sha256 else ""
            where = archive_location(manifest, source)
            parts.append(f"prebuilt from source tag {source.tag} ({where}{digest})")
    if row.note:
        parts.append(row.note)
    return "; ".join(parts)


def _comment(pin: Pin | None) -> str:
    if pin is None:
        return ""
    if not pin.sha256:
        return "Unpinned: no checksum of this archive is known."
    if not pin.verification_code:
        return ""
    return (
        f"The archive holds {pin.files} files; "
        f"their SPDX package verification code is {pin.verification_code}."
    )


def _purl(base: str, component: Component) -> str:
    """Return the one package URL: upstream's version, and where and what was downloaded."""
    if not base:
        return ""
    parsed = PackageURL.from_string(base)
    qualifiers = {}
    if parsed.type == "generic" and component.location not in ("", "NOASSERTION"):
        qualifiers["download_url"] = component.location
        sha256 = dict(component.checksums).get("SHA256")
        if sha256:
            qualifiers["checksum"] = f"sha256:{sha256}"
    return PackageURL(
        parsed.type, parsed.namespace, parsed.name, component.version or None, qualifiers
    ).to_string()


def cpes(products: Sequence[str], version: str) -> tuple[str, ...]:
    """Return CPE 2.3 names for ``vendor:product`` pairs; none where the version is not known.

    A pre-release goes into the update field, as in NVD's ``python:python:3.15.0:rc1``.
    """
    if not version:
        return ()
    early = _EARLY.fullmatch(version)
    update = "*"
    if early:
        version = early[1]
        update = _EARLY_WORDS.get(early[2], early[2]) + early[3]
    return tuple(
        ":".join(["cpe", "2.3", "a", *map(_quoted, product.split(":")), _quoted(version), update])
        + ":*" * 6
        for product in products
    )


def _quoted(text: str) -> str:
    """Return a value in the formatted-string binding of NISTIR 7695, clause 6.2."""
    return re.sub(r"[^\w.\-]", r"\\\g<0>", text.lower())


def _with_ids(found: Sequence[Component]) -> tuple[Component, ...]:
    """Give each component an id that depends on the whole set, never on its order."""
    times = Counter(component.id for component in found)
    named = (
        replace(component, id=f"{component.id}-{component.external or 'runtime'}")
        if times[component.id] > 1
        else component
        for component in found
    )
    return tuple(sorted(named, key=lambda component: component.id))
