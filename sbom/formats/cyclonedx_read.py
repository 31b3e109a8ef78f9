"""A CycloneDX document in JSON as a BOM: what ``cyclonedx_write`` writes, or other tools'.

A value of the wrong JSON type is read as missing; ``validate`` reports what is wrong with a
document. A document made here comes back as the BOM it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sbom.bom.actor import Actor, ActorKind
from sbom.bom.bom import (
    Bom,
    BomFile,
    CreationInfo,
    ExtractedLicense,
    Relationship,
    RelationshipKind,
    unique_ids,
)
from sbom.components.component import Component
from sbom.formats import cyclonedx_terms as terms
from sbom.formats.document_time import parse_timestamp
from sbom.formats.json_document import (
    JsonObject,
    get_object,
    get_objects,
    get_text,
    get_texts,
    get_verbatim,
)

_ALGORITHMS = {written: name for name, written in terms.ALGORITHMS.items()}
#: Properties for further CPEs, of which a component has one: ours, and that of syft.
_CPE_PROPERTIES = (terms.CPE, "syft:cpe23")
_KINDS = {str(kind): kind for kind in RelationshipKind}


def is_cyclonedx(data: JsonObject) -> bool:
    """Return whether a JSON object is a CycloneDX document, of any version."""
    return data.get("bomFormat") == "CycloneDX"


def is_cyclonedx_vex(data: JsonObject) -> bool:
    """Return whether a CycloneDX document lists vulnerabilities and no components.

    Components that it is about are in other documents: https://cyclonedx.org/capabilities/vex/.
    """
    return (
        is_cyclonedx(data)
        and bool(get_objects(data, "vulnerabilities"))
        and (not get_objects(data, "components"))
    )


def read_cyclonedx(data: JsonObject) -> Bom:
    """Return the BOM in the JSON of a CycloneDX document.

    A component within another one is contained in it. Relationships with elements that are not
    in the document are left out.
    """
    metadata = get_object(data, "metadata")
    elements = _Elements.of(data)
    properties = _properties(metadata)
    annotations = _annotations(data)
    components = [
        _component(row, elements.ids[ref], annotations.get(ref, ""))
        for ref, row in elements.rows.items()
        if ref not in elements.files
    ]
    files = [_file(elements.rows[ref], elements.ids[ref]) for ref in elements.files]
    others = [elements.ids[ref] for ref in properties.get(terms.ROOT, []) if ref in elements.ids]
    return Bom(
        name=_first(properties, terms.NAME) or get_text(get_object(metadata, "component"), "name"),
        namespace=_first(properties, terms.NAMESPACE) or get_text(data, "serialNumber"),
        creation=_creation_info(metadata, properties),
        roots=tuple(dict.fromkeys([*elements.roots, *others])),
        components=tuple(sorted(components, key=lambda component: component.id)),
        files=tuple(sorted(files, key=lambda file: (file.path, file.id))),
        relationships=tuple(sorted(_relationships(data, elements))),
        license_texts=tuple(_license_texts(data)),
    )


@dataclass(frozen=True, slots=True)
class _Elements:
    """The components of a document by their ``bom-ref``, also those within others.

    ``ids`` are their ids in the BOM, ``contained`` the pairs of a component and one within it.
    A component without a ``bom-ref``, or with one that stood before, gets one of its own.
    ``files`` are components of the type ``file``, apart from the root: syft gives this type to the
    directory that it describes.
    """

    rows: dict[str, JsonObject] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    contained: list[tuple[str, str]] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, data: JsonObject) -> _Elements:
        elements = cls()
        root = get_object(get_object(data, "metadata"), "component")
        refs = [elements._add(root, "")] if root else []
        for row in get_objects(data, "components"):
            elements._add(row, "")
        elements.ids.update(unique_ids(elements.rows))
        elements.roots.extend(elements.ids[ref] for ref in refs)
        elements.files.update(
            (ref, None)
            for ref, row in elements.rows.items()
            if get_text(row, "type") == "file" and ref not in refs
        )
        return elements

    def _add(self, row: JsonObject, container: str) -> str:
        waiting = [(row, container)]
        first = ""
        while waiting:
            component, outer = waiting.pop()
            stated = get_text(component, "bom-ref")
            ref = stated if stated and stated not in self.rows else f"component-{len(self.rows)}"
            while ref in self.rows:
                ref += "-"
            first = first or ref
            self.rows[ref] = component
            if outer:
                self.contained.append((outer, ref))
            waiting.extend((inner, ref) for inner in reversed(get_objects(component, "components")))
        return first


# The document.


def _properties(row: JsonObject) -> dict[str, list[str]]:
    """Return the values of properties by their names, which may stand several times."""
    found: dict[str, list[str]] = {}
    for entry in get_objects(row, "properties"):
        found.setdefault(get_text(entry, "name"), []).append(get_text(entry, "value"))
    return found


def _first(properties: dict[str, list[str]], name: str) -> str:
    return next(iter(properties.get(name, ())), "")


def _creation_info(metadata: JsonObject, properties: dict[str, list[str]]) -> CreationInfo:
    makers = [_entity(get_object(metadata, "manufacturer"))]
    makers += [_contact(author) for author in get_objects(metadata, "authors")]
    tools = metadata.get("tools")
    rows = get_objects(tools, "components") if isinstance(tools, dict) else []
    # A list of tools is the form that version 1.4 had.
    rows += get_objects(metadata, "tools")
    return CreationInfo(
        creators=tuple(filter(None, makers)),
        tools=tuple(filter(None, map(_tool, rows))),
        created=parse_timestamp(get_text(metadata, "timestamp")),
        comment=_first(properties, terms.COMMENT),
        license_list_version=_first(properties, terms.LICENSE_LIST),
    )


def _tool(row: JsonObject) -> str:
    return "-".join(filter(None, (get_text(row, "name"), get_text(row, "version"))))


def _annotations(data: JsonObject) -> dict[str, str]:
    """Return what was noted about components, by their ``bom-ref``.

    Components about which the same was noted share one text, so that a small document cannot
    take more memory than it has bytes times the number of its annotations.
    """
    found: dict[str, list[str]] = {}
    for row in get_objects(data, "annotations"):
        if text := get_text(row, "text"):
            for subject in get_texts(row, "subjects"):
                found.setdefault(subject, []).append(text)
    joined: dict[tuple[str, ...], str] = {}
    return {
        subject: joined.setdefault(texts, " ".join(texts))
        for subject, texts in ((subject, tuple(texts)) for subject, texts in found.items())
    }


def _license_texts(data: JsonObject) -> Iterator[ExtractedLicense]:
    for row in get_objects(data, "properties"):
        value = row.get("value")
        if get_text(row, "name") == terms.LICENSE_TEXT and isinstance(value, str):
            id_, _, rest = value.partition("\n")
            name, _, text = rest.partition("\n")
            yield ExtractedLicense(id_, name, text)


# Components and files.


def _component(row: JsonObject, id_: str, annotation: str) -> Component:
    properties = _properties(row)
    references = {
        get_text(entry, "type"): entry for entry in get_objects(row, "externalReferences")
    }
    distribution = references.get("distribution", {})
    licenses = _licenses(row)
    more_cpes = [cpe for name in _CPE_PROPERTIES for cpe in properties.get(name, [])]
    authors = [_contact(author) for author in get_objects(row, "authors")]
    group = get_text(row, "group")
    return Component(
        id=id_,
        name="/".join(filter(None, (group, get_text(row, "name")))),
        version=get_text(row, "version"),
        originator=_entity(get_object(row, "manufacturer")) or next(iter(authors), ""),
        supplier=_entity(get_object(row, "supplier")),
        homepage=get_text(references.get("website", {}), "url"),
        license_concluded=licenses.get("concluded", ""),
        license_declared=licenses.get("declared", "") or _first(properties, terms.LICENSE_DECLARED),
        copyright=get_text(row, "copyright"),
        purl=get_text(row, "purl"),
        cpes=tuple(dict.fromkeys(filter(None, [get_text(row, "cpe"), *more_cpes]))),
        download_location=get_text(distribution, "url"),
        file_name=_first(properties, terms.FILE_NAME),
        checksums=tuple((_checksums(row) or _checksums(distribution)).items()),
        source_info=get_text(get_object(row, "pedigree"), "notes"),
        comment=get_text(row, "description"),
        annotation=annotation,
        purpose=_first(properties, terms.PURPOSE) or get_text(row, "type"),
    )


def _entity(row: JsonObject) -> str:
    """Return an organization, or the person that is its only contact; empty if there is none."""
    contacts = get_objects(row, "contact")
    name = get_text(row, "name")
    mail = next(
        (get_text(contact, "email") for contact in contacts if get_text(contact, "email")), ""
    )
    if name:
        return str(Actor(ActorKind.ORGANIZATION, name, mail))
    return _contact(contacts[0]) if contacts else ""


def _contact(row: JsonObject) -> str:
    name = get_text(row, "name")
    return str(Actor(ActorKind.PERSON, name, get_text(row, "email"))) if name else ""


def _licenses(row: JsonObject) -> dict[str, str]:
    """Return the license expressions by how they are acknowledged; ``declared`` if unstated.

    Several licenses of one kind all apply.
    """
    found: dict[str, list[str]] = {}
    for choice in get_objects(row, "licenses"):
        stated = get_object(choice, "license") or choice
        keys = ("expression", "id", "name")
        expression = next(filter(None, (get_text(stated, key) for key in keys)), "")
        if expression:
            acknowledgement = get_text(stated, "acknowledgement") or "declared"
            found.setdefault(acknowledgement, []).append(expression)
    return {
        kind: expressions[0]
        if len(expressions) == 1
        else " AND ".join(f"({text})" if " " in text else text for text in expressions)
        for kind, expressions in found.items()
    }


def _checksums(row: JsonObject) -> dict[str, str]:
    """Return checksums by SPDX's names of algorithms; one of zeros is none, as syft writes it."""
    return {
        _ALGORITHMS[get_text(entry, "alg")]: value
        for entry in get_objects(row, "hashes")
        if get_text(entry, "alg") in _ALGORITHMS
        and (value := get_text(entry, "content").lower()).strip("0")
    }


