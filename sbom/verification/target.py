"""What ``verify`` looks at: a folder, an archive that is never unpacked, or one binary."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from sbom.binaries.binary import InspectFn
from sbom.binaries.pe import is_pe
from sbom.diagnostics import InputError, SbomError
from sbom.diagnostics.file_messages import input_error
from sbom.files.directory import read_folder
from sbom.files.shipped_file import ShippedFile
from sbom.files.zip import ArchiveContents, hash_stream, open_archives
from sbom.io import is_directory, read_bytes, read_error, read_utf8

_ZIP = b"PK"
#: Members that are packages themselves, as the upload to the Store has one.
_PACKAGES = (".appx", ".msix", ".nupkg")
_LIBRARY = re.compile(r"(?:.*/)?python3\d+t?(?:_d)?\.dll", re.IGNORECASE)
_BESIDE = ".spdx.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyTarget:
    """Files to look at: those of a folder, the members of an archive, or a file by itself.

    ``own`` is the archive itself; ``root`` is what stands before the path of each file of
    Python, where its DLL is.
    """

    name: str
    files: tuple[ShippedFile, ...]
    own: ShippedFile | None
    root: str


def open_target(path: Path, inspect: InspectFn) -> VerifyTarget:
    """Return what is at a path, every file hashed and every binary looked into.

    Raises SbomError where it cannot be read, or an archive is not to be trusted.
    """
    own = None
    if is_directory(path):
        files = read_folder(path, inspect)
    else:
        start = _start(path)
        if start == _ZIP:
            (opened,) = open_archives([(path, path.name)], _is_package, inspect=inspect)
            if opened.problems:
                raise SbomError(opened.problems)
            own, files = opened.own, _members(opened)
        elif is_pe(start):
            files = (hash_stream(path.name, [read_bytes(path)], inspect),)
            own = files[0]
        else:
            hint = "name a layout, an installed Python, a zip, nupkg or msix, or a DLL"
            message = "is not a directory, a zip file or a PE file"
            raise InputError([input_error(str(path), message, hint)])
    return VerifyTarget(name=str(path), files=files, own=own, root=_root(files))


def _start(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            message = "is neither a directory nor a regular file"
            raise InputError([input_error(str(path), message, "name one of these")])
        with path.open("rb") as file:
            return file.read(2)
    except OSError as error:
        raise read_error(path, error) from error


def _is_package(path: str) -> bool:
    return path.lower().endswith(_PACKAGES)


def _members(opened: ArchiveContents, before: str = "") -> tuple[ShippedFile, ...]:
    """Return the members of an archive, and those of packages in it below their paths."""
    mine = [replace(one, path=before + one.path) for one in opened.files]
    inner = [
        file
        for name, nested in opened.nested.items()
        for file in _members(nested, f"{before}{name}/")
    ]
    return tuple(sorted([*mine, *inner], key=lambda file: file.path))


def _root(files: tuple[ShippedFile, ...]) -> str:
    """Return the folder of CPython's DLL, with a slash; the topmost, and empty for none."""
    found = [file.path for file in files if _LIBRARY.fullmatch(file.path)]
    nearest = min(found, key=lambda path: (path.count("/"), path), default="")
    return nearest[: nearest.rfind("/") + 1]


def document_of(path: Path, named: Path | None) -> tuple[str, str] | None:
    """Return text and name of the document named, or of the one beside a path; else None."""
    place = named or path.resolve().with_name(f"{path.resolve().name}{_BESIDE}")
    if named is None and not place.is_file():
        return None
    return read_utf8(place), str(named or place.name)
