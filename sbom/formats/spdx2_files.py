"""Shipped files as SPDX 2.3 file elements, and what ties them to packages.

Written as JSON at once: a release has as many as a hundred thousand, for which spdx-tools'
model takes minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sbom.binaries.binary import describe_matches
from sbom.files.hashing import verification_code
from sbom.files.shipped_file import ShippedFile, file_types

Element = dict[str, Any]


def file_id(file: ShippedFile) -> str:
    """Return the SPDX id of a file: the same for one path and contents, in every document."""
    named = hashlib.sha256(f"{file.path}\0{file.sha256}".encode()).hexdigest()
    return f"SPDXRef-File-{named[:24]}"


def element(file: ShippedFile, license_concluded: str = "") -> Element:
    """Return a file as SPDX's JSON form has it; with the license of its component."""
    shown = _shown(file)
    return {
        "SPDXID": file_id(file),
        "fileName": f"./{file.path}",
        "fileTypes": list(file_types(file.path)),
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": file.sha1},
            {"algorithm": "SHA256", "checksumValue": file.sha256},
            {"algorithm": "SHA512", "checksumValue": file.sha512},
        ],
        "licenseConcluded": license_concluded or "NOASSERTION",
        "copyrightText": "NOASSERTION",
        **({"comment": shown} if shown else {}),
    }


def _shown(file: ShippedFile) -> str:
    """Return in words what a binary shows, the same for one file in every document."""
    findings = file.binary.findings if file.binary else ()
    told = [
        f"{one.component} {one.version}".rstrip() + f" ({describe_matches([one])})"
        if not one.tag
        else f"{one.tag} ({describe_matches([one])})"
        for one in findings
    ]
    return f"Evidence in the file: {', '.join(told)}." if told else ""


def contained(place: str, files: Iterable[ShippedFile]) -> list[dict[str, str]]:
    """Return the relationships of a package, by its SPDX id, with the files that it contains."""
    return [
        {
            "spdxElementId": place,
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": file_id(file),
        }
        for file in files
    ]


def tied(file: ShippedFile, kind: str, component: Mapping[str, Any]) -> dict[str, str]:
    """Return the relationship of a file with the package it is of or that is linked into it.

    A package whose own archive is described may not contain files (SPDX 2.3, clause 7.8), so
    what it ships as is told by a relationship of another kind.
    """
    relation = {"spdxElementId": file_id(file), "relatedSpdxElement": component["SPDXID"]}
    if kind == "static":
        return {**relation, "relationshipType": "STATIC_LINK"}
    named = f"{component['name']} {component.get('versionInfo', '')}".rstrip()
    return {**relation, "relationshipType": "OTHER", "comment": f"The file is part of {named}."}


def analyzed(package: Element, files: Iterable[ShippedFile]) -> Element:
    """Return a package that says it contains these files and no others."""
    code = verification_code([file.sha1 for file in files])
    return {
        **package,
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": code},
    }
