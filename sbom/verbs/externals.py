"""What ``check`` and ``build`` share where ``--externals DIR`` names a folder the script filled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sbom.archives.facts import pieces_of, read_archive
from sbom.files import is_folder, unusable
from sbom.hashing import HashedFile, hash_folder
from sbom.network.cache import Cache, default_root
from sbom.problems import SbomError
from sbom.pulled import Pull, State, look
from sbom.schema import Manifest, Pin
from sbom.verbs.inputs import Environment


def look_into(folder: Path, manifest: Manifest, environment: Environment) -> Pull:
    """Return what is in an externals folder. Raises SbomError where it cannot be read."""
    if not is_folder(folder):
        raise unusable(folder, "is no folder", "name the folder that get_externals.bat filled")
    cache = Cache(default_root(environment))

    def contents(pin: Pin) -> Mapping[str, str] | None:
        with cache.open(pin.sha256) as blob:
            if blob is None:
                return None
            try:
                facts = read_archive(pieces_of(blob), pin.tag)
            except SbomError:
                return None
        return {entry.path: entry.sha1 for entry in facts.entries}

    return look(_folders(folder), manifest, contents, str(folder))


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


def summary(pull: Pull, folder: Path) -> str:
    """Return one line for people: how many, as with which flags, how many intact."""
    intact = sum(one.state is State.INTACT for one in pull.found)
    unverified = sum(one.state is State.UNVERIFIED for one in pull.found)
    modified = len(pull.found) - intact - unverified
    return (
        f"{folder}: {len(pull.found)} externals, as get_externals.bat leaves them "
        f"{settings(pull)}: {intact} intact, {modified} modified, {unverified} not verifiable\n"
    )


def settings(pull: Pull) -> str:
    """Return the flags a set comes from, in words."""
    return f"with {' '.join(pull.settings)}" if pull.settings else "without flags"
