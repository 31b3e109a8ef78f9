"""The plain JSON of an SPDX 2.3 document, and what several readers need of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from sbom.formats.json_document import (
    JsonObject,
    document_error,
    get_objects,
    get_text,
    get_texts,
)

_NOT_SBOM = "is not an SPDX 2.3, SPDX 3.0.1 or CycloneDX document"
_HINT = "name a document of one of these formats in JSON"


def check_spdx2(data: JsonObject, file: str) -> None:
    """Raise InputError naming ``file`` if a JSON object is not an SPDX 2.3 document."""
    found = data.get("spdxVersion")
    if found is None:
        context = data.get("@context")
        stated = f"@context is {context}" if context else "no spdxVersion"
        raise document_error(file, f"{_NOT_SBOM}: {stated}", _HINT)
    if not str(found).startswith("SPDX-2.3"):
        raise document_error(file, f"{_NOT_SBOM}: spdxVersion is {found}", _HINT)


def get_locators(package: JsonObject, reference_type: str) -> list[str]:
    """Return the locators of a package's external references of one type."""
    return [
        get_text(reference, "referenceLocator")
        for reference in get_objects(package, "externalRefs")
        if get_text(reference, "referenceType") == reference_type
    ]


@dataclass(frozen=True)
class DocumentView:
    """The JSON of a document, and what several readers need of it."""

    data: JsonObject

    @property
    def id(self) -> str:
        """The SPDX id of the document itself."""
        return get_text(self.data, "SPDXID")

    @cached_property
    def packages(self) -> list[JsonObject]:
        """The packages of the document, in its order."""
        return get_objects(self.data, "packages")

    @cached_property
    def files(self) -> list[JsonObject]:
        """The files of the document, in its order."""
        return get_objects(self.data, "files")

    def element_name(self, element: JsonObject) -> str:
        """Return the SPDX id of a package or file, or its JSON pointer if it has none."""
        return get_text(element, "SPDXID") or self._pointers.get(id(element), "")

    @cached_property
    def _pointers(self) -> dict[int, str]:
        """The JSON pointers of packages and files, by the identity of the object."""
        return {
            id(element): f"/{key}/{index}"
            for key in ("packages", "files")
            if isinstance(elements := self.data.get(key), list)
            for index, element in enumerate(elements)
        }

    @cached_property
    def ids(self) -> Counter[str]:
        """How many elements have each SPDX id."""
        snippets = get_objects(self.data, "snippets")
        elements = [self.data, *self.packages, *self.files, *snippets]
        return Counter(get_text(element, "SPDXID") for element in elements)

    @cached_property
    def relationships(self) -> list[tuple[str, str, str]]:
        """The relationships as written: element, type, related element."""
        keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
        return [
            (get_text(row, keys[0]), get_text(row, keys[1]), get_text(row, keys[2]))
            for row in get_objects(self.data, "relationships")
        ]

    @cached_property
    def forward(self) -> set[tuple[str, str, str]]:
        """The relationships in their active form, with those that SPDX 2.2 had fields for."""
        active = {"DESCRIBED_BY": "DESCRIBES", "CONTAINED_BY": "CONTAINS"}
        forward = {
            (right, active[kind], left) if kind in active else (left, kind, right)
            for left, kind, right in self.relationships
        }
        for described in get_texts(self.data, "documentDescribes"):
            forward.add((self.id, "DESCRIBES", described))
        for package in self.packages:
            for file in get_texts(package, "hasFiles"):
                forward.add((get_text(package, "SPDXID"), "CONTAINS", file))
        return forward

    @cached_property
    def roots(self) -> list[str]:
        """The ids that the document describes, sorted."""
        described = (self.id, "DESCRIBES")
        return sorted(right for left, kind, right in self.forward if (left, kind) == described)

    @cached_property
    def contained_files(self) -> dict[str, list[JsonObject]]:
        """The files directly in each package, by the package's SPDX id."""
        by_id = {get_text(file, "SPDXID"): file for file in self.files}
        contained: dict[str, list[JsonObject]] = {}
        for left, kind, right in self.forward:
            if kind == "CONTAINS" and right in by_id:
                contained.setdefault(left, []).append(by_id[right])
        return contained
