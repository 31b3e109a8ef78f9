"""An SPDX document, ours or anybody's, read for what it says of files: digests and components."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sbom.diagnostics import Code, Diagnostic, SbomError
from sbom.validation.view import Document, Table, rows, text

#: What we hash files with, by SPDX's names.
_ALGORITHMS = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
#: How a file can be of a package, seen from the file and from the package.
_FROM_FILE = ("OTHER", "STATIC_LINK", "CONTAINED_BY", "GENERATED_FROM")
_FROM_PACKAGE = ("CONTAINS",)

Digests = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentIndex:
    """What a document lists.

    ``files`` and ``packages`` map paths, and names of what a package ships as, to digests, by
    ``sha1``, ``sha256`` and ``sha512``; ``components`` maps the names of packages to their
    versions; ``parts`` map paths to the names and versions of the packages they are of.
    """

    files: Mapping[str, Digests]
    packages: Mapping[str, Digests]
    components: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, tuple[tuple[str, str], ...]]


def index_document(content: str, name: str) -> DocumentIndex:
    """Return what a document lists. Raises SbomError where it is no SPDX 2 document in JSON."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _none(name, f"is no JSON: {error}") from error
    if not isinstance(data, dict) or not text(data, "spdxVersion").startswith("SPDX-2."):
        raise _none(name, "is no document of SPDX 2.x in JSON")
    document = Document(data)
    paths = {text(one, "SPDXID"): _path(one) for one in document.files}
    named = {
        text(one, "SPDXID"): (text(one, "name"), text(one, "versionInfo"))
        for one in document.packages
    }
    components: dict[str, list[str]] = {}
    for called, version in named.values():
        components.setdefault(called, []).append(version)
    return DocumentIndex(
        files={_path(one): _digests(one) for one in document.files},
        packages={
            text(one, "packageFileName"): digests
            for one in document.packages
            if text(one, "packageFileName") and (digests := _digests(one))
        },
        components={called: tuple(found) for called, found in components.items()},
        parts=_parts(document, paths, named),
    )


def _path(file: Table) -> str:
    return text(file, "fileName").removeprefix("./")


def _digests(element: Table) -> Digests:
    return {
        _ALGORITHMS[text(one, "algorithm")]: text(one, "checksumValue").lower()
        for one in rows(element, "checksums")
        if text(one, "algorithm") in _ALGORITHMS
    }


def _parts(
    document: Document, paths: Mapping[str, str], named: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the packages each file is of; that all files are of the root says nothing."""
    roots = set(document.roots)
    found: dict[str, dict[tuple[str, str], None]] = {}
    for left, kind, right in document.edges:
        if kind in _FROM_FILE:
            file, package = left, right
        elif kind in _FROM_PACKAGE:
            file, package = right, left
        else:
            continue
        if file in paths and package in named and package not in roots:
            found.setdefault(paths[file], {})[named[package]] = None
    return {path: tuple(parts) for path, parts in found.items()}


def _none(name: str, message: str) -> SbomError:
    problem = Diagnostic(
        code=Code.INVALID_DOCUMENT,
        file=name,
        message=message,
        hint="name the document that was published with these files",
    )
    return SbomError([problem])
