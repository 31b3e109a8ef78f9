"""The one document of a release: every artifact, every build, every component once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sbom.components.model import Component
from sbom.formats.spdx2 import Built, content_digest, relation_key
from sbom.formats.spdx2_files import analyzed, contained, element, file_id, tied
from sbom.formats.spdx2_packages import model, problems_of, spdx_ids, to_dict
from sbom.formats.spdx2_relations import Relation, describes, needs, ships
from sbom.manifest.model import Manifest, release_series
from sbom.release.contents import DescribedArtifact
from sbom.release.packages import RELEASE, artifact_id, build_id, own_packages
from sbom.release.parts import Element, PlatformSbom, components_of, moved


def build_release_document(
    manifest: Manifest,
    parts: Sequence[PlatformSbom],
    described: Sequence[DescribedArtifact],
    created: datetime,
) -> Built:
    """Return the document of a release.

    ``parts`` are one document for each build. Neither their order nor that of the artifacts
    matters. Two parts that say different things of one component are a problem.
    """
    name = f"python-{manifest.cpython.version}-windows"
    parts = sorted(parts, key=lambda part: part.build.name)
    described = sorted(described, key=lambda one: one.artifact.file)
    components, conflicts = components_of(parts, created)
    builds = [part.build for part in parts]
    with_files = {part.build.name for part in parts if part.data["files"]}
    own = own_packages(manifest, name, builds, described, with_files)
    own += _of_channels(described, components)
    facts, texts = manifest.document, manifest.license_texts
    drafted = model(name, own, [describes(RELEASE)], created, facts=facts, texts=texts)
    ids = spdx_ids([one.id for one in own])
    data = to_dict(drafted)
    components |= {package["SPDXID"]: package for package in data["packages"]}
    assembly = _Assembly(ids, components)
    assembly.relate(_between(manifest, parts, described))
    _place_parts(assembly, parts, described)
    for one in described:
        assembly.add(one)
    _fill(data, assembly, parts)
    data["documentNamespace"] = manifest.document.namespace.format(
        release=release_series(manifest.cpython.version), name=name, digest=content_digest(data)
    )
    return Built(data, (*conflicts, *problems_of(drafted, name)))


def _of_channels(
    described: Iterable[DescribedArtifact], known: Mapping[str, Element]
) -> Iterator[Component]:
    """Yield components that come with a channel alone, which no build's document has."""
    found = {part.id: part for one in described for part in one.components}
    ids = spdx_ids(found)
    for id_ in sorted(found):
        if ids[id_] not in known:
            yield found[id_]


def _between(
    manifest: Manifest, parts: Iterable[PlatformSbom], described: Sequence[DescribedArtifact]
) -> Iterator[Relation]:
    """Yield what relates release, artifacts, builds and what was found in opened artifacts."""
    held = {one.build.name for one in described}
    for part in parts:
        yield Relation(build_id(part.build), "CONTAINS", manifest.cpython.component)
        if part.build.name not in held:
            yield Relation(RELEASE, "CONTAINS", build_id(part.build))
    for one in described:
        id_ = artifact_id(one.artifact.file)
        if one.alone:
            yield Relation(RELEASE, "CONTAINS", id_)
        for holder in one.within:
            yield Relation(artifact_id(holder), "CONTAINS", id_)
        yield Relation(id_, "CONTAINS", build_id(one.build))
        yield from ships(id_, one.components)
        yield from needs(build_id(one.build), one.components)


class _Assembly:
    """Relationships and files as they gather, each once; ids of ours turned into SPDX's."""

    def __init__(self, ids: Mapping[str, str], packages: dict[str, Element]) -> None:
        self.ids = ids
        self.packages = packages
        self.files: dict[str, Element] = {}
        self.relations: dict[tuple[str, str, str], Element] = {}

    def relate(self, relations: Iterable[Relation]) -> None:
        found = list(relations)
        names = {name for one in found for name in (one.left, one.right)}
        ids = {**spdx_ids(names - self.ids.keys()), **self.ids}
        for one in found:
            comment = {"comment": one.comment} if one.comment else {}
            self.keep(
                {
                    "spdxElementId": ids[one.left],
                    "relationshipType": one.kind,
                    "relatedSpdxElement": ids[one.right],
                    **comment,
                }
            )

    def keep(self, relation: Element) -> None:
        self.relations.setdefault(relation_key(relation), relation)

    def add(self, one: DescribedArtifact) -> None:
        """Add the members of an artifact that was opened, and what they are of."""
        if not one.files:
            return
        id_ = self.ids[artifact_id(one.artifact.file)]
        self.packages[id_] = analyzed(self.packages[id_], one.files)
        by_path = {file.path: file for file in one.files}
        licenses = {part.id: part.license for part in one.components}
        ties = [tie for tie in one.ties if tie.component in licenses]
        owner = {tie.path: licenses[tie.component] for tie in ties if tie.kind != "static"}
        for file in one.files:
            self.files.setdefault(file_id(file), element(file, owner.get(file.path, "")))
        for relation in contained(id_, one.files):
            self.keep(relation)
        ids = spdx_ids(licenses)
        for tie in ties:
            package = self.packages[ids[tie.component]]
            self.keep(tied(by_path[tie.path], tie.kind, package))


def _place_parts(
    assembly: _Assembly, parts: Iterable[PlatformSbom], described: Sequence[DescribedArtifact]
) -> None:
    """Give what a build's document says to the artifacts that were not opened.

    Where no artifact was made from a build, the build says it itself.
    """
    held = {one.build.name for one in described}
    for part in parts:
        build = assembly.ids[build_id(part.build)]
        places = [
            assembly.ids[artifact_id(one.artifact.file)]
            for one in described
            if not one.opened and one.build.name == part.build.name
        ]
        if part.build.name not in held:
            places = [build]
        for place in places:
            assembly.packages[place] = {**assembly.packages[place], **part.code}
            for relation in moved(part, place, build):
                assembly.keep(relation)
            for file in part.data["files"]:
                assembly.files.setdefault(file["SPDXID"], file)


def _fill(data: Element, assembly: _Assembly, parts: Iterable[PlatformSbom]) -> None:
    """Put everything that was gathered into the document, sorted."""
    for relation in data["relationships"]:
        assembly.keep(relation)
    reached = _ends(assembly.relations.values())
    data["packages"] = [
        assembly.packages[id_] for id_ in sorted(assembly.packages) if id_ in reached
    ]
    data["relationships"] = sorted(assembly.relations.values(), key=relation_key)
    data["files"] = sorted(
        assembly.files.values(), key=lambda file: (file["fileName"], file["SPDXID"])
    )
    texts = {
        text["licenseId"]: text
        for source in (data, *(part.data for part in parts))
        for text in source.get("hasExtractedLicensingInfos", [])
    }
    used = {
        name
        for package in data["packages"]
        for key in ("licenseConcluded", "licenseDeclared")
        for name in re.findall(r"LicenseRef-[\w.-]+", str(package.get(key, "")))
    }
    if found := [texts[id_] for id_ in sorted(texts) if id_ in used]:
        data["hasExtractedLicensingInfos"] = found


def _ends(relations: Iterable[Element]) -> set[str]:
    """Return the ids at either end: a component that no artifact turned out to hold is at none."""
    return {
        relation[end] for relation in relations for end in ("spdxElementId", "relatedSpdxElement")
    }
