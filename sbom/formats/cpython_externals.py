"""Misc/externals.spdx.json, the way CPython keeps it.

CPython's own tool changes versions and locations in that file in place and leaves the rest to
people. So what they wrote into the tree's file stays, and a file is made anew only without one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sbom.formats.json_document import JsonObject, get_objects, get_text

#: CPE 2.3 up to its version, and the version; a backslash hides a colon (NISTIR 7695, 6.2).
_CPE = re.compile(r"(cpe:2\.3(?::(?:\\.|[^:\\])+){3}):(?:\\.|[^:\\])+")
_HEADER = {"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3"}


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamPackage:
    """A source external as the file lists it.

    ``cpes`` and ``originator`` are for a file that does not list it yet. With ``purl``, the
    version and all identifiers are upstream's, and replace those in the file.
    """

    name: str
    version: str
    download_location: str
    sha256: str
    cpes: tuple[str, ...] = ()
    originator: str = ""
    purl: str = ""


def write_cpython_externals(
    packages: Sequence[UpstreamPackage], tree_file: JsonObject | None, *, sort: bool
) -> bytes:
    """Return Misc/externals.spdx.json with these packages and what ``tree_file`` states about them.

    They are in the order of that file, if it lists the same ones; else sorted by name, or as given.
    """
    document = tree_file or {}
    listed = {get_text(entry, "name"): entry for entry in get_objects(document, "packages")}
    written = [_write_package(package, listed.get(package.name)) for package in packages]
    names = [package.name for package in packages]
    if sorted(names) == sorted(listed):
        order = list(listed)
        written.sort(key=lambda package: order.index(package["name"]))
    elif sort:
        written.sort(key=lambda package: package["name"])
    data = {**_HEADER, **document, "packages": written}
    # CPython's tool writes it like this, with non-ASCII escaped: orjson cannot.
    return json.dumps(data, indent=2, sort_keys=True).encode()


def _write_package(package: UpstreamPackage, listed: JsonObject | None) -> dict[str, Any]:
    written: dict[str, Any] = {
        "SPDXID": f"SPDXRef-PACKAGE-{package.name}",
        "externalRefs": [_cpe_reference(cpe) for cpe in package.cpes],
        "licenseConcluded": "NOASSERTION",
        "name": package.name,
        "primaryPackagePurpose": "SOURCE",
    }
    if listed is None and package.originator:
        written["originator"] = package.originator
    if listed is not None:
        before = get_text(listed, "versionInfo")
        references = get_objects(listed, "externalRefs")
        written |= listed
        written["externalRefs"] = [
            _update(reference, before, package.version) for reference in references
        ]
    if package.purl:
        cpes = [_cpe_reference(cpe) for cpe in package.cpes]
        written["externalRefs"] = [*cpes, _purl_reference(package.purl)]
    checksum = {"algorithm": "SHA256", "checksumValue": package.sha256}
    checksums = get_objects(written, "checksums")
    return written | {
        "checksums": checksums if checksum in checksums else [checksum],
        "downloadLocation": package.download_location,
        "versionInfo": package.version,
    }


def _update(reference: JsonObject, before: str, version: str) -> dict[str, Any]:
    """Return an external reference with another version: in the field of a CPE, or anywhere."""
    locator = get_text(reference, "referenceLocator")
    if reference.get("referenceType") == "cpe23Type":
        locator = _CPE.sub(lambda match: f"{match[1]}:{version}", locator, count=1)
    elif before:
        locator = locator.replace(before, version)
    return {**reference, "referenceLocator": locator}


def _cpe_reference(locator: str) -> dict[str, str]:
    return {
        "referenceCategory": "SECURITY",
        "referenceLocator": locator,
        "referenceType": "cpe23Type",
    }


def _purl_reference(locator: str) -> dict[str, str]:
    # The category has an underscore in CPython's SBOMs, a hyphen in the specification.
    return {
        "referenceCategory": "PACKAGE_MANAGER",
        "referenceLocator": locator,
        "referenceType": "purl",
    }
