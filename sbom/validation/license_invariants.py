"""The invariant of licenses: on the SPDX license list and current, or present with their text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from license_expression import ExpressionError, Licensing, get_license_index

from sbom.formats.spdx2_view import DocumentView, get_objects, get_text, get_texts
from sbom.validation.results import Violation

_NO_LICENSE = ("", "NONE", "NOASSERTION")
_PACKAGE_KEYS = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles")
_FILE_KEYS = ("licenseConcluded", "licenseInfoInFiles")


def check_licenses(document: DocumentView) -> Iterator[Violation]:
    """Require licenses of the SPDX license list that are not deprecated, or their texts."""
    extracted = {
        get_text(row, "licenseId")
        for row in get_objects(document.data, "hasExtractedLicensingInfos")
        if get_text(row, "extractedText")
    }
    keys = [(package, key) for package in document.packages for key in _PACKAGE_KEYS]
    keys += [(file, key) for file in document.files for key in _FILE_KEYS]
    for element, key in keys:
        for expression in get_texts(element, key) or [get_text(element, key)]:
            for message, hint in _check_expression(expression, extracted):
                yield Violation(get_text(element, "SPDXID"), f"{key}: {message}", hint)


def _check_expression(expression: str, extracted: set[str]) -> Iterator[tuple[str, str]]:
    if expression in _NO_LICENSE:
        return
    licenses = list_licenses(expression)
    if licenses is None:
        message = f"is not a license expression: {expression}"
        yield message, "write it as SPDX 2.3, annex D describes"
    for license_id in (id_ for part in licenses or () for id_ in part.split(" WITH ")):
        yield from _check_license(license_id, extracted)


def _check_license(license_id: str, extracted: set[str]) -> Iterator[tuple[str, str]]:
    listed = find_license(license_id)
    if license_id.startswith("DocumentRef-"):
        return
    if license_id.startswith("LicenseRef-"):
        if license_id not in extracted:
            yield f"{license_id} has no extracted text", "add it to hasExtractedLicensingInfos"
    elif listed is None or not listed.is_listed:
        hint = "use an id of spdx.org/licenses, or a LicenseRef with its text"
        yield f"{license_id} is not on the SPDX license list", hint
    elif listed.is_deprecated:
        message = f"{license_id} is deprecated on the SPDX license list"
        yield message, "use the id that replaces it"
    elif license_id not in (listed.id, f"{listed.id}+"):
        message = f"{license_id} is spelled {listed.id} on the SPDX license list"
        yield message, f"write {listed.id}"


@dataclass(frozen=True, slots=True)
class License:
    """A license of license_expression's index."""

    id: str
    is_listed: bool
    is_deprecated: bool


def find_license(license_id: str) -> License | None:
    """Return a license by its id, case ignored; ``Apache-2.0+`` is Apache-2.0."""
    index, key = _index_licenses(), license_id.lower()
    return index.get(key) or index.get(key.removesuffix("+"))


@cache
def _index_licenses() -> Mapping[str, License]:
    """Return the licenses of license_expression's index by their lower-case ids.

    An id that SPDX deprecated is there as another id of its successor, or marked.
    """
    index: dict[str, License] = {}
    for row in get_license_index():
        current = row.get("spdx_license_key") or ""
        for id_ in (current, *row["other_spdx_license_keys"]):
            is_listed = not id_.startswith("LicenseRef-")
            is_deprecated = is_listed and (id_ != current or row["is_deprecated"])
            index[id_.lower()] = License(id_, is_listed, is_deprecated)
    return index


@cache
def list_licenses(expression: str) -> tuple[str, ...] | None:
    """Return the licenses of an expression, ``A WITH B`` as one; None if it is not one."""
    licensing = Licensing()
    try:
        parsed = licensing.parse(expression)
        symbols = licensing.license_symbols(parsed, decompose=False)
        return tuple(symbol.render("{symbol.key}") for symbol in symbols)
    except (ExpressionError, TypeError, ValueError, RecursionError):
        return None
