"""Invariants of files, their checksums and the verification codes of packages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from sbom.validation.view import Document, Table, rows, table, text, texts
from sbom.validation.wording import Finding

#: Hexadecimal digits of each algorithm; MD6 and BLAKE3 have no fixed length.
_DIGITS = {
    name: int(digits)
    for name, digits in re.findall(
        r"(\S+)=(\d+)",
        "ADLER32=8 MD2=32 MD4=32 MD5=32 MD6=0 BLAKE3=0 "
        "SHA1=40 SHA224=56 SHA256=64 SHA384=96 SHA512=128 SHA3-256=64 SHA3-384=96 SHA3-512=128 "
        "BLAKE2b-256=64 BLAKE2b-384=96 BLAKE2b-512=128",
    )
}


def analysis_is_explicit(read: Document) -> Iterator[Finding]:
    """Ask for filesAnalyzed, true only with the verification code of the files that are there."""
    for package in read.packages:
        where, analyzed = text(package, "SPDXID"), package.get("filesAnalyzed")
        code = text(table(package, "packageVerificationCode"), "packageVerificationCodeValue")
        if not isinstance(analyzed, bool):
            yield where, "filesAnalyzed is not said, which means true", "say true or false"
        elif analyzed and not code:
            hint = "add packageVerificationCode, or say false"
            yield where, "filesAnalyzed is true, without a verification code", hint
        elif analyzed:
            yield from _code_findings(package, code, read.contained.get(where, []))


def _code_findings(package: Table, code: str, files: list[Table]) -> Iterator[Finding]:
    where = text(package, "SPDXID")
    skipped = texts(
        table(package, "packageVerificationCode"), "packageVerificationCodeExcludedFiles"
    )
    counted = [file for file in files if text(file, "fileName") not in skipped]
    digests = [digest for file in counted if (digest := _sha1(file))]
    if len(digests) != len(counted):
        lacking = len(counted) - len(digests)
        message = f"the verification code cannot be checked: {lacking} files have no SHA1"
        yield where, message, "give every contained file its SHA1"
        return
    joined = "".join(sorted(digests)).encode("utf-8", "replace")
    right = hashlib.sha1(joined, usedforsecurity=False).hexdigest()
    if right != code:
        message = f"the verification code is {code}; that of its {len(digests)} files is {right}"
        yield where, message, "SPDX 2.3, clause 7.9 says how it is computed"


def _sha1(file: Table) -> str:
    found = (row for row in rows(file, "checksums") if text(row, "algorithm") == "SHA1")
    return next((text(row, "checksumValue") for row in found), "")


def checksums_are_well_formed(read: Document) -> Iterator[Finding]:
    """Ask for the lower-case digits of each checksum's algorithm."""
    for element in [*read.packages, *read.files]:
        for row in rows(element, "checksums"):
            algorithm, value = text(row, "algorithm"), text(row, "checksumValue")
            digits = _DIGITS.get(algorithm)
            if digits is None:
                message = f"{algorithm or 'a checksum'} is no algorithm of SPDX 2.3"
                hint = f"one of {', '.join(sorted(_DIGITS))}"
            elif not re.fullmatch(r"[0-9a-f]+", value) or digits not in (0, len(value)):
                message = f"the {algorithm} checksum is {value!r}"
                hint = f"write {digits or 'its'} lower-case hexadecimal digits"
            else:
                continue
            yield text(element, "SPDXID"), message, hint


def file_names_are_relative(read: Document) -> Iterator[Finding]:
    """Ask for file names that start with ``./``."""
    for file in read.files:
        if not text(file, "fileName").startswith("./"):
            message = f"the file name is {text(file, 'fileName')!r}"
            yield text(file, "SPDXID"), message, "start it with ./ (SPDX 2.3, clause 8.1)"
