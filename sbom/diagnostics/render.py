"""Diagnostics as text, JSON, or workflow commands of GitHub."""

from __future__ import annotations

import json
import textwrap
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
    if output_format == "github":
        return "".join(f"{_as_github(item, strict=strict)}\n" for item in ordered)
    blocks: list[str] = []
    printed: set[str] = set()
    for item in ordered:
        exemption = exemption_toml(item)
        blocks.append(_as_text(item, "" if exemption in printed else exemption, strict=strict))
        printed.add(exemption)
    return "".join(blocks)


def exemption_toml(diagnostic: Diagnostic) -> str:
    """Return the lines of externals.toml that accept a diagnostic, but for the reason.

    Empty for one that cannot be exempted. As the reason is left empty, the manifest is invalid
    until somebody writes one.
    """
    if not diagnostic.entry.exemptible:
        return ""
    # A JSON string is a basic string of TOML, except that TOML has DEL escaped.
    key = json.dumps(diagnostic.exemption_key, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f'[[exemption]]\ndiagnostic = "{diagnostic.code}"\nkey = {key}\nreason = ""\n'


def count(number: int, noun: str) -> str:
    """Return ``no errors``, ``1 error`` or ``2 errors``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _severity(diagnostic: Diagnostic, *, strict: bool) -> Severity:
    return Severity.ERROR if strict else diagnostic.entry.severity


def _as_text(diagnostic: Diagnostic, exemption: str, *, strict: bool) -> str:
    """Return the lines of a diagnostic; ``exemption`` is empty where it is printed already."""
    severity = _severity(diagnostic, strict=strict)
    text = f"{diagnostic} [{severity}: {diagnostic.entry.id} {diagnostic.code}]\n"
    if diagnostic.hint:
        text += f"    {diagnostic.hint}\n"
    if diagnostic.entry.exemptible:
        text += f"    exemption key: {diagnostic.exemption_key}\n"
    return text + textwrap.indent(exemption, " " * 8)


def _as_github(diagnostic: Diagnostic, *, strict: bool) -> str:
    """Return a workflow command; values are escaped the way GitHub's toolkit unescapes them."""
    line = f",line={diagnostic.line}" if diagnostic.line else ""
    subject = f"{diagnostic.short_subject}: " if diagnostic.short_subject else ""
    text = _escape(f"{subject}{diagnostic.message}\n{diagnostic.hint}".rstrip())
    file = _escape(diagnostic.file).replace(":", "%3A").replace(",", "%2C")
    title = f"{diagnostic.entry.id} {diagnostic.code}"
    severity = _severity(diagnostic, strict=strict)
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
        "exemption_toml": exemption_toml(diagnostic) or None,
    }
