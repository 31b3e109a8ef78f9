"""Diagnostics of downloads: a failure, a tag with other contents, an archive packed differently."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.model import Code, Diagnostic

_NAMED_FILES = 5


def download_failed(
    url: str, message: str, hint: str = "", attempts: int = 1, seconds: float = 0
) -> Diagnostic:
    """Return that a URL, given without credentials, could not be downloaded."""
    count = f" ({attempts} attempts in {seconds:.0f} s)" if attempts > 1 else ""
    return Diagnostic(code=Code.DOWNLOAD_FAILED, file=url, message=message + count, hint=hint)


def invalid_token() -> Diagnostic:
    """Return that GITHUB_TOKEN cannot be a token; the message does not contain it."""
    return Diagnostic(
        code=Code.USAGE,
        file="GITHUB_TOKEN",
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
        file=file,
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url}{files}",
        hint="find out why the tag was moved; to accept it, empty its sha256 and run regen",
    )


def archive_repacked(file: str, subject: str, url: str, digests: tuple[str, str]) -> Diagnostic:
    """Return that an archive has other bytes than were recorded, but the same contents."""
    expected, found = digests
    return Diagnostic(
        code=Code.ARCHIVE_REPACKED,
        file=file,
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url} with the same contents",
        hint="commit the new checksum that regen has recorded",
    )
