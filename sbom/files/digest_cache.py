"""Checksums of files from an earlier run on the same directory, for files that did not change.

A file is taken for the same if its size, times and inode are, which anyone who can write the disk
can set: it is for repeated runs on a directory of one's own, and never for a release. What is read
of binaries besides checksums is not kept, so that they are read each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sbom.diagnostics import InputError, OperationalError
from sbom.files.directory_scan import DirectoryScan
from sbom.files.shipped_file import ShippedFile, is_executable
from sbom.io import read_bytes, write_all

#: What a file of the cache starts with; then its SHA-256 follows, and the entries.
_HEADER = b"cpython-windows-sbom digests 1\n"
_DIGEST_SIZE = hashlib.sha256().digest_size
#: How many directories are kept, and how much of one: 200,000 files have 40 MB.
_MOST_DIRECTORIES = 16
_LARGEST = 64_000_000
#: A file that was changed so shortly before it was read can be changed again without another
#: time: FAT counts in steps of two seconds. Git calls such files racy.
_MARGIN = 2_000_000_000

#: A file as it was: its path, its stamp, and its SHA-1, SHA-256 and SHA-512.
_Entry = tuple[str, tuple[int, int, int, int], tuple[bytes, bytes, bytes]]


@dataclass(frozen=True, slots=True)
class DigestCache:
    """The checksums of files by directory, in the directory ``root``.

    ``note`` is called with a sentence on what cannot be used; nothing fails for it.
    """

    root: Path
    note: Callable[[str], None]

    def find(self, scan: DirectoryScan) -> dict[str, ShippedFile]:
        """Return the files of a scanned directory that did not change, by path."""
        return {
            path: ShippedFile(path, stamp[0], sha1.hex(), sha256.hex(), sha512.hex())
            for path, stamp, (sha1, sha256, sha512) in self._read(scan.directory)
            if scan.stamps.get(path) == stamp
        }

    def keep(self, scan: DirectoryScan, files: Iterable[ShippedFile]) -> None:
        """Keep the checksums of a directory that was read after it was scanned."""
        latest = scan.started - _MARGIN
        entries = [
            (file.path, stamp, _digests(file))
            for file in files
            if not _has_details(file)
            and (stamp := scan.stamps.get(file.path))
            and stamp.size == file.size
            and max(stamp.modified, stamp.changed) < latest
        ]
        path = _path(self.root, scan.directory)
        try:
            body = msgspec.msgpack.encode(entries)
            if len(body) < _LARGEST:
                write_all({path: _HEADER + hashlib.sha256(body).digest() + body})
                self._remove_oldest()
        except (OperationalError, UnicodeEncodeError) as error:
            self.note(f"the digest cache is not updated: {error}")

    def _read(self, directory: Path) -> list[_Entry]:
        """Return what is kept of a directory; nothing if that is damaged."""
        path = _path(self.root, directory)
        try:
            if not path.exists():
                return []
            content = read_bytes(path, _LARGEST)
        except (InputError, OSError) as error:
            self.note(f"the digest cache is not used: {error}")
            return []
        header, body = content[: len(_HEADER)], content[len(_HEADER) + _DIGEST_SIZE :]
        digest = content[len(_HEADER) :][:_DIGEST_SIZE]
        if header != _HEADER or digest != hashlib.sha256(body).digest():
            self.note(f"the digest cache is not used: {path} is damaged, or of another version")
            return []
        return msgspec.msgpack.decode(body, type=list[_Entry])

    def _remove_oldest(self) -> None:
        """Remove what was not written for the longest time, and what ended runs have left."""
        with suppress(OSError):
            times = {path: path.stat().st_mtime_ns for path in self.root.iterdir()}
            for path in sorted(times, key=times.__getitem__)[:-_MOST_DIRECTORIES]:
                path.unlink()


def _path(root: Path, directory: Path) -> Path:
    name = str(directory.resolve()).encode("utf-8", "surrogatepass")
    return root / hashlib.sha256(name).hexdigest()


def _has_details(file: ShippedFile) -> bool:
    """Return whether more than the checksums is read of a file."""
    return bool(is_executable(file.path) or file.binary or file.signature)


def _digests(file: ShippedFile) -> tuple[bytes, bytes, bytes]:
    return bytes.fromhex(file.sha1), bytes.fromhex(file.sha256), bytes.fromhex(file.sha512)