def _file(row: JsonObject, id_: str) -> BomFile:
    checksums = _checksums(row)
    return BomFile(
        id=id_,
        path=get_verbatim(row, "name").removeprefix("./"),
        sha1=checksums.get("SHA1", ""),
        sha256=checksums.get("SHA256", ""),
        sha512=checksums.get("SHA512", ""),
        license=_licenses(row).get("concluded", ""),
        comment=get_text(row, "description"),
    )


# The relationships.


def _relationships(data: JsonObject, elements: _Elements) -> list[Relationship]:
    """Return the relationships: as properties state them, or as the format implies them."""
    ids = elements.ids
    files = {ids[ref] for ref in elements.files}
    stated = {(ids[outer], ids[inner]) for outer, inner in elements.contained}
    related = [Relationship(source, RelationshipKind.CONTAINS, target) for source, target in stated]
    for ref, row in elements.rows.items():
        for value in _properties(row).get(terms.RELATIONSHIP, []):
            kind, _, rest = value.partition(" ")
            target, _, comment = rest.partition(" ")
            if kind in _KINDS and target in ids:
                related.append(Relationship(ids[ref], _KINDS[kind], ids[target], comment))
                stated.add((ids[ref], ids[target]))
    for row in get_objects(data, "dependencies"):
        source = ids.get(get_text(row, "ref"), "")
        for target in (ids.get(ref, "") for ref in get_texts(row, "dependsOn")):
            if source and target and (source, target) not in stated:
                implied = terms.implied_kind(
                    source_is_file=source in files, target_is_file=target in files
                )
                related.append(Relationship(source, implied, target))
    return list({relationship.key: relationship for relationship in related}.values())
