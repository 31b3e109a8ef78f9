"""The diagnostics of files and archives: what cannot be read, written or trusted."""

from __future__ import annotations

from sbom.diagnostics.model import Code, Diagnostic


def input_error(file: str, message: str, hint: str, line: int = 0) -> Diagnostic:
    """Return the diagnostic of an input that is missing, unreadable or of the wrong kind."""
    return Diagnostic(code=Code.INPUT_ERROR, file=file, line=line, message=message, hint=hint)


def write_error(file: str, error: OSError | ValueError) -> Diagnostic:
    """Return the diagnostic of a file that the system refuses to write."""
    return Diagnostic(
        code=Code.WRITE_ERROR,
        file=file,
        message=f"cannot be written: {describe_error(error)}",
        hint="check the disk and the permissions, and run it again",
    )


def unreadable_file(archive: str, member: str, message: str) -> Diagnostic:
    """Return the diagnostic of a damaged archive, or of one ``member`` that is damaged."""
    return Diagnostic(
        code=Code.UNREADABLE_FILE,
        file=archive,
        subject=member,
        message=message,
        hint="download or build it again",
    )


def unsafe_archive(archive: str, member: str, message: str) -> Diagnostic:
    """Return the diagnostic of an archive that must not be extracted, with the member at fault."""
    return Diagnostic(
        code=Code.UNSAFE_ARCHIVE,
        file=archive,
        subject=member,
        message=message,
        hint="do not publish it; build it again, and find out how this one was made",
    )


def invalid_archive(name: str, message: str, hint: str = "") -> Diagnostic:
    """Return the diagnostic of an external's archive that is damaged or cannot be trusted."""
    return Diagnostic(code=Code.INVALID_ARCHIVE, file=name, message=message, hint=hint)


def describe_error(error: OSError | ValueError) -> str:
    """Return what the system says is wrong, without number and path."""
    return getattr(error, "strerror", None) or str(error)
