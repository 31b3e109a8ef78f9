"""The BOM of one build: CPython at its root, its components and, where known, its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sbom import __version__
from sbom.binaries.binary import describe_matches
from sbom.binaries.signature import Signature, SignatureStatus
from sbom.bom.bom import (
    Bom,
    BomFile,
    CreationInfo,
    Relationship,
    RelationshipKind,
    content_digest,
    file_id,
    unique_ids,
)
from sbom.bom.license_texts import license_texts
from sbom.bom.licenses import normalize_license
from sbom.bom.ownership import FileOwnership
from sbom.components.component import Build, Component, Linkage
from sbom.components.resolve import resolve_components, root_component
from sbom.components.versions import resolve_version
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import final_version

TOOL = f"cpython-windows-sbom-{__version__}"
_LINKS = {
    "static": RelationshipKind.STATIC_LINK,
    "dynamic": RelationshipKind.DYNAMIC_LINK,
    "bundled": RelationshipKind.CONTAINS,
}


class BuildContents(Protocol):
    """What a layout contains: its components, its files, and which file belongs to which."""

    @property
    def components(self) -> Sequence[Component]:
        """The components that are there, and the build tools."""

    @property
    def files(self) -> Sequence[ShippedFile]:
        """All files, hashed."""

    @property
    def ownership(self) -> Sequence[FileOwnership]:
        """Which file belongs to which component."""


def compose_build(
    manifest: Manifest,
    build: Build,
    created: datetime,
    *,
    comment: str = "",
    contents: BuildContents | None = None,
) -> Bom:
    """Return the BOM of a build.

    ``comment`` states how it was made, instead of the manifest's ``[document]``.
    ``contents`` are those of a layout; without them, a BOM has the components that the manifest
    states and no files. ``created`` knows its time zone. Orders of input do not matter.
    """
    root = root_component(manifest, build)
    components = contents.components if contents else resolve_components(manifest, build)
    ownership = contents.ownership if contents else ()
    owners = {component.id: component for component in components}
    names = package_names(manifest)
    files = bom_files(contents.files if contents else (), ownership, owners, names)
    ids = unique_ids([root.id, *(component.id for component in components)])
    related = [
        *shipping_relationships(ids[root.id], components, ids),
        *build_tool_relationships(ids[root.id], components, ids),
        *vendoring_relationships(manifest, components, ids),
        *file_relationships(ids[root.id], files, ownership, ids),
    ]
    name = f"python-{manifest.cpython.version}-{build.name}"
    bom = Bom(
        name=name,
        namespace="",
        creation=creation_info(manifest, created, comment),
        roots=(ids[root.id],),
        components=tuple(
            sorted(
                (bom_component(component, ids) for component in (root, *components)),
                key=lambda component: component.id,
            )
        ),
        files=files,
        relationships=distinct_relationships(related),
        license_texts=license_texts([root, *components], manifest.license_texts),
    )
    return replace(bom, namespace=derived_namespace(manifest, bom))


def creation_info(manifest: Manifest, created: datetime, comment: str = "") -> CreationInfo:
    """Return who makes a BOM, when and from what; the comment also covers vendored code."""
    document = manifest.document
    vendored = (
        document.vendored_comment if manifest.current_vendored else document.no_vendored_comment
    )
    sentences = (comment.strip() or document.comment.strip(), vendored.strip())
    return CreationInfo(
        creators=(document.creator,),
        tools=(TOOL,),
        created=created,
        comment=" ".join(filter(None, sentences)),
        license_list_version=document.license_list_version,
    )


def derived_namespace(manifest: Manifest, bom: Bom) -> str:
    """Return the namespace of a BOM that is not published at an address of its own.

    It contains a digest of everything but the time, so that equal contents share a namespace.
    """
    return manifest.document.namespace.format(
        release=final_version(manifest.cpython.version),
        name=bom.name,
        digest=content_digest(bom),
    )


def bom_component(component: Component, ids: Mapping[str, str]) -> Component:
    """Return a component as a BOM has it: its linkages are relationships, NOASSERTION is empty."""
    return replace(
        component,
        id=ids[component.id],
        key="",
        external=None,
        linkages=(),
        purpose=component.purpose or _purpose(component),
        license_concluded=_asserted(normalize_license(component.license_concluded)),
        license_declared=_asserted(normalize_license(component.license_declared)),
        copyright=_asserted(component.copyright),
        download_location=_asserted(component.download_location),
        homepage=_asserted(component.homepage),
        source_info=component.source_info.strip(),
    )


def _asserted(text: str) -> str:
    return "" if text == "NOASSERTION" else text


def _purpose(component: Component) -> str:
    return "library" if any(link.kind in _LINKS for link in component.linkages) else "application"


def shipping_relationships(
    container: str, components: Iterable[Component], ids: Mapping[str, str]
) -> Iterator[Relationship]:
    """Yield how components are part of a container: a build, or an artifact."""
    for component in components:
        for link in component.linkages:
            if link.kind in _LINKS:
                kind, target = _LINKS[link.kind], ids[component.id]
                yield Relationship(container, kind, target, describe_linkage(link))


def build_tool_relationships(
    build: str, components: Iterable[Component], ids: Mapping[str, str]
) -> Iterator[Relationship]:
    """Yield which components a build needs that do not ship."""
    for component in components:
        if any(link.kind == "build-tool" for link in component.linkages):
            comment = "Needed to build CPython; not shipped."
            yield Relationship(build, RelationshipKind.BUILD_TOOL, ids[component.id], comment)


def vendoring_relationships(
    manifest: Manifest, components: Sequence[Component], ids: Mapping[str, str]
) -> Iterator[Relationship]:
    """Yield which components contain others: pip contains the packages that it vendors."""
    vendoring_packages = {component.external: component.id for component in components}
    containers = _containers(manifest)
    for component in components:
        for name in containers.get((component.key, component.version), ()):
            vendoring_package = vendoring_packages.get(ExternalKey(EntryKind.VENDORED, name))
            if vendoring_package:
                target = ids[component.id]
                comment = f"Vendored in {name}."
                yield Relationship(
                    ids[vendoring_package], RelationshipKind.CONTAINS, target, comment
                )


def _containers(manifest: Manifest) -> dict[tuple[str, str], list[str]]:
    """Return what vendors each version of a component: pip and setuptools may have the same."""
    rows = {row.external: (spec, row) for spec in manifest.components for row in spec.ships}
    found: dict[tuple[str, str], list[str]] = {}
    for code in manifest.current_vendored:
        if code.vendored_by and code.key in rows:
            spec, row = rows[code.key]
            names = found.setdefault((spec.key, resolve_version(spec, row, code.revision)), [])
            if code.vendored_by not in names:
                names.append(code.vendored_by)
    return found


def describe_linkage(link: Linkage) -> str:
    """Return a sentence on how a component is part of a build: in which files, used by which."""
    files = ", ".join((*link.files, *link.optional_files))
    if link.kind == "static":
        return f"Linked into {files}."
    users = f"; used by {', '.join(link.used_by)}" if link.used_by else ""
    return f"Shipped as {files}{users}."


def file_relationships(
    container: str,
    files: Iterable[BomFile],
    ownership: Iterable[FileOwnership],
    ids: Mapping[str, str],
) -> Iterator[Relationship]:
    """Yield which files a container contains, and which component each belongs to."""
    file_ids = {file.path: file.id for file in files}
    for id_ in file_ids.values():
        yield Relationship(container, RelationshipKind.CONTAINS, id_)
    for owned in ownership:
        static = owned.kind == "static"
        kind = RelationshipKind.STATIC_LINK if static else RelationshipKind.PART_OF
        yield Relationship(file_ids[owned.path], kind, ids[owned.component])


def bom_files(
    files: Iterable[ShippedFile],
    ownership: Iterable[FileOwnership],
    components: Mapping[str, Component],
    names: Mapping[str, str],
) -> tuple[BomFile, ...]:
    """Return files sorted by path, each with the license of the component that it belongs to.

    ``components`` are by the ids that ``ownership`` has, ``names`` those of all components by
    their keys.
    """
    licenses = {
        owned.path: components[owned.component].license_concluded
        for owned in ownership
        if owned.kind != "static"
    }
    return tuple(
        BomFile(
            id=file_id(file.path, file.sha256),
            path=file.path,
            sha1=file.sha1,
            sha256=file.sha256,
            sha512=file.sha512,
            license=_asserted(licenses.get(file.path, "")),
            comment=_comment(file, names) if file.binary or file.signature else "",
        )
        for file in sorted(files, key=lambda file: file.path)
    )


def package_names(manifest: Manifest) -> dict[str, str]:
    """Return what packages of components are called in documents, by the components' keys."""
    return {spec.key: spec.name for spec in manifest.components}


