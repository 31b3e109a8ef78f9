"""What ``check`` and ``build`` share where ``--externals DIR`` names a folder the script filled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sbom.checks.pulled import ExternalsDir, Integrity, inspect_externals_dir
from sbom.diagnostics import SbomError
from sbom.download.cache import Cache, default_cache_dir
from sbom.files.hashing import HashedFile, hash_folder
from sbom.files.targz import read_archive
from sbom.io import require_directory
from sbom.manifest.model import Manifest, Pin


def read_externals_dir(folder: Path, manifest: Manifest) -> ExternalsDir:
    """Return what is in an externals folder. Raises SbomError where it cannot be read."""
    require_directory(folder, "name the directory that get_externals.bat filled")

    def contents(pin: Pin) -> Mapping[str, str] | None:
        archive = Cache(default_cache_dir()).read(pin.sha256)
        if archive is None:
            return None
        try:
            facts = read_archive([archive], pin.tag)
        except SbomError:
            return None
        return {entry.path: entry.sha1 for entry in facts.entries}

    return inspect_externals_dir(_folders(folder), manifest, contents, str(folder))


def _folders(folder: Path) -> dict[str, tuple[HashedFile, ...]]:
    """Return the files of each folder inside, hashed with SHA-1."""
    hashed = hash_folder(folder)
    found: dict[str, list[HashedFile]] = {
        path.name: [] for path in folder.iterdir() if path.is_dir() and not path.is_symlink()
    }
    for file in hashed:
        name, slash, inside = file.path.partition("/")
        if slash:
            found[name].append(HashedFile(inside, file.size, file.digests))
    return {name: tuple(some) for name, some in found.items()}


def summary(pull: ExternalsDir, folder: Path) -> str:
    """Return one line for people: how many, as with which flags, how many intact."""
    intact = sum(one.state is Integrity.INTACT for one in pull.found)
    unverified = sum(one.state is Integrity.UNVERIFIED for one in pull.found)
    modified = len(pull.found) - intact - unverified
    return (
        f"{folder}: {len(pull.found)} externals, as get_externals.bat leaves them "
        f"{settings(pull)}: {intact} intact, {modified} modified, {unverified} not verifiable\n"
    )


def settings(pull: ExternalsDir) -> str:
    """Return the flags a set comes from, in words."""
    return f"with {' '.join(pull.settings)}" if pull.settings else "without flags"
