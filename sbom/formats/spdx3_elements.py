"""The elements of an SPDX 3 document and their ids, as its writer makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbom.components.component import Component
from sbom.formats.json_document import JsonObject
from sbom.formats.spdx3_terms import ID_PREFIX

#: The id of the one element on how the document was made.
CREATION = "_:creationinfo"


@dataclass(frozen=True, slots=True)
class References:
    """The ids of a document: all begin with ``base``.

    ``agents`` are by the text that names one, ``licenses`` by the expression.
    """

    base: str
    agents: Mapping[str, str]
    licenses: Mapping[str, str]

    def of(self, id_: str) -> str:
        """Return the id of a component or a file."""
        return f"{self.base}{ID_PREFIX}{id_}"


def make_element(type_: str, id_: str, /, **properties: Any) -> JsonObject:
    """Return an element with those properties that are known."""
    known = {key: value for key, value in properties.items() if value}
    return {"type": type_, "spdxId": id_, "creationInfo": CREATION, **known}


def artifact_element_id(component: Component, ids: References) -> str:
    """Return the id of the file that a component is distributed in."""
    return f"{ids.base}Artifact-of-{component.id}"
