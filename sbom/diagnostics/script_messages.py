"""Diagnostics of a script (SBM1xx), and of a script and a manifest that disagree (SBM4xx)."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.model import Code, Diagnostic

# The script.


def batch_syntax(file: str, line: int, message: str, hint: str = "") -> Diagnostic:
    """Return the diagnostic of a line that cmd rejects as well."""
    return Diagnostic(
        code=Code.BATCH_SYNTAX,
        file=file,
        line=line,
        message=message,
        hint=hint or "fix the line; cmd stops here as well",
    )


def batch_limit(file: str, line: int, message: str, hint: str) -> Diagnostic:
    """Return the diagnostic of a script that is larger, deeper or slower than any real one."""
    return Diagnostic(code=Code.BATCH_LIMIT, file=file, line=line, message=message, hint=hint)


def unsupported_command(file: str, line: int, message: str) -> Diagnostic:
    """Return the diagnostic of a command or value whose effect cannot be determined."""
    return Diagnostic(
        code=Code.UNSUPPORTED_COMMAND,
        file=file,
        line=line,
        message=message,
        hint="rewrite the line; until then, what the script fetches cannot be determined",
    )


def conflict_marker(file: str, line: int, marker: str) -> Diagnostic:
    """Return the diagnostic of a line that a merge left behind."""
    return Diagnostic(
        code=Code.CONFLICT_MARKER,
        file=file,
        line=line,
        message=f"unresolved merge conflict: {marker}",
        hint="resolve the conflict",
    )


def unreachable_tag(file: str, line: int, tag: str) -> Diagnostic:
    """Return the diagnostic of text that looks like a tag and that no run fetches."""
    return Diagnostic(
        code=Code.UNREACHABLE_TAG,
        file=file,
        line=line,
        subject=tag,
        message="looks like a tag, but no flag or variable of the script fetches it",
        hint="remove the tag, or turn its line into a comment with rem",
    )


def duplicate_name(file: str, key: str, tags: Sequence[str]) -> Diagnostic:
    """Return the diagnostic of tags that would have the same table, ``key``, in the manifest."""
    return Diagnostic(
        code=Code.DUPLICATE_NAME,
        file=file,
        subject=key,
        message=f"expected one tag of this name, found {' and '.join(tags)}",
        hint="remove one of them from the script; the manifest has one table for each name",
    )


def no_externals(file: str) -> Diagnostic:
    """Return the diagnostic of a script that fetches nothing under any setting."""
    return Diagnostic(
        code=Code.NO_EXTERNALS,
        file=file,
        message="fetches nothing, whatever its flags are",
        hint="name a complete get_externals.bat",
    )


def stray_parenthesis(file: str, line: int) -> Diagnostic:
    """Return the diagnostic of a line that starts with a closing parenthesis of no block."""
    return Diagnostic(
        code=Code.STRAY_PARENTHESIS,
        file=file,
        line=line,
        message="unmatched ')': cmd ignores the line",
        hint="remove the parenthesis, or add the one that opens the block",
    )
