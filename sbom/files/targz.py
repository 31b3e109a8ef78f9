r"""An archive's bytes to what is known of it, in one pass; nothing is ever unpacked to disk.

What is believed:

- one gzip member, whole and with nothing behind it; in it one tar with its end mark;
- one top folder, which every member is in; a path is relative, without ``..``, ``\`` or drive;
- regular files are hashed, a hard link is the file it names again, which must have come before;
- folders are skipped, and so are symbolic links that stay inside the top folder: they are no
  regular files, and the package verification code counts none of them;
- GitHub's ``pax_global_header`` gives the commit; one that sets a path or size is a fault.

Anything else (device, FIFO, sparse file, unknown type, a path twice) is a fault.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from sbom.binaries.pe import authenticode_of
from sbom.files.gzip import GzipStream, Limits, fault
from sbom.files.hashing import verification_code
from sbom.files.tar import Member, Tar, Type

_PIECE = 1 << 17
#: What Windows loads, whose Authenticode digest is told too.
_LIBRARY = ".dll"
_BELIEVED = frozenset({Type.FILE, Type.FOLDER, Type.HARD, Type.SYMBOLIC})


@dataclass(frozen=True, slots=True)
class Entry:
    """One regular file: its path below the top folder, its digests, its size in bytes.

    ``authenticode`` is the digest that signing does not change of a ``.dll`` that is one, and
    empty of anything else.
    """

    path: str
    sha1: str
    sha256: str
    size: int
    authenticode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveInfo:
    """What an archive says: digests and size as it is served, and what is in it.

    ``entries`` are sorted by path; ``commit`` is what git wrote into the header, or empty.
    """

    sha256: str
    sha512: str
    size: int
    files: int
    verification_code: str
    entries: tuple[Entry, ...]
    commit: str = ""


def read_archive(chunks: Iterable[bytes], name: str, limits: Limits | None = None) -> ArchiveInfo:
    """Return the facts of the .tar.gz that ``chunks`` are the bytes of, read to their end.

    ``name`` is what problems call the archive. Raises DamagedError where it is not whole or no
    archive, ArchiveError where it is not believed.
    """
    stream = GzipStream(chunks, name, limits or Limits())
    tar = Tar(stream, name)
    found = _Contents(tar, name, stream.limits.member)
    for member in tar.members():
        found.add(member)
    stream.finish()
    if not found.top:
        raise fault(name, "holds nothing")
    entries = tuple(sorted(found.files.values(), key=lambda entry: entry.path))
    return ArchiveInfo(
        sha256=stream.sha256.hexdigest(),
        sha512=stream.sha512.hexdigest(),
        size=stream.size,
        files=len(entries),
        verification_code=verification_code([entry.sha1 for entry in entries]),
        entries=entries,
        commit=tar.commit,
    )


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Return the contents of a file as ``read_archive`` takes them."""
    return iter(lambda: file.read(_PIECE), b"")


class _Contents:
    """What an archive holds, member by member; each is judged before it is read."""

    def __init__(self, tar: Tar, name: str, limit: int) -> None:
        self.top = ""
        self.files: dict[str, Entry] = {}
        self._links: set[str] = set()
        self._tar = tar
        self._name = name
        self._limit = limit

    def add(self, member: Member) -> None:
        """Add one member. Raises ArchiveError, which names it, where it is not believed."""
        if member.type not in _BELIEVED:
            raise fault(self._name, f"holds {member.path!r}, {member.type}")
        inside = self._inside(member.path, member.path)
        if member.type is Type.FOLDER:
            if member.size:
                raise fault(self._name, f"the folder {member.path!r} has contents")
            return
        self._new(inside, member.path)
        match member.type:
            case Type.FILE:
                self.files[inside] = self._hashed(inside, member)
            case Type.HARD:
                self.files[inside] = self._linked(inside, member)
            case _:
                self._links.add(inside)
                self._stays(member)

    def _inside(self, path: str, member: str) -> str:
        """Return a path below the top folder; the first member says what that one is."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\\" in path or "\0" in path or ":" in parts[0]:
            raise fault(self._name, f"holds {member!r}, which is no path below a folder")
        if ".." in parts:
            raise fault(self._name, f"holds {member!r}, which leads out of the archive")
        self.top = self.top or parts[0]
        if parts[0] != self.top:
            raise fault(self._name, f"holds {member!r}, which is not in the folder {self.top!r}")
        return "/".join(parts[1:])

    def _new(self, inside: str, path: str) -> None:
        if not inside:
            raise fault(self._name, f"holds {path!r}, which is in no folder")
        if inside in self.files or inside in self._links:
            raise fault(self._name, f"holds {path!r} twice")
        above = {str(folder) for folder in PurePosixPath(inside).parents}
        if above & self.files.keys() or above & self._links:
            raise fault(self._name, f"holds {path!r}, which is below something that is no folder")

    def _hashed(self, inside: str, member: Member) -> Entry:
        if not 0 <= member.size <= self._limit:
            message = f"holds {member.path!r} of {member.size} bytes; {self._limit} are believed"
            raise fault(self._name, message)
        sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
        kept: list[bytes] = []
        for piece in self._tar.contents(member.size):
            sha1.update(piece)
            sha256.update(piece)
            if inside.lower().endswith(_LIBRARY):
                kept.append(piece)
        authenticode = authenticode_of(b"".join(kept))
        return Entry(inside, sha1.hexdigest(), sha256.hexdigest(), member.size, authenticode)

    def _linked(self, inside: str, member: Member) -> Entry:
        named = f"{member.path} -> {member.link}"
        target = self.files.get(self._inside(member.link, named))
        if target is None or member.size:
            raise fault(self._name, f"holds {named!r}, a hard link to no file before it")
        return replace(target, path=inside)

    def _stays(self, member: Member) -> None:
        """Check that a symbolic link stays inside the top folder, step by step."""
        link = member.link
        out = fault(self._name, f"holds {member.path!r}, a link to {link!r} outside the archive")
        if not link or link.startswith("/") or "\\" in link or ":" in link.partition("/")[0]:
            raise out
        place = list(PurePosixPath(member.path).parts[:-1])
        for part in PurePosixPath(link).parts:
            if part != "..":
                place.append(part)
            elif len(place) > 1:
                place.pop()
            else:
                raise out
