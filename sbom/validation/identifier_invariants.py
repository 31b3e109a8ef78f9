"""Invariants of identifiers: package URLs, CPE names and license expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from license_expression import ExpressionError, Licensing, get_license_index
from packageurl import PackageURL

from sbom.formats.json_document import JsonObject, get_objects, get_text, get_texts
from sbom.formats.spdx2_view import DocumentView, get_locators
from sbom.validation.report import Violation

#: A CPE 2.3 name: NISTIR 7695, clause 6.2, the formatted string binding.
_CPE_VALUE = r"(?:[*-]|(?:\?+|\*)?(?:[\w.\-]|\\[^\w\s])+(?:\?+|\*)?)"
_CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_VALUE}){{10}}", re.ASCII)
_PRE_RELEASE = re.compile(r"(\d+(?:\.\d+)*)-?(alpha|beta|rc|a|b)(\d+)")
_PRE_RELEASE_WORDS = {"a": "alpha", "b": "beta"}


def check_purls(document: DocumentView) -> Iterator[Violation]:
    """Require at most one purl, which parses and has the version of versionInfo."""
    for package in document.packages:
        id_, purls = document.element_name(package), _get_purls(package)
        if len(purls) > 1:
            message = f"has {len(purls)} purls; consumers take the first"
            yield Violation(id_, message, "keep one")
        for purl in purls:
            yield from _check_purl(id_, purl, package)


def _get_purls(package: JsonObject) -> list[str]:
    """Return the purls of a package as they are written, with blanks around them."""
    locators = [
        reference.get("referenceLocator")
        for reference in get_objects(package, "externalRefs")
        if get_text(reference, "referenceType") == "purl"
    ]
    return [locator for locator in locators if isinstance(locator, str)]


def _check_purl(id_: str, purl: str, package: JsonObject) -> Iterator[Violation]:
    if re.search(r"\s", purl):
        yield Violation(id_, f"the purl has blanks: {purl!r}", "write a blank in a name as %20")
        return
    try:
        parsed = PackageURL.from_string(purl)
    except ValueError:
        message = f"is not a purl: {purl}"
        yield Violation(id_, message, "write it as github.com/package-url/purl-spec describes")
        return
    version, purl_version = get_text(package, "versionInfo"), parsed.version or ""
    if purl_version != version:
        message = f"versionInfo is {version!r}, but the purl has version {purl_version!r}"
        yield Violation(id_, message, "use one version in both")
    yield from _check_purl_checksums(id_, parsed, package)


def _check_purl_checksums(id_: str, purl: PackageURL, package: JsonObject) -> Iterator[Violation]:
    """Yield checksums in a purl that the package states otherwise."""
    stated = {
        get_text(row, "algorithm").lower(): get_text(row, "checksumValue").lower()
        for row in get_objects(package, "checksums")
    }
    qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
    for checksum in filter(None, qualifiers.get("checksum", "").split(",")):
        algorithm, _, value = checksum.partition(":")
        if stated.get(algorithm.lower(), value.lower()) != value.lower():
            message = f"the package states another {algorithm.upper()} than its purl"
            yield Violation(id_, message, "use one checksum in both")


def check_cpes(document: DocumentView) -> Iterator[Violation]:
    """Require well-formed CPEs of the version of versionInfo, a pre-release as the update."""
    for package in document.packages:
        id_, version = document.element_name(package), get_text(package, "versionInfo")
        for cpe in get_locators(package, "cpe23Type"):
            if not _CPE.fullmatch(cpe):
                message = f"is not a CPE 2.3 name: {cpe}"
                yield Violation(id_, message, "write it as NISTIR 7695, clause 6.2 describes")
                continue
            found, expected = _parse_cpe_version(cpe), _split_pre_release(version)
            if found != expected:
                message = f"versionInfo is {version!r}, but the CPE has version {':'.join(found)!r}"
                hint = f"write the version as NVD does: {':'.join(expected)}"
                yield Violation(id_, message, hint)


def _parse_cpe_version(cpe: str) -> tuple[str, str]:
    """Return version and update of a CPE, unquoted; NVD writes both ``alpha1`` and ``a1``."""
    fields = re.split(r"(?<!\\):", cpe)
    version, update = (re.sub(r"\\(.)", r"\1", field) for field in fields[5:7])
    short = re.fullmatch(r"(a|b)(\d+)", update)
    return version, _PRE_RELEASE_WORDS[short[1]] + short[2] if short else update.replace("-", "*")


def _split_pre_release(version: str) -> tuple[str, str]:
    """Return version and update as NVD's dictionary has them: ``3.15.0`` and ``rc1``."""
    parts = _PRE_RELEASE.fullmatch(version.lower())
    if parts is None:
        return version.lower() or "*", "*"
    return parts[1], _PRE_RELEASE_WORDS.get(parts[2], parts[2]) + parts[3]


def check_reference_categories(document: DocumentView) -> Iterator[Violation]:
    """Require PACKAGE-MANAGER: https://github.com/spdx/tools-python/issues/813."""
    for package in document.packages:
        for reference in get_objects(package, "externalRefs"):
            category = get_text(reference, "referenceCategory")
            if "_" in category:
                message = f"the reference category is {category}"
                hint = f"write {category.replace('_', '-')}, which SPDX 2.3.0 and 2.3.1 both accept"
                yield Violation(document.element_name(package), message, hint)


# Licenses.

_NO_LICENSE = ("", "NONE", "NOASSERTION")
_PACKAGE_KEYS = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles")
_FILE_KEYS = ("licenseConcluded", "licenseInfoInFiles")


def check_license_expressions(document: DocumentView) -> Iterator[Violation]:
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
                yield Violation(document.element_name(element), f"{key}: {message}", hint)


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
