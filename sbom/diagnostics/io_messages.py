"""Diagnostics of what goes into a run and out of it: options, files, archives, downloads."""

from __future__ import annotations

from sbom.diagnostics.diagnostic import Code, Diagnostic, InputError, Location

#: Longest message about an input, about three lines of a terminal: it may quote the input.
_LONGEST = 300


def one_line(message: str) -> str:
    """Return a message that quotes an input as one line of at most 300 characters."""
    text = " ".join(message[:2000].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def invalid_usage(option: str, message: str, hint: str) -> Diagnostic:
    """Report an option, as it was written, that cannot be carried out."""
    return Diagnostic(code=Code.USAGE, location=Location(option), message=message, hint=hint)


def usage_error(option: str, message: str, hint: str) -> InputError:
    """Return ``invalid_usage`` as an error that ends the run."""
    return InputError([invalid_usage(option, message, hint)])


def input_error(file: str, message: str, hint: str, line: int = 0) -> Diagnostic:
    """Report an input that is missing, unreadable or of the wrong kind."""
    return Diagnostic(
        code=Code.INPUT_ERROR, location=Location(file, line), message=one_line(message), hint=hint
    )


def unexpected_kind(file: str, expected: str, found: str, hint: str) -> InputError:
    """Return the error of a file that is not what it should be; ``found`` is what it looks like."""
    return InputError([input_error(file, f"expected {expected}, found {found}", hint)])


def write_error(file: str, error: OSError | ValueError) -> Diagnostic:
    """Report a file that the system refuses to write."""
    return Diagnostic(
        code=Code.WRITE_ERROR,
        location=Location(file),
        message=f"cannot be written: {describe_error(error)}",
        hint="check the disk and the permissions, and run it again",
    )


def invalid_archive(name: str, message: str, hint: str = "") -> Diagnostic:
    """Report an external's archive that is damaged or cannot be trusted."""
    return Diagnostic(
        code=Code.INVALID_ARCHIVE, location=Location(name), message=message, hint=hint
    )


def describe_error(error: OSError | ValueError) -> str:
    """Return the system's error message, without number and path."""
    return getattr(error, "strerror", None) or str(error)


def download_failed(
    url: str, message: str, hint: str = "", attempts: int = 1, seconds: float = 0
) -> Diagnostic:
    """Report that a URL, given without credentials, could not be downloaded."""
    count = f" ({attempts} attempts in {seconds:.0f} s)" if attempts > 1 else ""
    return Diagnostic(
        code=Code.DOWNLOAD_FAILED, location=Location(url), message=message + count, hint=hint
    )


def invalid_token() -> Diagnostic:
    """Report that GITHUB_TOKEN cannot be a token; the message does not contain it."""
    return Diagnostic(
        code=Code.USAGE,
        location=Location("GITHUB_TOKEN"),
        message="is not a token: it contains whitespace, a line end or a non-ASCII character",
        hint="set it again, or unset it",
    )
