"""Cabinets by themselves to their files, hashed as they are read; nothing is written to disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from msgspec import structs

from sbom.binaries.binary import InspectFn
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import unreadable_file, unsafe_archive
from sbom.files.cabinet import (
    Cabinet,
    CabinetError,
    OpenFile,
    list_cabinet_files,
    parse_cabinet,
    read_files,
)
from sbom.files.limits import ARTIFACT_LIMITS, MOST_CABINETS, ArchiveLimits
from sbom.files.shipped_file import ShippedFile, hash_stream, split_stream
from sbom.files.zip import ArchiveContents, validate_member_name

_DUPLICATE = "occurs more than once, or in another case, which is the same file on Windows"
_Opened = tuple[IO[bytes], Cabinet]


@dataclass(frozen=True, slots=True)
class CabinetReader:
    """How cabinets are read: PE files are inspected with ``inspect``."""

    inspect: InspectFn | None = None
    limits: ArchiveLimits = ARTIFACT_LIMITS

    def read(self, file: IO[bytes], name: str, open_cabinet: OpenFile) -> ArchiveContents:
        """Return the files of a cabinet and its signature; what is wrong is in the diagnostics.

        Of a set of cabinets, the first one is read, with the files of all; the others are
        ``nested``, without files.
        """
        file.seek(0)
        archive = hash_stream(name, split_stream(file), self.inspect)
        file.seek(0)
        with ExitStack() as closing:
            try:
                cabinets = _open_set(file, open_cabinet, closing)
                others = self._hash_others(cabinets)
                archives = [archive, *(other.archive for other in others.values())]
                size = sum(each.size for each in archives)
                if diagnostics := self._validate(cabinets, name, size):
                    return ArchiveContents(archive, diagnostics=sort_diagnostics(diagnostics))
                members = self._read_members(cabinets.values(), size)
            except CabinetError as error:
                diagnostic = unreadable_file(name, "", str(error))
                return ArchiveContents(archive, diagnostics=(diagnostic,))
        members.sort(key=lambda member: member.path)
        return ArchiveContents(archive, tuple(members), others)

    def _hash_others(self, cabinets: Mapping[str, _Opened]) -> dict[str, ArchiveContents]:
        """Return the other cabinets of a set, hashed, with their signatures."""
        others = {}
        for name, (stream, _) in cabinets.items():
            if name:
                stream.seek(0)
                others[name] = ArchiveContents(
                    hash_stream(name, split_stream(stream), self.inspect)
                )
        return others

    def _validate(self, cabinets: Mapping[str, _Opened], name: str, size: int) -> list[Diagnostic]:
        count = sum(len(cabinet.files) for _, cabinet in cabinets.values())
        if message := self.limits.count_error(count, "files"):
            return [unsafe_archive(name, "", message)]
        files = list_cabinet_files([*cabinets.values()])
        if message := self.limits.size_error(size, sum(file.size for file in files)):
            return [unsafe_archive(name, "", message)]
        paths = [_path(file.name) for file in files]
        wrong = [(path, validate_member_name(path)) for path in paths]
        wrong += [(path, _DUPLICATE) for path in _duplicates(paths)]
        return [unsafe_archive(name, path, message) for path, message in wrong if message]

    def _read_members(self, cabinets: Iterable[_Opened], size: int) -> list[ShippedFile]:
        members: list[ShippedFile] = []
        for packed in read_files([*cabinets], self.limits.allowed_size(size)):
            hashed = hash_stream(packed.names[0], packed.pieces, self.inspect)
            members += (structs.replace(hashed, path=_path(name)) for name in packed.names)
        return members


def _open_set(file: IO[bytes], open_cabinet: OpenFile, closing: ExitStack) -> dict[str, _Opened]:
    """Return the cabinets of a set by their names; that of the first is empty.

    Raises CabinetError, also if the first cabinet is not the first of its set.
    """
    first = cabinet = parse_cabinet(file)
    if first.previous:
        raise CabinetError(
            f"is not the first of a set of cabinets: before it is {first.previous}; open the first"
        )
    cabinets = {"": (file, first)}
    while name := cabinet.next:
        stream = None if validate_member_name(name) else open_cabinet(name)
        if stream is None:
            raise CabinetError(f"goes on in {name}, which is not there")
        closing.enter_context(stream)
        following = parse_cabinet(stream)
        if (following.set_id, following.number) != (first.set_id, len(cabinets)):
            raise CabinetError(f"goes on in {name}, which is not the next cabinet of its set")
        if name in cabinets or len(cabinets) == MOST_CABINETS:
            raise CabinetError(f"names a cabinet twice, or more than {MOST_CABINETS} cabinets")
        cabinets[name] = stream, following
        cabinet = following
    return cabinets


def _path(name: str) -> str:
    """Return the name of a file with slashes; [MS-CAB], 2.4, has backslashes."""
    return name.replace("\\", "/")


def _duplicates(paths: Sequence[str]) -> list[str]:
    """Return the paths that occur more than once; Windows ignores their case."""
    counts = Counter(path.lower() for path in paths)
    return [path for path in paths if counts[path.lower()] > 1]
