"""A diagnostic: a problem of an input. Does not depend on what is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from operator import attrgetter
from pathlib import PurePath

from sbom.diagnostics.catalog import Entry, Severity, catalog


class Exit(IntEnum):
    """The exit statuses of ``python -m sbom``; README lists them."""

    OK = 0
    ERRORS = 1
    USAGE = 2
    IO = 3
    INTERRUPTED = 130


class Code(StrEnum):
    """The name of each diagnostic; ``sbom/data/diagnostics.toml`` has the same, with their ids."""

    # The script.
    BATCH_SYNTAX = "batch-syntax"
    BATCH_LIMIT = "batch-limit"
    UNSUPPORTED_COMMAND = "unsupported-command"
    CONFLICT_MARKER = "conflict-marker"
    UNREACHABLE_TAG = "unreachable-tag"
    UNLISTED_COMMAND = "unlisted-command"
    UNDECIDED_CONDITION = "undecided-condition"
    DUPLICATE_NAME = "duplicate-name"
    NO_EXTERNALS = "no-externals"
    STRAY_PARENTHESIS = "stray-parenthesis"
    UNKNOWN_RELEASE = "unknown-release"
    # Shipped files.
    MISSING_FILE = "missing-file"
    MISSING_COMPONENT = "missing-component"
    UNOWNED_FILE = "unowned-file"
    VERSION_MISMATCH = "version-mismatch"
    UNDECLARED_COMPONENT = "undeclared-component"
    NO_EVIDENCE = "no-evidence"
    EXCLUDED_COMPONENT = "excluded-component"
    EXCLUDED_FILE = "excluded-file"
    NOT_INSPECTED = "not-inspected"
    FILE_MISMATCH = "file-mismatch"
    UNEXPECTED_BUILD = "unexpected-build"
    UNREADABLE_FILE = "unreadable-file"
    UNSAFE_ARCHIVE = "unsafe-archive"
    NO_PYTHON = "no-python"
    INVALID_SIGNATURE = "invalid-signature"
    UNEXPECTED_SIGNER = "unexpected-signer"
    UNSIGNED_FILE = "unsigned-file"
    UNTRUSTED_SIGNER = "untrusted-signer"
    OTHER_PYTHON_VERSION = "other-python-version"
    OTHER_LISTED_VERSION = "other-listed-version"
    # The manifest.
    INVALID_TOML = "invalid-toml"
    INVALID_MANIFEST = "invalid-manifest"
    PLACEHOLDER = "placeholder"
    UNUSED_ENTRY = "unused-entry"
    STALE_EXEMPTION = "stale-exemption"
    UNDESCRIBED_EXTERNAL = "undescribed-external"
    UNKNOWN_VERSION = "unknown-version"
    MISSING_CHECKSUM = "missing-checksum"
    MIRROR_CHECKSUM = "mirror-checksum"
    UNRECORDED_CODE = "unrecorded-code"
    SOURCE_BINARY_MISMATCH = "source-binary-mismatch"
    CONFLICTING_REFERENCE = "conflicting-reference"
    UNKNOWN_CPE = "unknown-cpe"
    UNKNOWN_WHEEL_CONTENTS = "unknown-wheel-contents"
    # Script and manifest compared.
    NOT_IN_MANIFEST = "not-in-manifest"
    NOT_IN_SCRIPT = "not-in-script"
    TAG_CHANGED = "tag-changed"
    CONDITION_CHANGED = "condition-changed"
    REPOSITORY_CHANGED = "repository-changed"
    SCRIPT_CHANGED = "script-changed"
    VERSION_CHANGED = "version-changed"
    TAG_MOVED = "tag-moved"
    ARCHIVE_REPACKED = "archive-repacked"
    ARCHIVE_OF_ANOTHER_TAG = "archive-of-another-tag"
    # An externals directory.
    UNEXPECTED_EXTERNAL = "unexpected-external"
    MODIFIED_EXTERNAL = "modified-external"
    AMBIGUOUS_EXTERNAL = "ambiguous-external"
    MISSING_EXTERNAL = "missing-external"
    OTHER_DIRECTORY = "other-directory"
    # A CPython source tree.
    STALE_VERSION = "stale-version"
    CHECKSUM_MISMATCH = "checksum-mismatch"
    LINK_MISMATCH = "link-mismatch"
    INVALID_WHEEL = "invalid-wheel"
    UNLISTED_COMPONENT = "unlisted-component"
    ABSENT_CODE = "absent-code"
    VENDORED_CHANGED = "vendored-changed"
    INCOMPLETE_PACKAGE = "incomplete-package"
    INCOMPLETE_TREE = "incomplete-tree"
    ALTERED_WHEEL = "altered-wheel"
    # The artifacts of a release.
    UNKNOWN_ARTIFACT = "unknown-artifact"
    MISSING_ARTIFACT = "missing-artifact"
    NO_ARTIFACTS = "no-artifacts"
    VERSION_CONFLICT = "version-conflict"
    OUTPUT_EXISTS = "output-exists"
    INCONSISTENT_RELEASE = "inconsistent-release"
    REJECTED_PART = "rejected-part"
    NOT_ATTESTED = "not-attested"
    DUPLICATE_ARTIFACT = "duplicate-artifact"
    # SBOM documents, and VEX statements about what they list.
    INVALID_DOCUMENT = "invalid-document"
    INVALID_STATEMENT = "invalid-statement"
    UNMATCHED_STATEMENT = "unmatched-statement"
    # The run itself.
    USAGE = "usage"
    INPUT_ERROR = "input-error"
    WRITE_ERROR = "write-error"
    DOWNLOAD_FAILED = "download-failed"
    INVALID_ARCHIVE = "invalid-archive"


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A place in an input.

    ``path`` is what the input is known by: a path, a URL, an option, a variable. It is never
    parsed, whatever it looks like. Lines and columns count from 1, columns in characters; 0 means
    that there is none. ``width`` characters of the line, ``excerpt``, are meant.
    """

    path: str
    line: int = 0
    column: int = 0
    width: int = field(default=0, kw_only=True, compare=False)
    excerpt: str = field(default="", kw_only=True, compare=False)

    def __str__(self) -> str:
        """Return ``PATH:LINE:COLUMN``, which editors and terminals can follow."""
        numbers = [self.line, self.column] if self.column else [self.line]
        return ":".join(map(str, [self.path, *numbers] if self.line else [self.path]))

    def below(self, directory: PurePath) -> Location:
        """Return the location with its path in a directory."""
        return replace(self, path=str(directory / self.path))


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """A problem of an input.

    ``subject`` is what the diagnostic is about: a key path of the manifest (``binary.tcltk``), a
    member of an archive, an element of a document; empty if it is the whole file. ``hint`` is one
    sentence that starts with a verb, or a command.
    """

    code: Code
    location: Location
    message: str
    subject: str = ""
    hint: str = ""

    @property
    def entry(self) -> Entry:
        """Return the catalog's entry of this diagnostic."""
        return catalog()[self.code]

    @property
    def is_warning(self) -> bool:
        """Return whether this diagnostic fails a run only under ``--strict``."""
        return self.entry.severity is Severity.WARNING

    @property
    def exemption_key(self) -> str:
        """Return what an ``[[exemption]]`` names this diagnostic by; never a line number."""
        return self.subject or PurePath(self.location.path).name

    @property
    def short_subject(self) -> str:
        """Return the subject without the path that starts it, where that is the file's own."""
        path, _, name = self.subject.partition(" ")
        is_own = "/" in path and self.location.path.replace("\\", "/").endswith(f"/{path}")
        return name if is_own else self.subject

    def __str__(self) -> str:
        """Return ``LOCATION: SUBJECT: MESSAGE``."""
        return ": ".join(
            part for part in (str(self.location), self.short_subject, self.message) if part
        )


