"""The elements of an SPDX 3 document, wherever they stand in it, and their relationships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from sbom.formats.json_document import (
    JsonObject,
    get_objects,
    get_text,
)


class Edge(NamedTuple):
    """A relationship from one element to another, by their ids; ``term`` is its type as written."""

    term: str
    source: str
    target: str
    comment: str

    @property
    def type(self) -> str:
        """The type in lower case and without underscores.

        sbom-tool 4 writes HAS_CONCLUDED_LICENSE for hasConcludedLicense.
        """
        return self.term.replace("_", "").lower()


def get_values(element: JsonObject, key: str) -> list[Any]:
    """Return the values of a property, which JSON-LD writes as an array or, if it is one, plain."""
    value = element.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def get_id(element: JsonObject) -> str:
    """Return the id of an element; empty if it has none."""
    return get_text(element, "spdxId") or get_text(element, "@id")


def class_name(element: JsonObject) -> str:
    """Return the class of an element without its profile: ``Package`` for ``software_Package``."""
    name = get_text(element, "type") or get_text(element, "@type")
    return name.rpartition("/")[2].rpartition("_")[2]


def term_name(term: str) -> str:
    """Return the name of a term of a vocabulary, which may be written as an IRI."""
    return term.rpartition("/")[2]


@dataclass(frozen=True)
class Spdx3Graph:
    """The elements of a document, also those that stand where another refers to them."""

    elements: list[JsonObject]
    by_id: dict[str, JsonObject] = field(default_factory=dict)

    @classmethod
    def of(cls, data: JsonObject) -> Spdx3Graph:
        """Return the graph in the JSON of a document, which may be a single element."""
        top = get_objects(data, "@graph") if "@graph" in data else [data]
        elements = list(_walk(top))
        graph = cls(elements)
        for element in elements:
            if id_ := get_id(element):
                graph.by_id.setdefault(id_, element)
        return graph

    def of_class(self, *names: str) -> Iterator[JsonObject]:
        """Yield the elements of classes that have an id, each once."""
        for element in self.by_id.values():
            if class_name(element) in names:
                yield element

    def resolve(self, reference: Any) -> JsonObject:
        """Return the element that a value is or refers to; empty if the document lacks it."""
        if isinstance(reference, dict):
            return self.by_id.get(get_id(reference), reference)
        return self.by_id.get(reference, {}) if isinstance(reference, str) else {}

    def get_elements(self, element: JsonObject, key: str) -> list[JsonObject]:
        """Return the elements that a property refers to and the document has."""
        found = (self.resolve(value) for value in get_values(element, key))
        return [element for element in found if element]

    def edges(self) -> Iterator[Edge]:
        """Yield every relationship, one for each target.

        A relationship has one source: ``from`` has a maxCount of 1 (SPDX 3.0.1, Relationship). Of
        several, the first one counts, so that there are not more edges than the document has ids.
        """
        for element in self.by_id.values():
            if not class_name(element).endswith("Relationship"):
                continue
            term = term_name(get_text(element, "relationshipType"))
            comment = get_text(element, "comment")
            for source in islice(_ids(get_values(element, "from")), 1):
                for target in _ids(get_values(element, "to")):
                    yield Edge(term, source, target, comment)


def _ids(references: Iterable[Any]) -> Iterator[str]:
    """Yield the ids that values are or have."""
    for reference in references:
        id_ = get_id(reference) if isinstance(reference, dict) else reference
        if isinstance(id_, str) and id_:
            yield id_


def _walk(objects: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Yield objects and all objects in them, the outer ones first."""
    waiting = list(objects)
    while waiting:
        inner: list[JsonObject] = []
        for element in waiting:
            yield element
            for key in element:
                inner += [value for value in get_values(element, key) if isinstance(value, dict)]
        waiting = inner
