r"""The .tar.gz of an external to its checksums and files, in one pass, never unpacked to disk.

What is accepted:

- one gzip member or xz stream, complete and with nothing after it; in it one tar with its end mark;
- one top directory that contains every member; a path is relative, without ``..``, ``\`` or drive;
- regular files are hashed; a hard link is the file it names once more, which must precede it;
- directories are skipped, and so are symbolic links that stay inside the top directory: they are
  not regular files, and the package verification code counts none of them;
- GitHub's ``pax_global_header`` gives the commit; one that sets a path or a size is an error.

Anything else (device, FIFO, sparse file, unknown type, a path twice) is an error.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO

from sbom.binaries.pe import authenticode_of
from sbom.files.compressed_stream import (
    ArchiveError,
    CompressedStream,
    DamagedArchiveError,
    GzipStream,
    XzStream,
)
from sbom.files.limits import EXTERNAL_LIMITS, ArchiveLimits
from sbom.files.shipped_file import verification_code

_BLOCK = tarfile.BLOCKSIZE
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: The suffix of what Windows loads, whose Authenticode digest is computed too.
_LIBRARY = ".dll"
#: How names are decoded; what is not UTF-8 stays apart from everything that is.
_ENCODING, _ERRORS = "utf-8", "surrogateescape"
#: The largest header that extends the next one, and the most of them; git writes two.
_EXTENSION_SIZE, _EXTENSION_COUNT = 1 << 20, 8
_PAX_TYPES = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})
_EXTENSIONS = _PAX_TYPES | {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
_PAX_RECORD = re.compile(rb"([1-9]\d{0,6}) ([^=\n]+)=")
_UNREADABLE_PAX = "has a pax header that cannot be read"
_FILE_TYPES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_REFUSED_TYPES = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a FIFO",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One regular file: its path below the top directory, its checksums, its size in bytes.

    ``authenticode`` is the Authenticode SHA-256 of a ``.dll``, which signing does not change, and
    empty for anything else.
    """

    path: str
    sha1: str
    sha256: str
    size: int
    authenticode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveInfo:
    """What is known of an archive: checksums and size as it is served, and what it contains.

    ``files`` are sorted by path; ``commit`` is what git wrote into the header, or empty.
    ``links`` are the symbolic links as files that contain their targets, which is how Python's
    zipfile extracts them; ``verification_code_with_links`` is empty without any.
    """

    sha256: str
    sha512: str
    size: int
    verification_code: str
    files: tuple[ArchiveFile, ...]
    commit: str = ""
    links: tuple[ArchiveFile, ...] = ()

    @property
    def verification_code_with_links(self) -> str:
        """Return the verification code of the files and the links."""
        if not self.links:
            return ""
        return verification_code(member.sha1 for member in (*self.files, *self.links))


def read_targz(file: IO[bytes], name: str, limits: ArchiveLimits = EXTERNAL_LIMITS) -> ArchiveInfo:
    """Return what is known of the .tar.gz or .tar.xz that ``file`` is; diagnostics say ``name``.

    Raises DamagedArchiveError if it is not a complete archive, ArchiveError if it contains
    anything that is not accepted.
    """
    file.seek(0)
    is_xz = file.read(len(XzStream.magic)) == XzStream.magic
    stream = XzStream(file, name, limits) if is_xz else GzipStream(file, name, limits)
    tar = _TarReader(stream, name, limits)
    contents = _Contents(name, limits)
    for member in tar.members():
        contents.add(member, stream)
    stream.finish()
    if not contents.top:
        raise ArchiveError(name, "contains nothing")
    files = tuple(sorted(contents.files.values(), key=lambda member: member.path))
    return ArchiveInfo(
        sha256=stream.sha256.hexdigest(),
        sha512=stream.sha512.hexdigest(),
        size=stream.size,
        verification_code=verification_code(member.sha1 for member in files),
        files=files,
        commit=tar.commit,
        links=tuple(contents.links[path] for path in sorted(contents.links)),
    )


