"""Invariants of package URLs and CPE names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packageurl import PackageURL

from sbom.formats.spdx2_view import DocumentView, get_locators, get_objects, get_text
from sbom.validation.results import Violation

#: A CPE 2.3 name: NISTIR 7695, clause 6.2, the formatted string binding.
_CPE_VALUE = r"(?:[*-]|(?:\?+|\*)?(?:[\w.\-]|\\[^\w\s])+(?:\?+|\*)?)"
_CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_VALUE}){{10}}", re.ASCII)
_PRE_RELEASE = re.compile(r"(\d+(?:\.\d+)*)-?(alpha|beta|rc|a|b)(\d+)")
_PRE_RELEASE_WORDS = {"a": "alpha", "b": "beta"}


def check_purls(document: DocumentView) -> Iterator[Violation]:
    """Require at most one purl, which parses and has the version of versionInfo."""
    for package in document.packages:
        id_, purls = get_text(package, "SPDXID"), get_locators(package, "purl")
        if len(purls) > 1:
            message = f"has {len(purls)} purls; consumers take the first"
            yield Violation(id_, message, "keep one")
        for purl in purls:
            yield from _check_purl(id_, purl, get_text(package, "versionInfo"))


def _check_purl(id_: str, purl: str, version: str) -> Iterator[Violation]:
    try:
        purl_version = PackageURL.from_string(purl).version or ""
    except ValueError:
        message = f"is not a purl: {purl}"
        yield Violation(id_, message, "write it as github.com/package-url/purl-spec describes")
        return
    if purl_version != version:
        message = f"versionInfo is {version!r}, but the purl has version {purl_version!r}"
        yield Violation(id_, message, "use one version in both")


def check_cpes(document: DocumentView) -> Iterator[Violation]:
    """Require well-formed CPEs of the version of versionInfo, a pre-release as the update."""
    for package in document.packages:
        id_, version = get_text(package, "SPDXID"), get_text(package, "versionInfo")
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
                yield Violation(get_text(package, "SPDXID"), message, hint)
