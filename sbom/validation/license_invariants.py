"""The invariant of licenses: on the SPDX list and not deprecated, or there with their texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.validation.license_list import license_ids, license_of
from sbom.validation.view import Document, rows, text, texts
from sbom.validation.wording import Finding

_NOTHING = ("", "NONE", "NOASSERTION")
_PACKAGE_LICENSES = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles")
_FILE_LICENSES = ("licenseConcluded", "licenseInfoInFiles")


def licenses_are_known(read: Document) -> Iterator[Finding]:
    """Ask for licenses of the SPDX list that are not deprecated, or for their texts."""
    extracted = {
        text(row, "licenseId")
        for row in rows(read.data, "hasExtractedLicensingInfos")
        if text(row, "extractedText")
    }
    places = [(package, key) for package in read.packages for key in _PACKAGE_LICENSES]
    places += [(file, key) for file in read.files for key in _FILE_LICENSES]
    for element, key in places:
        for expression in texts(element, key) or [text(element, key)]:
            for message, hint in _license_faults(expression, extracted):
                yield text(element, "SPDXID"), f"{key}: {message}", hint


def _license_faults(expression: str, extracted: set[str]) -> Iterator[tuple[str, str]]:
    if expression in _NOTHING:
        return
    ids = license_ids(expression)
    if ids is None:
        yield f"{expression} is no license expression", "see SPDX 2.3, annex D"
    for part in (part for id_ in ids or () for part in re.split(r" WITH ", id_)):
        known = license_of(part)
        if part.startswith(("LicenseRef-", "DocumentRef-")):
            if part.startswith("LicenseRef-") and part not in extracted:
                yield f"{part} has no extracted text", "add it to hasExtractedLicensingInfos"
        elif known is None or not known.listed:
            hint = "license_expression's copy of the list lacks it; a LicenseRef needs a text"
            yield f"{part} is not on the SPDX license list", hint
        elif known.deprecated:
            yield f"{part} is deprecated on the SPDX license list", "write what replaces it"
        elif known.id != part.removesuffix("+") and known.id != part:
            yield f"{part} is written {known.id} on the SPDX license list", "write it so"
