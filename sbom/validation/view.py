"""The plain JSON of an SPDX 2.3 document, read safely, ours or anybody's.

A value of the wrong JSON type is read as missing: that it is wrong is for the schemas to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Table = Mapping[str, Any]


def text(table: Table, key: str) -> str:
    """Return a text without the blanks around it; empty where there is none."""
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def texts(table: Table, key: str) -> list[str]:
    """Return the texts of an array."""
    value = table.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def table(data: Table, key: str) -> Table:
    """Return an object; empty where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def rows(data: Table, key: str) -> list[Table]:
    """Return the objects of an array."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def references(package: Table, kind: str) -> list[str]:
    """Return the locators of a package's external references of one type."""
    refs = rows(package, "externalRefs")
    return [text(ref, "referenceLocator") for ref in refs if text(ref, "referenceType") == kind]


@dataclass(frozen=True)
class Document:
    """The JSON of a document, and what several invariants need of it."""

    data: Table

    @cached_property
    def packages(self) -> list[Table]:
        """The packages."""
        return rows(self.data, "packages")

    @cached_property
    def files(self) -> list[Table]:
        """The files."""
        return rows(self.data, "files")

    @cached_property
    def ids(self) -> Counter[str]:
        """How often each SPDX id is given."""
        everything = [self.data, *self.packages, *self.files, *rows(self.data, "snippets")]
        return Counter(text(one, "SPDXID") for one in everything)

    @cached_property
    def edges(self) -> list[tuple[str, str, str]]:
        """The relationships as written: left end, type, right end."""
        keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
        return [
            (text(row, keys[0]), text(row, keys[1]), text(row, keys[2]))
            for row in rows(self.data, "relationships")
        ]

    @cached_property
    def forward(self) -> set[tuple[str, str, str]]:
        """The relationships forwards, with those that SPDX 2.2 had fields for."""
        turned = {"DESCRIBED_BY": "DESCRIBES", "CONTAINED_BY": "CONTAINS"}
        found = {
            (right, turned[kind], left) if kind in turned else (left, kind, right)
            for left, kind, right in self.edges
        }
        for described in texts(self.data, "documentDescribes"):
            found.add((text(self.data, "SPDXID"), "DESCRIBES", described))
        for package in self.packages:
            for one in texts(package, "hasFiles"):
                found.add((text(package, "SPDXID"), "CONTAINS", one))
        return found

    @cached_property
    def roots(self) -> list[str]:
        """The ids that the document describes, sorted."""
        document = text(self.data, "SPDXID")
        return sorted(
            right for left, kind, right in self.forward if (left, kind) == (document, "DESCRIBES")
        )

    @cached_property
    def contained(self) -> dict[str, list[Table]]:
        """The files directly in each package."""
        by_id = {text(file, "SPDXID"): file for file in self.files}
        found: dict[str, list[Table]] = {}
        for left, kind, right in self.forward:
            if kind == "CONTAINS" and right in by_id:
                found.setdefault(left, []).append(by_id[right])
        return found
