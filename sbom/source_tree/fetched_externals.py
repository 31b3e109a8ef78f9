"""An externals directory, as get_externals.bat fills it: which externals, intact or not.

A directory is named after a tag, and a source and a binary can have the same tag: then the files
decide which of the two it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from msgspec import structs

from sbom.files.directory import hash_directory
from sbom.files.shipped_file import ShippedFile, verification_code
from sbom.files.targz import ArchiveInfo
from sbom.io import require_directory
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.patterns import PathPatterns

#: Returns the SHA-1 of each file in a pinned archive by its path, or None if it is not available.
ChecksumReader = Callable[[Pin], Mapping[str, str] | None]


#: How many paths of one kind a difference names.
_NAMED_PATHS = 5


class Integrity(StrEnum):
    """Whether an external has the files that were pinned."""

    INTACT = "intact"
    MODIFIED = "modified"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedExternal:
    """An external in the directory.

    ``changed``, ``missing`` and ``added`` are paths in it, compared with its archive; empty where
    the archive is not available. The outputs of a build are not ``added``.
    """

    pin: Pin
    integrity: Integrity
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def is_modified(self) -> bool:
        """Return whether it has other files than its archive."""
        return self.integrity is Integrity.MODIFIED

    @property
    def difference(self) -> str:
        """Return what differs from the archive, in words."""
        kinds = (("changed", self.changed), ("missing", self.missing), ("added", self.added))
        parts = [f"{len(paths)} {kind} ({_name_paths(paths)})" for kind, paths in kinds if paths]
        return ", ".join(parts) or "its files are not those of the archive"


def _name_paths(paths: Sequence[str]) -> str:
    more = ", …" if paths[_NAMED_PATHS:] else ""
    return ", ".join(map(_escape, paths[:_NAMED_PATHS])) + more


def _escape(path: str) -> str:
    """Return a path as one line of plain text, also if its name is not UTF-8."""
    return path.encode("unicode_escape", "surrogateescape").decode("ascii", "backslashreplace")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalsDir:
    """What an externals directory contains.

    ``settings`` are the flags and variables with which the script fetches these externals, and
    ``absent`` the externals that it fetches with them and that are not there. ``ambiguous`` and
    ``unexpected`` are names of directories: could be either of two externals, or is none.
    """

    path: str
    externals: tuple[FetchedExternal, ...]
    settings: tuple[str, ...]
    absent: tuple[Pin, ...]
    ambiguous: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def is_other(self) -> bool:
        """Return whether no external of the manifest is there, so that it is no such directory."""
        return bool(self.absent) and not (self.externals or self.ambiguous)

    @property
    def settings_text(self) -> str:
        """Return the settings in words: ``with --openssl-src`` or ``without flags``."""
        return f"with {' '.join(self.settings)}" if self.settings else "without flags"

    @property
    def summary(self) -> str:
        """Return one line: how many externals, of which settings, how many of each integrity."""
        counts = Counter(external.integrity for external in self.externals)
        number = f"{len(self.externals)} external{'' if len(self.externals) == 1 else 's'}"
        return (
            f"{self.path}: {number}, as get_externals.bat fetches them {self.settings_text}: "
            f"{counts[Integrity.INTACT]} intact, {counts[Integrity.MODIFIED]} modified, "
            f"{counts[Integrity.UNVERIFIED]} not verifiable"
        )


def read_externals_dir(
    path: Path, manifest: Manifest, read_cached: Callable[[str], ArchiveInfo | None]
) -> ExternalsDir:
    """Return what an externals directory contains. Raises SbomError if it cannot be read.

    ``read_cached`` returns the archive with a SHA-256, or None if it is not available.
    """
    require_directory(path, "name the directory that get_externals.bat filled")

    def read_checksums(pin: Pin) -> Mapping[str, str] | None:
        archive = read_cached(pin.sha256)
        return {file.path: file.sha1 for file in archive.files} if archive else None

    return inspect_externals_dir(_hash_directories(path), manifest, read_checksums, str(path))


def _hash_directories(path: Path) -> dict[str, tuple[ShippedFile, ...]]:
    """Return the files of each directory in a directory, hashed with SHA-1."""
    directories: dict[str, list[ShippedFile]] = {
        entry.name: [] for entry in path.iterdir() if entry.is_dir() and not entry.is_symlink()
    }
    for file in hash_directory(path, ("sha1",)):
        name, slash, inside = file.path.partition("/")
        if slash:
            directories[name].append(structs.replace(file, path=inside))
    return {name: tuple(files) for name, files in directories.items()}


def inspect_externals_dir(
    directories: Mapping[str, Sequence[ShippedFile]],
    manifest: Manifest,
    read_checksums: ChecksumReader,
    path: str,
) -> ExternalsDir:
    """Return what the directories below ``path`` are.

    ``directories`` maps the name of each to its files, hashed with SHA-1.
    """
    externals: list[FetchedExternal] = []
    ambiguous: list[str] = []
    unexpected: list[str] = []
    outputs = PathPatterns(manifest.externals_dir.build_outputs)
    ignored = PathPatterns(manifest.externals_dir.ignore)
    for name in sorted(directories):
        candidates = [pin for pin in manifest.pins if pin.tag == name]
        external = _identify(directories[name], candidates, outputs, read_checksums)
        if external is not None:
            externals.append(external)
        elif candidates:
            ambiguous.append(name)
        elif not ignored.matches(name):
            unexpected.append(name)
    present = {external.pin.key for external in externals}
    settings = _infer_settings(present, manifest.pins)
    return ExternalsDir(
        path=path,
        externals=tuple(externals),
        settings=settings,
        absent=_absent_pins(present, settings, manifest.pins),
        ambiguous=tuple(ambiguous),
        unexpected=tuple(unexpected),
    )


def _identify(
    files: Sequence[ShippedFile],
    candidates: Sequence[Pin],
    outputs: PathPatterns,
    read_checksums: ChecksumReader,
) -> FetchedExternal | None:
    """Return which of the externals of one tag the files are; None if it cannot be decided.

    A verification code that matches decides; else the archive that shares most files.
    """
    originals = [file for file in files if not outputs.matches(file.path)]
    codes = {verification_code(f.sha1 for f in some) for some in (files, originals)}
    for pin in candidates:
        if codes & {pin.verification_code, pin.verification_code_with_links}:
            return FetchedExternal(pin=pin, integrity=Integrity.INTACT)
    archives = [(pin, sha1s) for pin in candidates if (sha1s := read_checksums(pin)) is not None]
    if archives and len(archives) == len(candidates):
        pin, sha1s = max(archives, key=lambda archive: _shared_part(files, archive[1]))
        return _compare_with_archive(pin, files, sha1s, outputs)
    if len(candidates) != 1:
        return None
    [pin] = candidates
    integrity = Integrity.MODIFIED if pin.verification_code else Integrity.UNVERIFIED
    return FetchedExternal(pin=pin, integrity=integrity)


def _shared_part(files: Sequence[ShippedFile], sha1s: Mapping[str, str]) -> float:
    """Return the part of an archive's files that are there unchanged, from 0 to 1."""
    same = sum(sha1s.get(file.path) == file.sha1 for file in files)
    return same / max(len(sha1s), 1)


