"""The diagnostics of a run itself: command lines that ask for what cannot be done."""

from __future__ import annotations

from sbom.diagnostics.model import Code, Diagnostic, InputError


def invalid_usage(option: str, message: str, hint: str) -> Diagnostic:
    """Return the diagnostic of an option, as it was written, that cannot be carried out."""
    return Diagnostic(code=Code.USAGE, file=option, message=message, hint=hint)


def usage_error(option: str, message: str, hint: str) -> InputError:
    """Return ``invalid_usage`` as an error that ends the run."""
    return InputError([invalid_usage(option, message, hint)])