def _comment(file: ShippedFile, names: Mapping[str, str]) -> str:
    """Return in words what was found in a file."""
    return " ".join(filter(None, (_evidence(file, names), describe_signature(file.signature))))


def _evidence(file: ShippedFile, names: Mapping[str, str]) -> str:
    """Return in words which components a binary shows, the same for one file in every BOM."""
    matches = file.binary.matches if file.binary else ()
    shown = ", ".join(
        f"{match.tag or f'{names[match.component]} {match.version}'.rstrip()}"
        f" ({describe_matches([match])})"
        for match in matches
    )
    return f"Evidence in the file: {shown}." if shown else ""


def describe_signature(signature: Signature | None) -> str:
    """Return in words who signed a file, an empty text if it is not signed.

    Whether the certificate is trusted depends on the day, and is not stated.
    """
    if signature is None:
        return ""
    others = [
        _describe_signature(secondary, "Secondary signature by", "a secondary signature")
        for secondary in signature.secondary
    ]
    return " ".join([_describe_signature(signature, "Signed by", "a signature"), *others])


def _describe_signature(signature: Signature, signed_by: str, noun: str) -> str:
    match signature.status:
        case SignatureStatus.INTACT:
            return f"{signed_by} {signature}; the file is the one that was signed."
        case SignatureStatus.CHANGED:
            return f"{signed_by} {signature}; the file is not the one that was signed."
        case SignatureStatus.DAMAGED:
            return f"It has {noun} that cannot be verified."


def distinct_relationships(related: Iterable[Relationship]) -> tuple[Relationship, ...]:
    """Return relationships sorted, each once; the first of several comments stays."""
    distinct: dict[tuple[str, RelationshipKind, str], Relationship] = {}
    for relationship in related:
        distinct.setdefault(relationship.key, relationship)
    return tuple(distinct[key] for key in sorted(distinct))
