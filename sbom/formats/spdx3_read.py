"""An SPDX 3.0 document as a BOM: what ``spdx3_write`` writes, without loss, or other tools'.

A value of the wrong JSON type is read as missing; ``validate`` reports what is wrong with a
document. A document made here comes back as the BOM it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sbom.bom.actor import Actor, ActorKind, parse_actor
from sbom.bom.bom import (
    Bom,
    BomFile,
    CreationInfo,
    ExtractedLicense,
    Relationship,
    RelationshipKind,
    unique_ids,
)
from sbom.bom.graph import simplify_relationships
from sbom.components.component import Component
from sbom.formats.document_time import parse_timestamp
from sbom.formats.json_document import JsonObject, get_asserted, get_objects, get_text, get_verbatim
from sbom.formats.spdx3_terms import ALGORITHMS, DOCUMENT_ID, ID_PREFIX, PURPOSES
from sbom.formats.spdx3_view import (
    Spdx3Graph,
    class_name,
    get_id,
    get_values,
    term_name,
)

_PACKAGES = ("Package", "AIPackage", "DatasetPackage")
_TEXTS = ("SimpleLicensingText", "CustomLicense")
_KINDS = {
    "contains": RelationshipKind.CONTAINS,
    "hasoptionalcomponent": RelationshipKind.CONTAINS,
    "dependson": RelationshipKind.DEPENDS_ON,
    "hasoptionaldependency": RelationshipKind.DEPENDS_ON,
    "hasprovideddependency": RelationshipKind.DEPENDS_ON,
    "hasstaticlink": RelationshipKind.STATIC_LINK,
    "hasdynamiclink": RelationshipKind.DYNAMIC_LINK,
    "hasprerequisite": RelationshipKind.BUILD_TOOL,
    "usestool": RelationshipKind.BUILD_TOOL,
}
#: What relates a package to the files that it is, or that are made of it.
_TO_FILE = ("hasdistributionartifact", "generates")
_LICENSES = {"hasconcludedlicense", "hasdeclaredlicense"}
#: Relationships that are read as something else than a relationship.
_OTHERWISE = _LICENSES | {"describes"}
_ALGORITHMS = {name: algorithm for algorithm, name in ALGORITHMS.items()}
_PURPOSES = {name: purpose for purpose, name in PURPOSES.items()}
#: How the contexts of all versions begin.
_CONTEXT = "https://spdx.org/rdf/3."
_REFERENCE = "LicenseRef-"
_LISTED = "https://spdx.org/licenses/"


def is_spdx3(data: JsonObject) -> bool:
    """Return whether a JSON object is a document of SPDX 3, of any version."""
    contexts = get_values(data, "@context")
    return any(isinstance(text, str) and text.startswith(_CONTEXT) for text in contexts)


def read_spdx3(data: JsonObject) -> Bom:
    """Return the BOM in the JSON of a document of SPDX 3.0.

    Relationships with elements that are not in the document are left out.
    """
    return _Reader(Spdx3Graph.of(data)).read()


class _Reader:
    """Reads the parts of a BOM, with what several of them need of a document."""

    def __init__(self, graph: Spdx3Graph) -> None:
        self._graph = graph
        self._edges = list(graph.edges())
        self._document: JsonObject = next(graph.of_class("SpdxDocument"), {})
        self._namespace = get_id(self._document).removesuffix(f"#{DOCUMENT_ID}")
        self._packages = list(graph.of_class(*_PACKAGES))
        self._artifacts: dict[str, JsonObject] = {}
        self._files: list[JsonObject] = []
        self._sort_files()
        elements = (*self._packages, *self._files)
        self._ids = _short_ids(map(get_id, elements), self._namespace)
        self._license_names = {
            get_text(entry, "value"): get_text(entry, "key")
            for expression in graph.of_class("LicenseExpression")
            for entry in get_objects(expression, "simplelicensing_customIdToUri")
        }
        self._licenses = self._find_licenses()
        self._statements: dict[str, list[str]] = {}
        for annotation in graph.of_class("Annotation"):
            for subject in graph.get_elements(annotation, "subject"):
                statements = self._statements.setdefault(get_id(subject), [])
                statements.append(get_text(annotation, "statement"))

    def _sort_files(self) -> None:
        """Tell files that something contains from those that a package is only downloaded as."""
        contained = {edge.target for edge in self._edges if edge.type == "contains"}
        packages = {
            edge.target: edge.source
            for edge in self._edges
            if edge.type == "hasdistributionartifact"
            and edge.target not in contained
            and not edge.target.startswith(f"{self._namespace}#{ID_PREFIX}")
        }
        for file in self._graph.of_class("File"):
            if package := packages.get(get_id(file)):
                self._artifacts.setdefault(package, file)
            elif term_name(get_text(file, "software_fileKind")) != "directory":
                self._files.append(file)

    def read(self) -> Bom:
        """Return the BOM."""
        sbom = next(self._graph.of_class("Sbom"), {})
        files = {self._ids[get_id(file)] for file in self._files}
        return Bom(
            name=get_text(self._document, "name") or get_text(sbom, "name"),
            namespace=self._namespace,
            creation=self._creation_info(),
            roots=self._roots(),
            components=tuple(map(self._component, self._packages)),
            files=tuple(map(self._file, self._files)),
            relationships=simplify_relationships(self._relationships(files)),
            license_texts=self._license_texts(),
        )

    def _creation_info(self) -> CreationInfo:
        first = next(self._graph.of_class("CreationInfo"), {})
        info = self._graph.resolve(self._document.get("creationInfo")) or first
        agents = self._graph.get_elements(info, "createdBy")
        programs = [agent for agent in agents if class_name(agent) == "SoftwareAgent"]
        tools = [*self._graph.get_elements(info, "createdUsing"), *programs]
        people = (self._agent_text(agent) for agent in agents if agent not in programs)
        versions = (
            get_text(expression, "simplelicensing_licenseListVersion")
            for expression in self._graph.of_class("LicenseExpression")
        )
        return CreationInfo(
            creators=tuple(filter(None, people)),
            tools=tuple(filter(None, (get_text(tool, "name") for tool in tools))),
            created=parse_timestamp(get_text(info, "created")),
            comment=get_text(info, "comment"),
            license_list_version=next(filter(None, versions), "").removesuffix(".0"),
        )

    def _roots(self) -> tuple[str, ...]:
        """Return what the document is about: the roots of the SBOM that is its root."""
        described: dict[str, list[str]] = {}
        for edge in self._edges:
            if edge.type == "describes":
                described.setdefault(edge.source, []).append(edge.target)
        start = [self._document] if self._document else list(self._graph.of_class("Sbom", "Bom"))
        waiting = list(map(get_id, start))
        roots: dict[str, None] = {}
        visited: set[str] = set()
        for id_ in waiting:  # grows while it is read
            if id_ in self._ids:
                roots[self._ids[id_]] = None
            elif id_ not in visited:
                visited.add(id_)
                collection = self._graph.resolve(id_)
                waiting += map(get_id, self._graph.get_elements(collection, "rootElement"))
                waiting += described.get(id_, [])
        return tuple(roots)

    def _component(self, package: JsonObject) -> Component:
        id_ = get_id(package)
        artifact = self._artifacts.get(id_, {})
        identifiers = self._identifiers(package)
        return Component(
            id=self._ids[id_],
            name=get_text(package, "name"),
            version=get_text(package, "software_packageVersion"),
            originator=self._agent(package, "originatedBy"),
            supplier=self._agent(package, "suppliedBy"),
            homepage=get_asserted(package, "software_homePage"),
            license_concluded=self._license(id_, "hasconcludedlicense"),
            license_declared=self._license(id_, "hasdeclaredlicense"),
            copyright=get_asserted(package, "software_copyrightText"),
            purl=get_text(package, "software_packageUrl")
            or next((value for kind, value in identifiers if kind in ("packageurl", "purl")), ""),
            cpes=tuple(value for kind, value in identifiers if kind == "cpe23"),
            download_location=get_asserted(package, "software_downloadLocation"),
            file_name=get_text(artifact, "name"),
            checksums=tuple((self._checksums(package) or self._checksums(artifact)).items()),
            source_info=get_text(package, "software_sourceInfo"),
            comment=get_text(package, "comment"),
            annotation=" ".join(self._statements.get(id_, ())),
            purpose=_purpose(package),
        )

    def _file(self, file: JsonObject) -> BomFile:
        checksums = self._checksums(file)
        return BomFile(
            id=self._ids[get_id(file)],
            path=get_verbatim(file, "name").removeprefix("./"),
            sha1=checksums.get("SHA1", ""),
            sha256=checksums.get("SHA256", ""),
            sha512=checksums.get("SHA512", ""),
            license=self._license(get_id(file), "hasconcludedlicense"),
            comment=get_text(file, "comment"),
        )

    def _identifiers(self, element: JsonObject) -> list[tuple[str, str]]:
        return [
            (
                term_name(get_text(row, "externalIdentifierType")).lower(),
                get_text(row, "identifier"),
            )
            for row in self._graph.get_elements(element, "externalIdentifier")
        ]

    def _agent(self, element: JsonObject, key: str) -> str:
        """Return the first agent of a property as a BOM names it."""
        return next(map(self._agent_text, self._graph.get_elements(element, key)), "")

    def _agent_text(self, agent: JsonObject) -> str:
        """Return an agent as a BOM names it; empty if none is known.

        sbom-tool 4 writes the kind into the name: ``Organization: Microsoft``.
        """
        name, kind = get_asserted(agent, "name"), class_name(agent)
        if not name or kind not in tuple(ActorKind) or parse_actor(name):
            return name
        mail = next((text for type_, text in self._identifiers(agent) if type_ == "email"), "")
        return str(Actor(ActorKind(kind), name, mail))

    def _checksums(self, element: JsonObject) -> dict[str, str]:
        """Return checksums by SPDX 2's name of the algorithm, lower-case; zeros are unknown."""
        return {
            _ALGORITHMS.get(name, name.upper()): value
            for row in self._graph.get_elements(element, "verifiedUsing")
            if (name := term_name(get_text(row, "algorithm")))
            and (value := get_text(row, "hashValue").lower()).strip("0")
        }

    def _find_licenses(self) -> dict[tuple[str, str], list[str]]:
        """Return the license expressions of elements by id and type of relationship."""
        found: dict[tuple[str, str], list[str]] = {}
        for edge in self._edges:
            if edge.type in _LICENSES and (text := self._expression(edge.target)):
                found.setdefault((edge.source, edge.type), []).append(text)
        return found

    def _license(self, id_: str, type_: str) -> str:
        """Return the license expression of an element: all apply where several are stated."""
        texts = list(dict.fromkeys(self._licenses.get((id_, type_), ())))
        if len(texts) > 1:
            texts = [f"({text})" if " OR " in text else text for text in texts]
        return " AND ".join(texts)

    def _expression(self, id_: str) -> str:
        """Return the expression that an element or an individual stands for."""
        if id_.startswith(_LISTED):
            return id_.removeprefix(_LISTED)
        if term_name(id_).endswith("NoneLicense"):
            return "NONE"
        element = self._graph.resolve(id_)
        name = class_name(element)
        if name == "LicenseExpression":
            return get_asserted(element, "simplelicensing_licenseExpression")
        if name in _TEXTS:
            return self._license_name(id_)
        return get_asserted(element, "name") if name == "AnyLicenseInfo" else ""

    def _license_name(self, id_: str) -> str:
        """Return the ``LicenseRef-`` that expressions have for a license text."""
        if name := self._license_names.get(id_):
            return name
        name = id_.removeprefix(self._namespace).lstrip("#/")
        return name if name.startswith(_REFERENCE) else _REFERENCE + unique_ids([name])[name]

    def _license_texts(self) -> tuple[ExtractedLicense, ...]:
        texts = (
            ExtractedLicense(
                id=self._license_name(get_id(row)),
                name=get_text(row, "name"),
                text=get_verbatim(row, "simplelicensing_licenseText"),
            )
            for row in self._graph.of_class(*_TEXTS)
        )
        return tuple(sorted(texts, key=lambda text: text.id))

    def _relationships(self, files: set[str]) -> Iterator[Relationship]:
        for edge in self._edges:
            if not {edge.source, edge.target} <= self._ids.keys() or edge.type in _OTHERWISE:
                continue
            source, target = self._ids[edge.source], self._ids[edge.target]
            if edge.type in _TO_FILE and target in files and source not in files:
                yield Relationship(target, RelationshipKind.PART_OF, source)
            elif kind := _KINDS.get(edge.type):
                yield Relationship(source, kind, target, edge.comment)
            else:
                words = "" if edge.type == "other" else edge.term
                comment = f"{words} {edge.comment}".strip()
                yield Relationship(source, RelationshipKind.OTHER, target, comment)


def _short_ids(ids: Iterable[str], namespace: str) -> dict[str, str]:
    """Return the ids of a BOM by those of a document, short where they begin as its own does."""
    ours = f"{namespace}#{ID_PREFIX}"
    names = {
        id_: id_.removeprefix(ours).removeprefix(ID_PREFIX).removeprefix(namespace) for id_ in ids
    }
    slugs = unique_ids(names.values())
    return {
        id_: name if id_.startswith((ours, ID_PREFIX)) else slugs[name]
        for id_, name in names.items()
    }


def _purpose(package: JsonObject) -> str:
    name = term_name(get_text(package, "software_primaryPurpose"))
    return _PURPOSES.get(name, name.lower())