def _compare_with_archive(
    pin: Pin, files: Sequence[ShippedFile], sha1s: Mapping[str, str], outputs: PathPatterns
) -> FetchedExternal:
    found = {file.path: file.sha1 for file in files}
    changed = sorted(p for p in found.keys() & sha1s.keys() if found[p] != sha1s[p])
    missing = sorted(sha1s.keys() - found.keys())
    added = sorted(path for path in found.keys() - sha1s.keys() if not outputs.matches(path))
    integrity = Integrity.MODIFIED if changed or missing or added else Integrity.INTACT
    return FetchedExternal(
        pin=pin,
        integrity=integrity,
        changed=tuple(changed),
        missing=tuple(missing),
        added=tuple(added),
    )


def _infer_settings(present: set[ExternalKey], pins: Sequence[Pin]) -> tuple[str, ...]:
    """Return the flags and variables with which the script fetches the externals present.

    A directory stands for both externals of its tag: the script fetches only the first one.
    """
    tags = {pin.tag for pin in pins if pin.key in present}
    settings: dict[str, None] = {}
    for pin in pins:
        is_fetched = pin.key in present or (pin.tag in tags and pin.default)
        alternatives = pin.disabled_by if pin.default else pin.enabled_by
        if is_fetched != pin.default and alternatives:
            chosen = next(
                (flags for flags in alternatives if settings.keys() >= {*flags}), alternatives[0]
            )
            settings.update(dict.fromkeys(chosen))
    return tuple(settings)


def _absent_pins(
    present: set[ExternalKey], settings: Iterable[str], pins: Sequence[Pin]
) -> tuple[Pin, ...]:
    """Return what the script fetches by default, or with the settings, and is not there."""
    tags = {pin.tag for pin in pins if pin.key in present}
    return tuple(
        pin
        for pin in pins
        if pin.tag not in tags
        and (pin.default or any(not {*flags}.isdisjoint(settings) for flags in pin.enabled_by))
    )
