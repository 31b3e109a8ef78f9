"""A problem: its codes, how it is ordered and how it is printed.

Knows nothing of what is being checked; everything else reports through it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import PurePath


class Exit(IntEnum):
    """The exit statuses of ``python -m sbom``; README lists the same four."""

    FINE = 0
    PROBLEMS = 1
    UNUSABLE = 2
    OUTSIDE = 3


class Code(StrEnum):
    """What is wrong, in one stable word per kind; ``[[acknowledged]]`` names these."""

    # The script.
    BATCH_SYNTAX = "batch-syntax"
    BATCH_LIMIT = "batch-limit"
    BATCH_UNKNOWN = "batch-unknown"
    CONFLICT_MARKER = "conflict-marker"
    NEVER_FETCHED = "never-fetched"
    TWICE = "twice"
    NOTHING = "nothing"
    STRAY_PARENTHESIS = "stray-parenthesis"
    # The manifest.
    TOML = "toml"
    MANIFEST = "manifest"
    UNFILLED = "unfilled"
    UNUSED = "unused"
    STALE_ACKNOWLEDGEMENT = "stale-acknowledgement"
    # Script and manifest held against each other.
    NOT_IN_MANIFEST = "not-in-manifest"
    NOT_IN_SCRIPT = "not-in-script"
    TAG_MOVED = "tag-moved"
    GUARD_CHANGED = "guard-changed"
    REPOSITORY_CHANGED = "repository-changed"
    SCRIPT_CHANGED = "script-changed"
    VERSION_CHANGED = "version-changed"
    # What is known of an external or component.
    UNPINNED = "unpinned"
    NO_COMPONENT = "no-component"
    NO_VERSION = "no-version"
    SKEW = "skew"
    # An externals folder.
    STRANGER = "stranger"
    MODIFIED = "modified"
    UNCLEAR = "unclear"
    NOT_PULLED = "not-pulled"
    # A CPython tree.
    DRIFT = "drift"
    CHECKSUM = "checksum"
    LINK = "link"
    # A folder of binaries, or an artifact of a release.
    MISSING = "missing"
    LEFT_IN = "left-in"
    LEFT_BEHIND = "left-behind"
    UNOPENED = "unopened"
    UNKNOWN_FILE = "unknown-file"
    WRONG_FILE = "wrong-file"
    DIFFERS = "differs"
    CONTRADICTED = "contradicted"
    FOUND = "found"
    NOT_SHOWN = "not-shown"
    DAMAGED = "damaged"
    UNSAFE = "unsafe"
    UNKNOWN_ARTIFACT = "unknown-artifact"
    NO_ARTIFACT = "no-artifact"
    TWO_VERSIONS = "two-versions"
    EXISTS = "exists"
    RELEASE = "release"
    # A document.
    DOCUMENT = "document"
    # What was asked for, and what it was asked of.
    USAGE = "usage"
    UNREADABLE = "unreadable"
    NETWORK = "network"
    ARCHIVE = "archive"
    ARCHIVE_CHANGED = "archive-changed"


#: Codes that do not fail a run by themselves; ``--strict`` makes them fail.
WARNINGS = frozenset(
    {
        Code.UNPINNED,
        Code.SKEW,
        Code.UNUSED,
        Code.NO_VERSION,
        Code.STALE_ACKNOWLEDGEMENT,
        Code.STRAY_PARENTHESIS,
        Code.SCRIPT_CHANGED,
        Code.NOT_PULLED,
        Code.DIFFERS,
        Code.LEFT_BEHIND,
        Code.UNOPENED,
        Code.NOT_SHOWN,
    }
)

#: What only a script, a CPython tree, an externals folder, or shipped files can show.
SCRIPT_CODES = frozenset(
    {
        Code.BATCH_SYNTAX,
        Code.BATCH_LIMIT,
        Code.BATCH_UNKNOWN,
        Code.CONFLICT_MARKER,
        Code.NEVER_FETCHED,
        Code.STRAY_PARENTHESIS,
        Code.NOT_IN_MANIFEST,
        Code.NOT_IN_SCRIPT,
        Code.TAG_MOVED,
        Code.GUARD_CHANGED,
        Code.REPOSITORY_CHANGED,
        Code.SCRIPT_CHANGED,
        Code.VERSION_CHANGED,
    }
)
TREE_CODES = frozenset({Code.DRIFT, Code.CHECKSUM, Code.LINK})
FOLDER_CODES = frozenset({Code.STRANGER, Code.MODIFIED, Code.UNCLEAR, Code.NOT_PULLED})
ARTIFACT_CODES = frozenset(
    {
        Code.MISSING,
        Code.LEFT_IN,
        Code.LEFT_BEHIND,
        Code.UNOPENED,
        Code.DIFFERS,
        Code.UNKNOWN_FILE,
        Code.WRONG_FILE,
        Code.CONTRADICTED,
        Code.FOUND,
        Code.NOT_SHOWN,
        Code.UNKNOWN_ARTIFACT,
        Code.NO_ARTIFACT,
        Code.DAMAGED,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """One thing wrong with an input: place, sentence, hint.

    ``where`` is a line number as text for a file of lines, a key path such as
    ``binary.tcltk`` for externals.toml, an element id for a document, or empty.
    """

    code: Code
    file: str
    where: str
    message: str
    hint: str = ""

    @property
    def warning(self) -> bool:
        """Return whether this problem fails a run only under ``--strict``."""
        return self.code in WARNINGS

    @property
    def place(self) -> str:
        """Return where the problem is, as ``[[acknowledged]]`` writes it."""
        if self.where.isdigit():
            return f"{PurePath(self.file).name}:{self.where}"
        return self.where or PurePath(self.file).name

    def __str__(self) -> str:
        """Return ``place: message`` in the form editors and terminals can follow."""
        if self.where.isdigit():
            return f"{self.file}:{self.where}: {self.message}"
        return f"{self.file}: {self.where}: {self.message}" if self.where else self._whole()

    def _whole(self) -> str:
        return f"{self.file}: {self.message}"


class SbomError(Exception):
    """Every error of ours: one or more problems that stop a stage."""

    status = Exit.PROBLEMS

    def __init__(self, problems: Sequence[Diagnostic], *, strict: bool = False) -> None:
        """Keep ``problems`` (at least one), in order of place; ``strict`` where warnings fail."""
        self.problems = sort_diagnostics(problems)
        self.strict = strict
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InputError(SbomError):
    """Wrong usage, or an input that cannot be read at all."""

    status = Exit.UNUSABLE


class OperationalError(SbomError):
    """The outside world failed: network or disk."""

    status = Exit.OUTSIDE


def sort_diagnostics(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the distinct problems sorted by file, place (lines as numbers) and message."""

    def key(problem: Diagnostic) -> tuple[str, int, str, str, str]:
        line = int(problem.where) if problem.where.isdigit() else 0
        return problem.file, line, problem.where, problem.code, problem.message

    return tuple(sorted(set(problems), key=key))


