"""What is in an externals folder that the script filled: which externals, intact or not.

Knows how folders and their contents tell externals apart, and under which flags such a set
comes about; hashing and archives are others'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sbom.diagnostics import Code, Diagnostic
from sbom.files.hashing import HashedFile, verification_code
from sbom.files.patterns import PathPatterns
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest, Pin
from sbom.script.externals import split_tag

#: Returns the files of a pinned archive as path -> SHA-1, or None where it is not at hand.
Contents = Callable[[Pin], Mapping[str, str] | None]


#: How many paths of one kind a sentence names.
_NAMED = 5


def _named(paths: Sequence[str]) -> str:
    more = ", …" if paths[_NAMED:] else ""
    return ", ".join(map(_shown, paths[:_NAMED])) + more


def _shown(path: str) -> str:
    """Return a path as one line of plain text, whatever bytes its name has."""
    return path.encode("unicode_escape", "surrogateescape").decode("ascii", "backslashreplace")


class Integrity(StrEnum):
    """Whether a pulled external is what its pin says."""

    INTACT = "intact"
    MODIFIED = "modified"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchedExternal:
    """One external found in the folder.

    ``changed``, ``missing`` and ``added`` are paths in it; they are empty where no archive
    to compare with is at hand. What a build is known to leave behind is not ``added``.
    """

    pin: Pin
    state: Integrity
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def difference(self) -> str:
        """Return what differs from the archive, in words."""
        kinds = (("changed", self.changed), ("missing", self.missing), ("added", self.added))
        parts = [f"{len(paths)} {what} ({_named(paths)})" for what, paths in kinds if paths]
        return ", ".join(parts) or "its files are not those of the archive"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalsDir:
    """All that is in an externals folder.

    ``settings`` are the flags and variables that a script would have needed to leave this
    set; ``absent`` are externals that the release build has and this folder has not.
    """

    found: tuple[FetchedExternal, ...]
    settings: tuple[str, ...]
    absent: tuple[Pin, ...]
    problems: tuple[Diagnostic, ...]


def inspect_externals_dir(
    folders: Mapping[str, Sequence[HashedFile]], manifest: Manifest, contents: Contents, place: str
) -> ExternalsDir:
    """Return what the folders below ``place`` are.

    ``folders`` maps the name of each to its files, hashed with SHA-1.
    """
    found: list[FetchedExternal] = []
    problems: list[Diagnostic] = []
    outputs = PathPatterns(manifest.externals_dir.build_outputs)
    ignored = PathPatterns(manifest.externals_dir.ignore)
    for name in sorted(folders):
        candidates = [pin for pin in manifest.pins if pin.tag == name]
        if candidates:
            pulled = _identified(folders[name], candidates, outputs, contents)
            found += [pulled] if pulled else []
            problems += _faults(pulled, f"{place}/{name}")
        elif not ignored.matches(name):
            problems.append(_stranger(name, manifest, place))
    settings, absent = _settings({one.pin.key for one in found}, manifest)
    problems += [_absent(pin, place) for pin in absent]
    return ExternalsDir(
        found=tuple(found), settings=settings, absent=absent, problems=tuple(problems)
    )


def _identified(
    files: Sequence[HashedFile],
    candidates: Sequence[Pin],
    outputs: PathPatterns,
    contents: Contents,
) -> FetchedExternal | None:
    """Return which of the externals of one tag the files are; None where nothing tells.

    A verification code that fits decides; then the archive that shares most files.
    """
    kept = [file for file in files if not outputs.matches(file.path)]
    codes = {verification_code([f.digests[0] for f in some]) for some in (files, kept)}
    for pin in candidates:
        if pin.verification_code in codes:
            return FetchedExternal(pin=pin, state=Integrity.INTACT)
    compared = [(pin, known) for pin in candidates if (known := contents(pin)) is not None]
    if len(compared) == len(candidates):
        pin, known = max(compared, key=lambda one: _shared(files, one[1]))
        return _compared(pin, files, known, outputs)
    if len(candidates) > 1:
        return None
    [pin] = candidates
    state = Integrity.MODIFIED if pin.verification_code else Integrity.UNVERIFIED
    return FetchedExternal(pin=pin, state=state)


def _shared(files: Sequence[HashedFile], known: Mapping[str, str]) -> float:
    """Return the share of an archive's files that are there unchanged."""
    same = sum(known.get(file.path) == file.digests[0] for file in files)
    return same / max(len(known), 1)


