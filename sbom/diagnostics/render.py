"""Diagnostics as text, JSON, or workflow commands of GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sbom.diagnostics.catalog import Severity
from sbom.diagnostics.diagnostic import Diagnostic, sort_diagnostics

#: What ``--output-format`` takes.
OUTPUT_FORMATS = ("text", "json", "github")


def render(diagnostics: Sequence[Diagnostic], output_format: str, *, strict: bool = False) -> str:
    """Return the diagnostics in one of ``OUTPUT_FORMATS``.

    The result ends with a line feed unless it is empty. With ``strict``, warnings are shown as
    the errors they then are.
    """
    ordered = sort_diagnostics(diagnostics)
    if output_format == "json":
        return json.dumps([_as_json(item, strict=strict) for item in ordered], indent=2) + "\n"
    write = _as_github if output_format == "github" else _as_text
    return "".join(f"{write(item, _severity(item, strict=strict))}\n" for item in ordered)


def _severity(diagnostic: Diagnostic, *, strict: bool) -> Severity:
    return Severity.ERROR if strict else diagnostic.entry.severity


def _as_text(diagnostic: Diagnostic, severity: Severity) -> str:
    lines = [f"{diagnostic} [{severity}: {diagnostic.entry.id} {diagnostic.code}]"]
    if diagnostic.hint:
        lines.append(f"    {diagnostic.hint}")
    if diagnostic.entry.exemptible:
        lines.append(f"    exemption key: {diagnostic.exemption_key}")
    return "\n".join(lines)


def _as_github(diagnostic: Diagnostic, severity: Severity) -> str:
    """Return a workflow command; values are escaped the way GitHub's toolkit unescapes them."""
    line = f",line={diagnostic.line}" if diagnostic.line else ""
    subject = f"{diagnostic.subject}: " if diagnostic.subject else ""
    text = _escape(f"{subject}{diagnostic.message} {diagnostic.hint}".rstrip())
    file = _escape(diagnostic.file).replace(":", "%3A").replace(",", "%2C")
    title = f"{diagnostic.entry.id} {diagnostic.code}"
    return f"::{severity} file={file}{line},title={title}::{text}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _as_json(diagnostic: Diagnostic, *, strict: bool) -> dict[str, object]:
    return {
        "id": diagnostic.entry.id,
        "name": str(diagnostic.code),
        "severity": _severity(diagnostic, strict=strict),
        "file": diagnostic.file,
        "line": diagnostic.line or None,
        "subject": diagnostic.subject,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "exemption_key": diagnostic.exemption_key if diagnostic.entry.exemptible else None,
    }
