"""The diagnostics of SBOM documents: unreadable ones, and those that violate a rule."""

from __future__ import annotations

from sbom.diagnostics.file_messages import input_error
from sbom.diagnostics.model import Code, Diagnostic
from sbom.diagnostics.run_messages import invalid_usage

#: Longest message; validators quote whole documents. About three lines of a terminal.
_LONGEST = 300


def invalid_document(
    file: str, element: str, message: str, hint: str, *, validator: str = ""
) -> Diagnostic:
    """Return the diagnostic of a rule that a document violates.

    ``element`` is an SPDX id, or a JSON pointer where only the JSON is at fault; empty for the
    whole document. ``validator`` names an outside validator that reports it.
    """
    text = f"{validator}: {message}" if validator else message
    return Diagnostic(
        code=Code.INVALID_DOCUMENT,
        file=file,
        subject=element,
        message=_one_line(text),
        hint=hint,
    )


def unreadable_document(file: str, message: str, hint: str, line: int = 0) -> Diagnostic:
    """Return the diagnostic of a file that is not an SPDX document in JSON at all."""
    return input_error(file, _one_line(message), hint, line)


def missing_validator(package: str) -> Diagnostic:
    """Return the diagnostic of an outside validator that is not installed."""
    message = "is not installed, so documents cannot be validated"
    return invalid_usage(package, message, "run: python -m pip install --group validation")


def _one_line(message: str) -> str:
    text = " ".join(message[:2000].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
