"""The files that Misc/sbom.spdx.json lists, and the bundled wheels, held against their digests."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from sbom.diagnostics import Code, Diagnostic
from sbom.source_tree.tree import WHEEL_LIMIT, SourceTree

_ALGORITHMS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
_MEMBER_LIMIT = 32_000_000


def check_file_checksums(folder: SourceTree, path: str) -> Iterator[Diagnostic]:
    """Yield files that are not what the SBOM at ``path`` says, or that are missing.

    Line ends count as LF in every file without a NUL, as CPython's tool counts them. Where all
    files of a package are gone, somebody has taken it out, and that is no problem.
    """
    data = folder.read(path)
    if data is None:
        return
    text = data.decode("utf-8", "replace")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        yield _problem(path, "", "is no JSON document", "mend it")
        return
    files = {str(one.get("SPDXID")): one for one in _rows(listed, "files")}
    for ids in _packages(listed):
        mine = [files[id_] for id_ in ids if id_ in files]
        names = {str(one.get("fileName", "")) for one in mine}
        if any(folder.has(name) for name in names):
            for one in mine:
                yield from _file(folder, path, text, one)


def _packages(listed: Any) -> list[list[str]]:
    held: dict[str, list[str]] = {}
    for relation in _rows(listed, "relationships"):
        if relation.get("relationshipType") == "CONTAINS":
            id_ = str(relation.get("spdxElementId"))
            held.setdefault(id_, []).append(str(relation.get("relatedSpdxElement")))
    return list(held.values())


def _rows(data: Any, key: str) -> list[Mapping[str, Any]]:
    rows = data.get(key) if isinstance(data, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _file(
    folder: SourceTree, path: str, text: str, listed: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    name = str(listed.get("fileName", ""))
    data = folder.read(name)
    line = str(text.count("\n", 0, max(text.find(json.dumps(name)), 0)) + 1)
    if data is None:
        yield _problem(path, line, f"lists {name}, which is missing", "bring it back, or unlist it")
        return
    if b"\0" not in data:
        data = data.replace(b"\r\n", b"\n")
    for one in _rows(listed, "checksums"):
        algorithm = _ALGORITHMS.get(str(one.get("algorithm")))
        expected = str(one.get("checksumValue", "")).lower()
        if algorithm and algorithm(data).hexdigest() != expected:
            message = f"says {one.get('algorithm')} {expected[:12]}… of {name}, which is another"
            hint = f"find out how {name} changed; then run make regen-sbom"
            yield _problem(path, line, message, hint)
            return


def check_wheel_checksums(
    folder: SourceTree, pattern: str, known: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Yield bundled wheels that are not what their name or their RECORD says.

    ``known`` maps file names of wheels to the SHA-256 that the manifest has of them.
    """
    for path in folder.paths(pattern):
        data = folder.read(path, WHEEL_LIMIT)
        name = path.rpartition("/")[2]
        if data is None:
            yield _problem(path, "", "is too large for a wheel", "find out what it is")
            continue
        expected = known.get(name)
        if expected and hashlib.sha256(data).hexdigest() != expected:
            message = "is not the wheel that externals.toml knows by this name"
            yield _problem(path, "", message, "run: nox -s regen -- --cpython DIR, and look why")
        yield from _wheel(path, name, data)


def _wheel(path: str, name: str, data: bytes) -> Iterator[Diagnostic]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            records = [one for one in wheel.namelist() if re.fullmatch(r"[^/]+/RECORD", one)]
            if len(records) != 1:
                yield _problem(path, "", "has no RECORD", "it is no wheel; fetch it again")
                return
            folder = records[0].partition("/")[0].removesuffix(".dist-info")
            if not name.startswith(f"{folder}-"):
                message = f"holds {folder}, and is called {name}"
                yield _problem(path, "", message, "find out who put it there")
            for member, digest in _recorded(wheel.read(records[0])):
                if not _is(wheel, member, digest):
                    message = f"holds {member}, which is not what its RECORD says"
                    yield _problem(path, "", message, "find out who changed it")
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, KeyError,
            NotImplementedError, EOFError, ValueError, RuntimeError) as error:  # fmt: skip
        yield _problem(path, "", f"is no whole wheel: {error}", "fetch it again")


def _recorded(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield members and their SHA-256 as PEP 376 writes it."""
    for row in csv.reader(io.StringIO(data.decode("utf-8", "replace"))):
        if len(row) > 1 and row[1].startswith("sha256="):
            yield row[0], row[1].removeprefix("sha256=")


def _is(wheel: zipfile.ZipFile, member: str, digest: str) -> bool:
    with wheel.open(member) as file:
        data = file.read(_MEMBER_LIMIT)
    found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return found == digest


def _problem(file: str, where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=Code.CHECKSUM_MISMATCH, file=file, subject=where, message=message, hint=hint
    )
