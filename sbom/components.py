"""Manifest entries to components: version, purl, CPE, licence and where each one ships.

Knows identifiers; nothing of SPDX documents, TOML or batch files. A component's version is
upstream's; the tag, the commit and the rebuild number are told in its source information.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from sbom.identifiers import cpes, purl_of
from sbom.locations import called, is_archive, location_of, repository
from sbom.ranges import in_range
from sbom.schema import Identity, Manifest, Override, Pin, Ships
from sbom.versions import files_on, holds, skewed, version_in, version_of


@dataclass(frozen=True, slots=True)
class Link:
    """How a component gets into a build: ``static``, ``dynamic`` or ``build-tool``, and where."""

    kind: str
    files: tuple[str, ...]
    used_by: tuple[str, ...]


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
    links: tuple[Link, ...]


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
    annotated = [_annotated(one, (notes or {}).get(one.external, "")) for one in found]
    return _with_ids(_merged(annotated))


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
    location = cpython.place
    built = f"built from tag v{version}{commit}"
    if cpython.version.endswith("+"):
        # Between two releases: no archive holds this tree.
        location = "NOASSERTION"
        built = f"built from a tree after tag v{version}"
    title = next(one.title for one in manifest.platforms if one.name == platform)
    return Component(
        id=identity.key,
        external="",
        version=version,
        **_identity(manifest, identity),
        location=location,
        file_name=_last_part(location),
        checksums=_digest("" if location == "NOASSERTION" else cpython.sha256),
        source_info=f"CPython {cpython.version} for {title}, {built}",
        comment="",
        annotation="",
        purl=purl_of(identity.purl, version, location, cpython.sha256),
        cpes=cpes(identity.cpe, version),
        links=(),
    )


def _component(
    manifest: Manifest, identity: Identity, row: Ships, pin: Pin | None, platform: str
) -> Component:
    version = version_of(identity, row, pin)
    identity = _overridden(identity, version)
    location = location_of(manifest, pin) if pin else identity.location
    checksums = _checksums(pin) if pin else _digest(identity.sha256)
    archive = is_archive(manifest, pin) if pin else bool(identity.sha256)
    file_name = f"{pin.tag}.tar.gz" if pin else _last_part(location)
    return Component(
        id=identity.key,
        external=row.external,
        version=version,
        **_identity(manifest, identity),
        location=location,
        file_name=file_name if archive else "",
        checksums=checksums,
        source_info=_source_info(manifest, identity, row, pin),
        comment=_comment(pin) if pin and archive else "",
        annotation="",
        purl=purl_of(identity.purl, version, location, dict(checksums).get("SHA256", "")),
        cpes=cpes(identity.cpe, version),
        links=(Link(row.link, _file_names(manifest, row, platform), row.used_by),),
    )


def _last_part(location: str) -> str:
    return location.rpartition("/")[2] if location != "NOASSERTION" else ""


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


def _checksums(pin: Pin) -> tuple[tuple[str, str], ...]:
    return (*_digest(pin.sha256), *((("SHA512", pin.sha512),) if pin.sha512 else ()))


def _digest(sha256: str) -> tuple[tuple[str, str], ...]:
    return (("SHA256", sha256),) if sha256 else ()


def _source_info(manifest: Manifest, identity: Identity, row: Ships, pin: Pin | None) -> str:
    """Return what the tag says, for people and for tools that want a source's address."""
    if pin is None:
        return identity.provenance
    parts = [f"{repository(manifest, pin)} {called(manifest, pin)}"]
    if pin.commit:
        parts.append(f"commit {pin.commit}")
    rebuild = "" if row.version else version_in(identity, pin.revision)[1]
    if rebuild:
        parts.append(f"packaging revision {pin.revision} (rebuild {rebuild})")
    for built in identity.built_from:
        source = manifest.pin(built.source)
        if built.binary == pin.key and source is not None:
            parts.append(_provenance(manifest, identity, pin, source))
    if row.note:
        parts.append(row.note)
    return "; ".join(parts)


def _provenance(manifest: Manifest, identity: Identity, pin: Pin, source: Pin) -> str:
    """Return what is known of the source of a prebuilt binary."""
    digest = f", SHA-256 {source.sha256}" if source.sha256 else ""
    where = f"{called(manifest, source)} ({location_of(manifest, source)}{digest})"
    if skewed(identity, pin, source, manifest.cpython.line):
        return f"the script names source {where}, which is of another revision"
    return f"prebuilt from source {where}"


def _comment(pin: Pin) -> str:
    if not pin.sha256:
        return "Unpinned: no checksum of this archive is known."
    if not pin.verification_code:
        return ""
    return (
        f"The archive holds {pin.files} files; "
        f"their SPDX package verification code is {pin.verification_code}."
    )


def _merged(found: Iterable[Component]) -> list[Component]:
    """Return each component of a version once, with all the ways it gets into the build.

    CPython 3.13.5 has zlib 1.3.1 in python313.dll and again, as zlib1.dll, from the Tcl/Tk
    bundle. Scanners tell packages apart by name and version: syft drops the second.
    """
    groups: dict[tuple[str, str], list[Component]] = {}
    for one in sorted(found, key=lambda c: (not c.external.startswith("source"), c.external)):
        groups.setdefault((one.id, one.version or one.external), []).append(one)
    return [_joined(group) if len(group) > 1 else group[0] for group in groups.values()]


def _joined(group: Sequence[Component]) -> Component:
    return replace(
        group[0],
        source_info="; also from ".join(one.source_info for one in group),
        annotation=" ".join(one.annotation for one in group if one.annotation),
        links=_one_of_a_kind([link for one in group for link in one.links]),
    )


def _one_of_a_kind(links: Sequence[Link]) -> tuple[Link, ...]:
    """Return links of one kind as one, with the files of all: a relationship is said once."""
    kinds: dict[str, Link] = {}
    for link in links:
        known = kinds.get(link.kind, Link(link.kind, (), ()))
        kinds[link.kind] = Link(
            link.kind,
            tuple(dict.fromkeys((*known.files, *link.files))),
            tuple(dict.fromkeys((*known.used_by, *link.used_by))),
        )
    return tuple(kinds.values())


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