def render(problems: Sequence[Diagnostic], form: str, *, strict: bool = False) -> str:
    """Return the problems as ``text``, ``json`` or ``github`` workflow commands.

    The result ends with a line feed unless it is empty. With ``strict``, warnings
    are shown as the errors they then are.
    """
    ordered = sort_diagnostics(problems)
    if form == "json":
        return (
            json.dumps([_as_json(problem, strict=strict) for problem in ordered], indent=2) + "\n"
        )
    line = _github if form == "github" else _text
    return "".join(f"{line(problem, _severity(problem, strict=strict))}\n" for problem in ordered)


def _severity(problem: Diagnostic, *, strict: bool) -> str:
    return "warning" if problem.warning and not strict else "error"


def _text(problem: Diagnostic, severity: str) -> str:
    hint = f"\n    {problem.hint}" if problem.hint else ""
    return f"{problem} [{severity}: {problem.code}]{hint}"


def _github(problem: Diagnostic, severity: str) -> str:
    """Return a workflow command; values are escaped the way GitHub's toolkit unescapes them."""
    line = f",line={problem.where}" if problem.where.isdigit() else ""
    where = "" if problem.where.isdigit() or not problem.where else f"{problem.where}: "
    text = _escaped(f"{where}{problem.message} {problem.hint}".rstrip())
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    return f"::{severity} file={file}{line},title={problem.code}::{text}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _as_json(problem: Diagnostic, *, strict: bool) -> dict[str, str]:
    return {
        "code": problem.code,
        "severity": _severity(problem, strict=strict),
        "file": problem.file,
        "where": problem.where,
        "message": problem.message,
        "hint": problem.hint,
    }
