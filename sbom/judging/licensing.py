"""The invariant of licences: on the SPDX list and not deprecated, or there with their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.judging.licences import licence_ids, licence_of
from sbom.judging.reading import Document, rows, text, texts
from sbom.judging.wording import Finding

_NOTHING = ("", "NONE", "NOASSERTION")
_PACKAGE_LICENCES = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles")
_FILE_LICENCES = ("licenseConcluded", "licenseInfoInFiles")


def licences_are_known(read: Document) -> Iterator[Finding]:
    """Ask for licences of the SPDX list that are not deprecated, or for their texts."""
    extracted = {
        text(row, "licenseId")
        for row in rows(read.data, "hasExtractedLicensingInfos")
        if text(row, "extractedText")
    }
    places = [(package, key) for package in read.packages for key in _PACKAGE_LICENCES]
    places += [(file, key) for file in read.files for key in _FILE_LICENCES]
    for element, key in places:
        for expression in texts(element, key) or [text(element, key)]:
            for message, hint in _licence_faults(expression, extracted):
                yield text(element, "SPDXID"), f"{key}: {message}", hint


def _licence_faults(expression: str, extracted: set[str]) -> Iterator[tuple[str, str]]:
    if expression in _NOTHING:
        return
    ids = licence_ids(expression)
    if ids is None:
        yield f"{expression} is no licence expression", "see SPDX 2.3, annex D"
    for part in (part for id_ in ids or () for part in re.split(r" WITH ", id_)):
        known = licence_of(part)
        if part.startswith(("LicenseRef-", "DocumentRef-")):
            if part.startswith("LicenseRef-") and part not in extracted:
                yield f"{part} has no extracted text", "add it to hasExtractedLicensingInfos"
        elif known is None or not known.listed:
            hint = "license_expression's copy of the list lacks it; a LicenseRef needs a text"
            yield f"{part} is not on the SPDX licence list", hint
        elif known.deprecated:
            yield f"{part} is deprecated on the SPDX licence list", "write what replaces it"
        elif known.id != part.removesuffix("+") and known.id != part:
            yield f"{part} is written {known.id} on the SPDX licence list", "write it so"
