"""Which artifacts of a release, or what of one document, contain a component."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sbom.bom.bom import Bom, Relationship, RelationshipKind
from sbom.bom.graph import SliceExtractor
from sbom.components.component import Component
from sbom.explanation.subject import base_purl
from sbom.release.artifact_elements import find_artifact_elements
from sbom.release.index import ReleaseIndex

#: How a file and the component that it is, or is compiled into, relate.
_OF_FILES = (
    RelationshipKind.CONTAINS,
    RelationshipKind.OTHER,
    RelationshipKind.PART_OF,
    RelationshipKind.STATIC_LINK,
)
#: SPDX's purposes of a component that is a file to download.
_PUBLISHED = ("archive", "install")


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """What can contain a component: an artifact, or all that a document describes.

    ``id`` is that of an artifact in its BOM, ``ids`` are those of everything in it, itself
    included. Texts are empty where they are not known.
    """

    name: str
    ids: frozenset[str]
    id: str = ""
    channel: str = ""
    platform: str = ""
    variant: str = ""
    location: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainedComponent:
    """A component in a container: the paths of its files, and sentences on how it is linked."""

    container: Container
    component: Component
    files: tuple[str, ...]
    linkages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Containment:
    """What contains the components that a word names, and the names of what does not.

    ``source`` names the release or the document that was searched, ``not_described`` the
    artifacts that it lacks, ``related`` other components with the word in their names.
    """

    word: str
    source: str
    contained: tuple[ContainedComponent, ...]
    without: tuple[str, ...]
    related: tuple[str, ...]
    not_described: tuple[str, ...] = ()

    @property
    def containers(self) -> tuple[Container, ...]:
        """Return what contains a component, each once."""
        return tuple(
            dict.fromkeys(contained_component.container for contained_component in self.contained)
        )

    @property
    def components(self) -> tuple[Component, ...]:
        """Return the components, each version once."""
        return tuple(
            dict.fromkeys(contained_component.component for contained_component in self.contained)
        )


def release_containers(bom: Bom, index: ReleaseIndex, document: str) -> tuple[Container, ...]:
    """Return the artifacts of a release with everything in them. Raises SbomError.

    ``document`` is the path of the BOM, which has to describe every artifact of the index.
    """
    return tuple(
        Container(
            name=element.published.path,
            ids=element.ids,
            id=element.component.id,
            channel=element.channel,
            platform=element.platform,
            variant=str(element.published.properties["variant"]),
            location=element.component.download_location,
        )
        for element in find_artifact_elements(bom, index, document)
    )


def document_containers(bom: Bom) -> tuple[Container, ...]:
    """Return the artifacts that a document describes, or else all of it as one container."""
    extractor = SliceExtractor(bom)
    contained = {
        relationship.target
        for relationship in bom.relationships
        if relationship.source in bom.roots and relationship.kind is RelationshipKind.CONTAINS
    }
    artifacts = tuple(
        Container(
            name=component.name,
            ids=frozenset(extractor.reach(component.id)),
            id=component.id,
            location=component.download_location,
        )
        for component in bom.components
        if component.id in contained and component.purpose in _PUBLISHED
    )
    elements = {each.id for each in bom.components} | {file.id for file in bom.files}
    return artifacts or (Container(name=bom.name, ids=frozenset(elements)),)


def find_containment(
    word: str,
    bom: Bom,
    containers: Collection[Container],
    source: str,
    not_described: tuple[str, ...] = (),
) -> Containment:
    """Return which containers have the components that a word names: name, purl or CPE."""
    components = {each.id: each for each in bom.components if _is_named(each, word)}
    files = {file.id: file.path for file in bom.files}
    of_component: dict[str, list[Relationship]] = {}
    for relationship in bom.relationships:
        for id_ in (relationship.source, relationship.target):
            if id_ in components:
                of_component.setdefault(id_, []).append(relationship)
    contained = []
    without = []
    for container in containers:
        inside = container.ids - {container.id}
        present = [component for id_, component in components.items() if id_ in inside]
        for component in present:
            relationships = of_component.get(component.id, ())
            contained.append(_describe(container, component, relationships, files))
        if not present:
            without.append(container.name)
    named = {component.name for component in components.values()}
    folded = word.casefold()
    related = sorted(
        {each.name for each in bom.components if folded in each.name.casefold()} - named
    )
    return Containment(
        word=word,
        source=source,
        contained=tuple(contained),
        without=tuple(without),
        related=tuple(name for name in related if name not in {each.name for each in containers}),
        not_described=not_described,
    )


def _is_named(component: Component, word: str) -> bool:
    """Return whether a word names a component; one with a version names only that version."""
    folded, purl = word.casefold(), component.purl.casefold()
    if folded.startswith("cpe:"):
        return any(_matches_cpe(cpe.casefold(), folded) for cpe in component.cpes)
    if folded.startswith("pkg:"):
        whole = purl.partition("#")[0].partition("?")[0]
        return bool(purl) and folded in (purl, whole, base_purl(purl))
    return folded in {component.name.casefold(), component.id.casefold()}


def _matches_cpe(cpe: str, word: str) -> bool:
    """Return whether a CPE has the attributes of a word: ``*`` and what is left out are any."""
    pairs = zip(cpe.split(":"), word.rstrip(":").split(":"), strict=False)
    return all(wanted in (value, "*") for value, wanted in pairs)


def _describe(
    container: Container,
    component: Component,
    relationships: Iterable[Relationship],
    files: dict[str, str],
) -> ContainedComponent:
    paths: dict[str, None] = {}
    linkages: dict[str, None] = {}
    for relationship in relationships:
        other = relationship.source if relationship.target == component.id else relationship.target
        if other in files:
            if other in container.ids and relationship.kind in _OF_FILES:
                paths[files[other]] = None
        elif (
            relationship.target == component.id and relationship.comment and other in container.ids
        ):
            linkages[relationship.comment] = None
    return ContainedComponent(
        container=container,
        component=component,
        files=tuple(sorted(paths)),
        linkages=tuple(linkages),
    )


def is_listed(word: str, bom: Bom) -> bool:
    """Return whether a word names a component of a BOM, if only one that builds need."""
    return any(_is_named(component, word) for component in bom.components)


def listed_names(bom: Bom) -> tuple[str, ...]:
    """Return the names and the package URLs that components of a BOM are known by, sorted."""
    names = {component.name for component in bom.components}
    names |= {component.purl.partition("?")[0] for component in bom.components if component.purl}
    return tuple(sorted(names))
