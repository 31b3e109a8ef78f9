"""A cabinet by itself to its files, hashed as they are decompressed; nothing is written to disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import unreadable_file, unsafe_archive
from sbom.files.cabinet import Cabinet, CabinetError, parse_cabinet, read_files
from sbom.files.limits import ARTIFACT_LIMITS, ArchiveLimits
from sbom.files.shipped_file import ShippedFile, hash_stream, split_stream
from sbom.files.zip import ArchiveContents, validate_member_name

_DUPLICATE = "occurs more than once, or in another case, which is the same file on Windows"


@dataclass(frozen=True, slots=True)
class CabinetReader:
    """How cabinets are read: PE files are inspected with ``inspect``."""

    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, file: IO[bytes], name: str) -> ArchiveContents:
        """Return the files of a cabinet and its signature; what is wrong is in the diagnostics."""
        file.seek(0)
        archive = hash_stream(name, split_stream(file), self.inspect)
        file.seek(0)
        try:
            cabinet = parse_cabinet(file)
            if diagnostics := self._validate(cabinet, archive):
                return ArchiveContents(archive, diagnostics=sort_diagnostics(diagnostics))
            members = self._read_members(file, cabinet, archive)
        except CabinetError as error:
            return ArchiveContents(archive, diagnostics=(unreadable_file(name, "", str(error)),))
        return ArchiveContents(archive, tuple(sorted(members, key=lambda member: member.path)))

    def _validate(self, cabinet: Cabinet, archive: ShippedFile) -> list[Diagnostic]:
        name, files = archive.path, cabinet.files
        if cabinet.previous or cabinet.next:
            raise CabinetError("is one of a set of cabinets, which are not opened by themselves")
        if message := self.limits.count_error(len(files), "files"):
            return [unsafe_archive(name, "", message)]
        if message := self.limits.size_error(archive.size, sum(file.size for file in files)):
            return [unsafe_archive(name, "", message)]
        paths = [_path(file.name) for file in files]
        wrong = [(path, validate_member_name(path)) for path in paths]
        wrong += [(path, _DUPLICATE) for path in _duplicates(paths)]
        return [unsafe_archive(name, path, message) for path, message in wrong if message]

    def _read_members(
        self, file: IO[bytes], cabinet: Cabinet, archive: ShippedFile
    ) -> list[ShippedFile]:
        members: list[ShippedFile] = []
        for packed in read_files([(file, cabinet)], self.limits.allowed_size(archive.size)):
            hashed = hash_stream(packed.names[0], packed.pieces, self.inspect)
            members += (structs.replace(hashed, path=_path(name)) for name in packed.names)
        return members


def _path(name: str) -> str:
    """Return the name of a file with slashes; [MS-CAB], 2.4, has backslashes."""
    return name.replace("\\", "/")


def _duplicates(paths: Sequence[str]) -> list[str]:
    """Return the paths that occur more than once; Windows ignores their case."""
    counts = Counter(path.lower() for path in paths)
    return [path for path in paths if counts[path.lower()] > 1]
