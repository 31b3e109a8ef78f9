"""Invariants of package URLs and CPE names, and what either is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packageurl import PackageURL

from sbom.validation.view import Document, references, rows, text
from sbom.validation.wording import Finding

#: A CPE 2.3 name: NISTIR 7695, clause 6.2, the formatted string binding.
_CPE_VALUE = r"(?:[*-]|(?:\?+|\*)?(?:[\w.\-]|\\[^\w\s])+(?:\?+|\*)?)"
CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_VALUE}){{10}}", re.ASCII)
_EARLY = re.compile(r"(\d+(?:\.\d+)*)-?(alpha|beta|rc|a|b)(\d+)")
_EARLY_WORDS = {"a": "alpha", "b": "beta"}


def parsed_purl(purl: str) -> PackageURL | None:
    """Return a package URL, or None if it is none."""
    try:
        return PackageURL.from_string(purl)
    except ValueError:
        return None


def one_purl(read: Document) -> Iterator[Finding]:
    """Ask for at most one purl, which parses and has the version of versionInfo."""
    for package in read.packages:
        where, purls = text(package, "SPDXID"), references(package, "purl")
        if len(purls) > 1:
            yield where, f"has {len(purls)} purls; consumers take the first", "keep one"
        for purl in purls:
            yield from _purl_findings(where, purl, text(package, "versionInfo"))


def _purl_findings(where: str, purl: str, version: str) -> Iterator[Finding]:
    parsed = parsed_purl(purl)
    if parsed is None:
        yield where, f"{purl} is no purl", "see github.com/package-url/purl-spec"
        return
    said = parsed.version or ""
    if said != version:
        yield where, f"the purl says version {said!r}, versionInfo {version!r}", "let them agree"


def cpes_agree(read: Document) -> Iterator[Finding]:
    """Ask for well-formed CPEs of the version of versionInfo, a pre-release as the update."""
    for package in read.packages:
        where, version = text(package, "SPDXID"), text(package, "versionInfo")
        for cpe in references(package, "cpe23Type"):
            if not CPE.fullmatch(cpe):
                yield where, f"{cpe} is no CPE 2.3 name", "see NISTIR 7695, clause 6.2"
                continue
            said = _cpe_version(cpe)
            if said != _as_in_cpe(version):
                message = f"the CPE says version {':'.join(said)!r}, versionInfo {version!r}"
                hint = f"NVD's form of that version is {':'.join(_as_in_cpe(version))!r}"
                yield where, message, hint


def _cpe_version(cpe: str) -> tuple[str, str]:
    """Return version and update of a CPE, unquoted; ``rc1`` and ``alpha1`` as NVD has them."""
    fields = re.split(r"(?<!\\):", cpe)
    version, update = (re.sub(r"\\(.)", r"\1", field) for field in fields[5:7])
    short = re.fullmatch(r"(a|b)(\d+)", update)
    return version, _EARLY_WORDS[short[1]] + short[2] if short else update.replace("-", "*")


def _as_in_cpe(version: str) -> tuple[str, str]:
    """Return version and update that NVD's dictionary has: ``3.15.0`` and ``rc1``."""
    early = _EARLY.fullmatch(version.lower())
    if early is None:
        return version.lower() or "*", "*"
    return early[1], _EARLY_WORDS.get(early[2], early[2]) + early[3]


def categories_are_spelled(read: Document) -> Iterator[Finding]:
    """Ask for PACKAGE-MANAGER: https://github.com/spdx/tools-python/issues/813."""
    for package in read.packages:
        for reference in rows(package, "externalRefs"):
            said = text(reference, "referenceCategory")
            if "_" in said:
                hint = f"write {said.replace('_', '-')}; schema 2.3.0 knows no other spelling"
                yield text(package, "SPDXID"), f"the reference category is {said}", hint
