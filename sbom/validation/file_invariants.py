"""Invariants of files: their checksums and names, and what refers to them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from sbom.formats.json_document import JsonObject, get_object, get_objects, get_text, get_texts
from sbom.formats.spdx2_view import DocumentView
from sbom.validation.report import Violation

#: Hexadecimal digits of each algorithm of SPDX 2.3; 0 where the length is not fixed.
_DIGITS = {
    "ADLER32": 8,
    "BLAKE2b-256": 64,
    "BLAKE2b-384": 96,
    "BLAKE2b-512": 128,
    "BLAKE3": 0,
    "MD2": 32,
    "MD4": 32,
    "MD5": 32,
    "MD6": 0,
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA3-256": 64,
    "SHA3-384": 96,
    "SHA3-512": 128,
    "SHA384": 96,
    "SHA512": 128,
}


def check_files_analyzed(document: DocumentView) -> Iterator[Violation]:
    """Require filesAnalyzed, true only with the verification code of the contained files."""
    for package in document.packages:
        id_, is_analyzed = document.element_name(package), package.get("filesAnalyzed")
        if not isinstance(is_analyzed, bool):
            message = "has no filesAnalyzed, which defaults to true"
            yield Violation(id_, message, "state true or false")
        elif is_analyzed:
            files = document.contained_files.get(id_, [])
            yield from _check_verification_code(id_, package, files)


def _check_verification_code(
    id_: str, package: JsonObject, files: list[JsonObject]
) -> Iterator[Violation]:
    verification = get_object(package, "packageVerificationCode")
    code = get_text(verification, "packageVerificationCodeValue")
    if not code:
        hint = "add packageVerificationCode, or state filesAnalyzed false"
        yield Violation(id_, "filesAnalyzed is true, but the verification code is missing", hint)
        return
    excluded = get_texts(verification, "packageVerificationCodeExcludedFiles")
    counted = [file for file in files if get_text(file, "fileName") not in excluded]
    digests = [digest for file in counted if (digest := _get_sha1(file))]
    if missing := len(counted) - len(digests):
        subject = "1 file has" if missing == 1 else f"{missing} files have"
        message = f"the verification code cannot be checked: {subject} no SHA1 checksum"
        yield Violation(id_, message, "give every contained file a SHA1 checksum")
        return
    expected = _compute_verification_code(digests)
    if expected != code:
        message = f"the verification code of its {len(digests)} files is {expected}, found {code}"
        yield Violation(id_, message, "compute it as SPDX 2.3, clause 7.9 describes")


def _compute_verification_code(digests: list[str]) -> str:
    """Return the verification code of files by their SHA-1: SPDX 2.3, clause 7.9."""
    joined = "".join(sorted(digests)).encode("utf-8", "replace")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def _get_sha1(file: JsonObject) -> str:
    checksums = get_objects(file, "checksums")
    sha1 = (row for row in checksums if get_text(row, "algorithm") == "SHA1")
    return next((get_text(row, "checksumValue") for row in sha1), "")


def check_checksums(document: DocumentView) -> Iterator[Violation]:
    """Require the lower-case digits of each checksum's algorithm."""
    for element in [*document.packages, *document.files]:
        rows = get_objects(element, "checksums")
        algorithms = [get_text(row, "algorithm") for row in rows]
        if len(algorithms) > len(set(algorithms)):
            repeated = max(algorithms, key=algorithms.count)
            message = f"has {algorithms.count(repeated)} {repeated} checksums"
            yield Violation(document.element_name(element), message, "state the one that is right")
        for row in rows:
            algorithm, value = get_text(row, "algorithm"), get_text(row, "checksumValue")
            digits = _DIGITS.get(algorithm)
            if digits is None:
                message = f"{algorithm or 'a checksum'} is not an algorithm of SPDX 2.3"
                hint = f"use one of {', '.join(sorted(_DIGITS))}"
            elif not re.fullmatch(r"[0-9a-f]+", value) or digits not in (0, len(value)):
                count = f"{digits} " if digits else ""
                message = f"{algorithm}: expected {count}lower-case hex digits, found {value!r}"
                hint = "correct the checksum"
            else:
                continue
            yield Violation(document.element_name(element), message, hint)


def check_file_names(document: DocumentView) -> Iterator[Violation]:
    """Require file names that start with ``./`` and have slashes: SPDX 2.3, clause 8.1."""
    for file in document.files:
        id_, name = document.element_name(file), get_text(file, "fileName")
        if not name.strip("./\\"):
            message = f"has no file name: {name!r}" if name else "has no file name"
            yield Violation(id_, message, "name the file as SPDX 2.3, clause 8.1, or remove it")
        elif "\\" in name:
            message = f"the file name has backslashes: {name!r}"
            yield Violation(id_, message, "separate directories by /")
        elif ".." in name.split("/"):
            message = f"the file name leads out of the package: {name!r}"
            yield Violation(id_, message, "write the path from the top directory of the package")
        elif not name.startswith("./"):
            message = f"the file name does not start with ./: {name!r}"
            yield Violation(id_, message, "write it as SPDX 2.3, clause 8.1")


def check_repeated_files(document: DocumentView) -> Iterator[Violation]:
    """Require one checksum of each algorithm for a file name in a package."""
    for id_, files in document.contained_files.items():
        stated: dict[tuple[str, str], str] = {}
        for file in sorted(files, key=document.element_name):
            name = get_text(file, "fileName")
            for row in get_objects(file, "checksums"):
                algorithm, value = get_text(row, "algorithm"), get_text(row, "checksumValue")
                if stated.setdefault((name, algorithm), value) != value:
                    message = f"contains {name} with two {algorithm} checksums"
                    yield Violation(id_, message, "list each file once, as it is in the package")
                    break


#: A file name in a comment on how something is shipped; patterns of names have a ``*``.
_BINARY_NAME = re.compile(r"(?<![\w./\\*?-])[\w.+-]+\.(?:dll|exe|pyd)(?![\w*?-])", re.IGNORECASE)


def check_comments(document: DocumentView) -> Iterator[Violation]:
    """Require that what comments on relationships name is among the files of the package.

    Only of packages whose files the document lists: "used by _tkinter.pyd" is wrong where the
    package has no such file.
    """
    contents: dict[str, set[str]] = {}
    for row in get_objects(document.data, "relationships"):
        id_, named = get_text(row, "spdxElementId"), _BINARY_NAME.findall(get_text(row, "comment"))
        if not named or id_ not in document.contained_files:
            continue
        if id_ not in contents:
            contents[id_] = _list_base_names(document, id_)
        absent = [name for name in dict.fromkeys(named) if name.lower() not in contents[id_]]
        if absent:
            related = f"{get_text(row, 'relationshipType')} {get_text(row, 'relatedSpdxElement')}"
            verb = "is" if len(absent) == 1 else "are"
            message = f"{related}: the comment names {', '.join(absent)}, which {verb} not among"
            yield Violation(id_, f"{message} its files", "remove the name, or add the file")


def _list_base_names(document: DocumentView, id_: str) -> set[str]:
    """Return the base names, in lower case, of the files in a package and in what it contains."""
    packages: dict[str, list[str]] = {}
    for left, kind, right in document.forward:
        if kind == "CONTAINS":
            packages.setdefault(left, []).append(right)
    pending, reached = [id_], {id_}
    while pending:
        new = set(packages.get(pending.pop(), ())) - reached
        reached |= new
        pending += new
    files = (file for inside in reached for file in document.contained_files.get(inside, ()))
    return {get_text(file, "fileName").rpartition("/")[2].lower() for file in files}
