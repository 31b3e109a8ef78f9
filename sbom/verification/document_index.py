"""An SPDX document, ours or anybody's, read for what it says of files: digests and components."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sbom.diagnostics import SbomError
from sbom.diagnostics.document_messages import invalid_document
from sbom.formats.spdx2_view import DocumentView, JsonObject, get_objects, get_text

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
        raise _none(name, f"is not JSON: {error}") from error
    if not isinstance(data, dict) or not get_text(data, "spdxVersion").startswith("SPDX-2."):
        raise _none(name, "is not an SPDX 2 document in JSON")
    document = DocumentView(data)
    paths = {get_text(one, "SPDXID"): _path(one) for one in document.files}
    named = {
        get_text(one, "SPDXID"): (get_text(one, "name"), get_text(one, "versionInfo"))
        for one in document.packages
    }
    components: dict[str, list[str]] = {}
    for called, version in named.values():
        components.setdefault(called, []).append(version)
    return DocumentIndex(
        files={_path(one): _digests(one) for one in document.files},
        packages={
            get_text(one, "packageFileName"): digests
            for one in document.packages
            if get_text(one, "packageFileName") and (digests := _digests(one))
        },
        components={called: tuple(found) for called, found in components.items()},
        parts=_parts(document, paths, named),
    )


def _path(file: JsonObject) -> str:
    return get_text(file, "fileName").removeprefix("./")


def _digests(element: JsonObject) -> Digests:
    return {
        _ALGORITHMS[get_text(one, "algorithm")]: get_text(one, "checksumValue").lower()
        for one in get_objects(element, "checksums")
        if get_text(one, "algorithm") in _ALGORITHMS
    }


def _parts(
    document: DocumentView, paths: Mapping[str, str], named: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the packages each file is of; that all files are of the root says nothing."""
    roots = set(document.roots)
    found: dict[str, dict[tuple[str, str], None]] = {}
    for left, kind, right in document.relationships:
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
    hint = "name the document that was published with these files"
    return SbomError([invalid_document(name, "", message, hint)])