class _TarReader:
    """The members of a tar stream; tarfile parses their headers.

    tarfile by itself takes a damaged header for the end of the archive, reads a long name of any
    length, recurses for each header that extends the next one, and before 3.11.10, 3.12.6 and
    3.13.1 ignores what it cannot read of a pax header.
    """

    def __init__(self, stream: CompressedStream, name: str, limits: ArchiveLimits) -> None:
        self.commit = ""
        self._stream = stream
        self._name = name
        self._limit = limits.members

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Yield each member; its contents have to be read before the next."""
        count = 0
        headers: list[bytes] = []
        while any(block := self._stream.read(_BLOCK)):
            try:
                header = tarfile.TarInfo.frombuf(block, _ENCODING, _ERRORS)
            except tarfile.HeaderError as error:
                message = f"has a damaged tar header after {count} members: {error}"
                raise DamagedArchiveError(self._name, message) from error
            headers.append(block)
            if header.type in _EXTENSIONS:
                headers.append(self._read_extension(header, len(headers) // 2 + 1))
                continue
            count += 1
            if count > self._limit:
                raise ArchiveError(self._name, f"has more than {self._limit} members")
            member = header if len(headers) == 1 else self._extend(headers)
            headers = []
            yield member
            self._stream.read(-member.size % _BLOCK)
        if headers:
            raise ArchiveError(self._name, "ends with a header that belongs to no member")
        if any(self._stream.read(_BLOCK)):
            raise ArchiveError(self._name, "has data after the end of its tar data")

    def _read_extension(self, header: tarfile.TarInfo, count: int) -> bytes:
        """Return what a header that extends the next one consists of, padded to blocks."""
        if not 0 <= header.size <= _EXTENSION_SIZE:
            raise ArchiveError(self._name, f"has an extended header of {header.size} bytes")
        if count > _EXTENSION_COUNT:
            raise ArchiveError(self._name, f"has {count} extended headers for one member")
        data = self._stream.read(header.size)
        if header.type in _PAX_TYPES:
            self._check_pax(data)
        return data + self._stream.read(-header.size % _BLOCK)

    def _check_pax(self, data: bytes) -> None:
        """Raise ArchiveError unless each record is its length, a blank, key=value, a line feed."""
        position = 0
        while position < len(data):
            record = _PAX_RECORD.match(data, position)
            position += int(record[1]) if record else 0
            if not record or position > len(data) or data[position - 1 : position] != b"\n":
                raise ArchiveError(self._name, _UNREADABLE_PAX)
            if record[2].startswith(b"GNU.sparse"):
                raise ArchiveError(self._name, "contains a sparse file")

    def _extend(self, headers: list[bytes]) -> tarfile.TarInfo:
        """Return the member that some headers, the last one its own, are of."""
        stream = io.BytesIO(b"".join(headers))
        try:
            tar = tarfile.TarFile(fileobj=stream, encoding=_ENCODING, errors=_ERRORS)
            member = tar.next()
        except (tarfile.TarError, ValueError) as error:
            raise ArchiveError(self._name, _UNREADABLE_PAX) from error
        # tarfile takes a size that it cannot read for 0.
        if member is None or member.pax_headers.get("size", str(member.size)) != str(member.size):
            raise ArchiveError(self._name, _UNREADABLE_PAX)
        if moved := sorted(tar.pax_headers.keys() & {"path", "linkpath", "size"}):
            raise ArchiveError(self._name, f"sets {' and '.join(moved)} for all of its members")
        if _COMMIT.fullmatch(comment := tar.pax_headers.get("comment", "")):
            self.commit = comment
        return member


class _Contents:
    """What an archive contains; each member is validated before it is read."""

    def __init__(self, name: str, limits: ArchiveLimits) -> None:
        self.top = ""
        self.files: dict[str, ArchiveFile] = {}
        self.links: dict[str, ArchiveFile] = {}
        self._name = name
        self._limit = limits.member_size

    def add(self, member: tarfile.TarInfo, stream: CompressedStream) -> None:
        """Add one member, whose contents are next in the stream. Raises ArchiveError."""
        is_file = member.type in _FILE_TYPES and not member.name.endswith("/")
        is_directory = member.isdir() or (member.type in _FILE_TYPES and not is_file)
        if not (is_file or is_directory or member.issym() or member.islnk()):
            kind = _REFUSED_TYPES.get(member.type, "a member of unknown type")
            raise self._error(f"{member.name!r}, {kind}")
        path = self._path_inside(member.name, repr(member.name))
        if member.size and not is_file:
            raise self._error(f"{member.name!r}, which has contents but is not a file")
        if is_directory:
            return
        self._check_new(path, member.name)
        if is_file:
            self.files[path] = self._hash(path, member, stream)
        elif member.islnk():
            self.files[path] = self._resolve_hard_link(path, member)
        else:
            self._check_symbolic_link(member)
            self.links[path] = _link_as_file(path, member.linkname)

    def _path_inside(self, path: str, label: str) -> str:
        """Return a path below the top directory, which the first member determines."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\\" in path or "\0" in path or ":" in parts[0]:
            raise self._error(f"{label}, which is not a path below a directory")
        if ".." in parts:
            raise self._error(f"{label}, which leads out of the archive")
        self.top = self.top or parts[0]
        if parts[0] != self.top:
            raise self._error(f"{label}, which is not in the directory {self.top!r}")
        return "/".join(parts[1:])

    def _check_new(self, path: str, name: str) -> None:
        if not path:
            raise self._error(f"{name!r}, which is not in a directory")
        if path in self.files or path in self.links:
            raise self._error(f"{name!r} twice")
        above = {str(directory) for directory in PurePosixPath(path).parents}
        if above & self.files.keys() or above & self.links.keys():
            raise self._error(f"{name!r}, which is below something that is not a directory")

    def _hash(self, path: str, member: tarfile.TarInfo, stream: CompressedStream) -> ArchiveFile:
        if not 0 <= member.size <= self._limit:
            size = f"{member.size} bytes; the limit is {self._limit}"
            raise self._error(f"{member.name!r} of {size}")
        sha1, sha256 = hashlib.sha1(usedforsecurity=False), hashlib.sha256()
        library: list[bytes] = []
        for piece in stream.pieces(member.size):
            sha1.update(piece)
            sha256.update(piece)
            if path.lower().endswith(_LIBRARY):
                library.append(bytes(piece))
        authenticode = authenticode_of(b"".join(library))
        return ArchiveFile(path, sha1.hexdigest(), sha256.hexdigest(), member.size, authenticode)

    def _resolve_hard_link(self, path: str, member: tarfile.TarInfo) -> ArchiveFile:
        label = repr(f"{member.name} -> {member.linkname}")
        target = self.files.get(self._path_inside(member.linkname, label))
        if target is None:
            raise self._error(f"{label}, a hard link to no file before it")
        return replace(target, path=path)

    def _check_symbolic_link(self, member: tarfile.TarInfo) -> None:
        """Raise ArchiveError unless a link stays inside the top directory, step by step."""
        link = member.linkname
        outside = self._error(f"{member.name!r}, a link to {link!r} outside the archive")
        if not link or link.startswith("/") or "\\" in link or ":" in link.partition("/")[0]:
            raise outside
        depth = len(PurePosixPath(member.name).parts) - 1
        for part in PurePosixPath(link).parts:
            depth += -1 if part == ".." else 1
            if not depth:
                raise outside

    def _error(self, what: str) -> ArchiveError:
        return ArchiveError(self._name, f"contains {what}")


def _link_as_file(path: str, target: str) -> ArchiveFile:
    data = target.encode("utf-8", "surrogateescape")
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return ArchiveFile(path, sha1, hashlib.sha256(data).hexdigest(), len(data))