def _compared(
    pin: Pin, files: Sequence[HashedFile], known: Mapping[str, str], outputs: PathPatterns
) -> FetchedExternal:
    there = {file.path: file.digests[0] for file in files}
    changed = sorted(p for p in there.keys() & known.keys() if there[p] != known[p])
    missing = sorted(known.keys() - there.keys())
    added = sorted(path for path in there.keys() - known.keys() if not outputs.matches(path))
    state = Integrity.MODIFIED if changed or missing or added else Integrity.INTACT
    return FetchedExternal(
        pin=pin, state=state, changed=tuple(changed), missing=tuple(missing), added=tuple(added)
    )


# Which flags such a set comes from.


def _settings(
    found: set[ExternalKey], manifest: Manifest
) -> tuple[tuple[str, ...], tuple[Pin, ...]]:
    """Return the flags that leave a set, and what the release build has beyond it."""
    tags = {pin.tag for pin in manifest.pins if pin.key in found}
    settings: dict[str, None] = {}
    for pin in manifest.pins:
        here = pin.key in found or (pin.tag in tags and pin.default)
        alternatives = pin.disabled_by if pin.default else pin.enabled_by
        if here != pin.default and alternatives:
            chosen = next(
                (one for one in alternatives if settings.keys() >= {*one}), alternatives[0]
            )
            settings.update(dict.fromkeys(chosen))
    absent = tuple(
        pin for pin in manifest.pins if pin.key not in found and _expected(pin, settings, tags)
    )
    return tuple(settings), absent


def _expected(pin: Pin, settings: Iterable[str], tags: set[str]) -> bool:
    """Return whether a script leaves an external: by default, or under these settings."""
    if pin.tag in tags:
        return False
    return pin.default or any(not {*one}.isdisjoint(settings) for one in pin.enabled_by)


# Problems.


def _faults(pulled: FetchedExternal | None, place: str) -> list[Diagnostic]:
    if pulled is None:
        message = "is the source or the binary of this tag, and nothing at hand tells which"
        hint = "run: nox -s regen, online, so that the archives can be compared"
        return [_problem(Code.AMBIGUOUS_EXTERNAL, place, message, hint)]
    if pulled.state is Integrity.MODIFIED:
        message = f"is not {pulled.pin.tag} as it was pulled: {pulled.difference}"
        return [
            _problem(Code.MODIFIED_EXTERNAL, place, message, "pull it anew, or tell why it differs")
        ]
    return []


def _stranger(name: str, manifest: Manifest, place: str) -> Diagnostic:
    ours = [pin.tag for pin in manifest.pins if pin.name == split_tag(name)[0]]
    instead = f"; it has {' and '.join(ours)}" if ours else ""
    message = f"is no external of the manifest{instead}"
    hint = "remove the folder if nothing uses it, or run regen with the script that pulls it"
    return _problem(Code.UNEXPECTED_EXTERNAL, f"{place}/{name}", message, hint)


def _absent(pin: Pin, place: str) -> Diagnostic:
    when = f", fetched {pin.condition}" if pin.disabled_by or pin.enabled_by else ""
    message = f"does not hold {pin.tag}{when}"
    return _problem(Code.MISSING_EXTERNAL, place, message, "run get_externals.bat again")


def _problem(code: Code, place: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file=place, message=message, hint=hint)
