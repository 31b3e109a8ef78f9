"""Diagnostics of what goes into a run and out of it: options, files, archives, downloads."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.diagnostic import Code, Diagnostic, InputError, Location

#: Changed files that a message names; the others are counted.
_NAMED_FILES = 5
#: Longest message about an input, about three lines of a terminal: it may quote the input.
_LONGEST = 300


def one_line(message: str) -> str:
    """Return a message that quotes an input as one line of at most 300 characters."""
    text = " ".join(message[:2000].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def invalid_usage(option: str, message: str, hint: str) -> Diagnostic:
    """Return the diagnostic of an option, as it was written, that cannot be carried out."""
    return Diagnostic(code=Code.USAGE, location=Location(option), message=message, hint=hint)


def usage_error(option: str, message: str, hint: str) -> InputError:
    """Return ``invalid_usage`` as an error that ends the run."""
    return InputError([invalid_usage(option, message, hint)])


def input_error(file: str, message: str, hint: str, line: int = 0) -> Diagnostic:
    """Return the diagnostic of an input that is missing, unreadable or of the wrong kind."""
    return Diagnostic(
        code=Code.INPUT_ERROR, location=Location(file, line), message=one_line(message), hint=hint
    )


def write_error(file: str, error: OSError | ValueError) -> Diagnostic:
    """Return the diagnostic of a file that the system refuses to write."""
    return Diagnostic(
        code=Code.WRITE_ERROR,
        location=Location(file),
        message=f"cannot be written: {describe_error(error)}",
        hint="check the disk and the permissions, and run it again",
    )


def unreadable_file(archive: str, member: str, message: str) -> Diagnostic:
    """Return the diagnostic of a damaged archive, or of one ``member`` that is damaged."""
    return Diagnostic(
        code=Code.UNREADABLE_FILE,
        location=Location(archive),
        subject=member,
        message=message,
        hint="download or build it again",
    )


def unsafe_archive(archive: str, member: str, message: str) -> Diagnostic:
    """Return the diagnostic of an archive that must not be extracted, with the member at fault."""
    return Diagnostic(
        code=Code.UNSAFE_ARCHIVE,
        location=Location(archive),
        subject=member,
        message=message,
        hint="do not publish it; build it again, and find out how this one was made",
    )


def invalid_archive(name: str, message: str, hint: str = "") -> Diagnostic:
    """Return the diagnostic of an external's archive that is damaged or cannot be trusted."""
    return Diagnostic(
        code=Code.INVALID_ARCHIVE, location=Location(name), message=message, hint=hint
    )


def archive_of_another_tag(file: str, subject: str, url: str, tag: str) -> Diagnostic:
    """Return that the archive of a tag has the commit and the files of another tag."""
    return Diagnostic(
        code=Code.INVALID_ARCHIVE,
        location=Location(file),
        subject=subject,
        message=f"{url} has the commit and the files of {tag}",
        hint="find out why; until the server has the archive of the tag itself, do not bump it",
    )


def describe_error(error: OSError | ValueError) -> str:
    """Return the system's error message, without number and path."""
    return getattr(error, "strerror", None) or str(error)


def download_failed(
    url: str, message: str, hint: str = "", attempts: int = 1, seconds: float = 0
) -> Diagnostic:
    """Return that a URL, given without credentials, could not be downloaded."""
    count = f" ({attempts} attempts in {seconds:.0f} s)" if attempts > 1 else ""
    return Diagnostic(
        code=Code.DOWNLOAD_FAILED, location=Location(url), message=message + count, hint=hint
    )


def other_distribution(file: str, url: str, expected: str, found: str) -> Diagnostic:
    """Return that a bundled wheel is not the file of its name in the package index."""
    return Diagnostic(
        code=Code.INVALID_ARCHIVE,
        location=Location(file),
        message=f"expected SHA-256 {expected} as {url} has, found {found} in the source tree",
        hint="restore the wheel, or find out who changed it",
    )


def invalid_token() -> Diagnostic:
    """Return that GITHUB_TOKEN cannot be a token; the message does not contain it."""
    return Diagnostic(
        code=Code.USAGE,
        location=Location("GITHUB_TOKEN"),
        message="is not a token: it contains whitespace, a line end or a non-ASCII character",
        hint="set it again, or unset it",
    )


def tag_moved(
    file: str, subject: str, url: str, digests: tuple[str, str], changed: Sequence[str] = ()
) -> Diagnostic:
    """Return that the archive of a tag has other contents than were recorded.

    ``digests`` are the SHA-256 that was expected and the one that was found; ``changed`` are the
    paths that differ, where the old archive is still in the cache.
    """
    expected, found = digests
    named = ", ".join(repr(path)[1:-1] for path in changed[:_NAMED_FILES])
    more = f" and {len(changed) - _NAMED_FILES} more" if len(changed) > _NAMED_FILES else ""
    files = f"; changed files: {named}{more}" if changed else ""
    return Diagnostic(
        code=Code.TAG_MOVED,
        location=Location(file),
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url}{files}",
        hint="find out why the tag was moved; to accept it, empty its sha256 and run regen",
    )


def archive_repacked(file: str, subject: str, url: str, digests: tuple[str, str]) -> Diagnostic:
    """Return that an archive has other bytes than were recorded, but the same contents."""
    expected, found = digests
    return Diagnostic(
        code=Code.ARCHIVE_REPACKED,
        location=Location(file),
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url} with the same contents",
        hint="commit the new checksum that regen has recorded",
    )
