"""A slice: what one artifact of a release is and holds, cut from the document of the whole.

Nothing in a slice is made anew but its name, its namespace and the relationship that makes the
artifact its root: every package, file and other relationship is the whole's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ROOT = ("SPDXRef-DOCUMENT", "DESCRIBES")
#: Relationships that are read from right to left: what stands on the left is needed there.
_BACKWARD = frozenset({"BUILD_TOOL_OF"})


class SliceExtractor:
    """Cuts slices from one document; what it looks up is arranged once."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        """Arrange a document in SPDX's JSON form."""
        self.whole = whole
        self.ends: dict[str, list[dict[str, str]]] = {}
        for relation in whole["relationships"]:
            self.ends.setdefault(relation["spdxElementId"], []).append(relation)
        self.order = {
            element["SPDXID"]: (kind, n)
            for kind in ("packages", "files")
            for n, element in enumerate(whole[kind])
        }

    def slice(self, root: str, name: str, namespace: str) -> dict[str, Any]:
        """Return the document of one element: all that is reachable from it, and no more.

        ``root`` is the SPDX id of a package of the whole. A relationship is part of the slice
        where both its ends are.
        """
        reached = self._reached(root)
        inside = sorted(self.order[id_] for id_ in reached)
        packages = [self.whole["packages"][n] for kind, n in inside if kind == "packages"]
        relations = [
            relation
            for id_ in reached
            for relation in self.ends.get(id_, ())
            if relation["relatedSpdxElement"] in reached
        ]
        left, kind = _ROOT
        relations.append(
            {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": root}
        )
        data = {
            **self.whole,
            "name": name,
            "documentNamespace": namespace,
            "packages": packages,
            "files": [self.whole["files"][n] for kind, n in inside if kind == "files"],
            "relationships": sorted(relations, key=_key),
        }
        texts = _texts_of(packages, self.whole.get("hasExtractedLicensingInfos", []))
        data.pop("hasExtractedLicensingInfos", None)
        return {**data, "hasExtractedLicensingInfos": texts} if texts else data

    def _reached(self, root: str) -> set[str]:
        reached = {root}
        waiting = [root]
        while waiting:
            for relation in self.ends.get(waiting.pop(), ()):
                right = relation["relatedSpdxElement"]
                backward = relation["relationshipType"] in _BACKWARD
                if not backward and right not in reached and right in self.order:
                    reached.add(right)
                    waiting.append(right)
        return reached


def _key(relation: Mapping[str, str]) -> tuple[str, str, str]:
    return (
        relation["spdxElementId"],
        relation["relationshipType"],
        relation["relatedSpdxElement"],
    )


def _texts_of(packages: list[dict[str, Any]], texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the texts of the licenses that these packages name."""
    said = " ".join(
        f"{package.get('licenseConcluded', '')} {package.get('licenseDeclared', '')}"
        for package in packages
    )
    used = set(re.findall(r"LicenseRef-[\w.-]+", said))
    return [text for text in texts if text["licenseId"] in used]