class SbomError(Exception):
    """An error of this project: one or more diagnostics that stop a verb."""

    status = Exit.ERRORS

    def __init__(
        self,
        diagnostics: Sequence[Diagnostic],
        *,
        strict: bool = False,
        exemptible: bool = False,
    ) -> None:
        """Keep ``diagnostics`` (at least one), sorted.

        With ``strict``, warnings are errors; if there is nothing else, they are, as they stop the
        verb. ``exemptible`` ones are those that an exemption of the manifest would have accepted.
        """
        self.diagnostics = sort_diagnostics(diagnostics)
        self.strict = strict or not failing(diagnostics)
        self.exemptible = exemptible
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class InputError(SbomError):
    """Wrong usage, or an input that cannot be read at all."""

    status = Exit.USAGE


class OperationalError(SbomError):
    """The network or the disk failed."""

    status = Exit.IO


@contextmanager
def only_read() -> Iterator[None]:
    """Raise each error in what is read as InputError, whose exit status is that of such inputs.

    For verbs that do not check what they read: their status 1 means something else.
    """
    try:
        yield
    except OperationalError:
        raise
    except SbomError as error:
        raise InputError(
            error.diagnostics, strict=error.strict, exemptible=error.exemptible
        ) from error


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the distinct diagnostics sorted by location, subject, name and message."""
    # The parts of a location, because comparing two of them calls its methods.
    parts = ("location.path", "location.line", "location.column", "subject", "code", "message")
    return tuple(sorted(set(diagnostics), key=attrgetter(*parts)))


def failing(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> list[Diagnostic]:
    """Return the diagnostics that fail a run: errors, and with ``strict`` warnings too."""
    return [diagnostic for diagnostic in diagnostics if strict or not diagnostic.is_warning]
