"""Diagnostics as a SARIF 2.1.0 log, which code scanning of GitHub and Azure DevOps reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PureWindowsPath
from urllib.parse import quote

from sbom.diagnostics.catalog import Entry
from sbom.diagnostics.diagnostic import Code, Diagnostic, Location
from sbom.version import __version__

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_URL = re.compile(r"[a-z][a-z0-9+-]+://", re.ASCII)


def render_sarif(
    diagnostics: Sequence[Diagnostic],
    exempted: Iterable[tuple[Diagnostic, str]] = (),
    *,
    strict: bool = False,
) -> str:
    """Return a log with one run: its rules are the diagnostics that it found.

    What is exempted is suppressed, with the reason that a person gave.
    """
    found = [(diagnostic, "") for diagnostic in diagnostics] + list(exempted)
    entries = {diagnostic.entry.id: diagnostic.entry for diagnostic, _ in found}
    rules = {rule: number for number, rule in enumerate(sorted(entries))}
    driver = {
        "name": "cpython-windows-sbom",
        "version": __version__,
        "rules": [_rule(entries[rule]) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, reason, rules, strict=strict) for one, reason in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "name": entry.name,
        "shortDescription": {"text": entry.meaning},
        "fullDescription": {"text": f"{entry.meaning} {entry.reason}"},
        "help": {"text": entry.fix},
        "defaultConfiguration": {"level": str(entry.severity)},
    }


def _result(
    diagnostic: Diagnostic, reason: str, rules: Mapping[str, int], *, strict: bool
) -> dict[str, object]:
    entry = diagnostic.entry
    subject = f"{diagnostic.short_subject}: " if diagnostic.short_subject else ""
    hint = f"\n{diagnostic.hint}" if diagnostic.hint else ""
    result: dict[str, object] = {
        "ruleId": entry.id,
        "ruleIndex": rules[entry.id],
        "level": "error" if strict else str(entry.severity),
        "message": {"text": f"{subject}{diagnostic.message}{hint}"},
        # Not the line: what is found is the same one when lines above it change.
        "partialFingerprints": {"exemptionKey/v1": f"{diagnostic.code} {diagnostic.exemption_key}"},
    }
    location: dict[str, object] = {}
    if _is_file(diagnostic):
        location["physicalLocation"] = _physical_location(diagnostic.location)
    if diagnostic.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": diagnostic.subject}]
    if location:
        result["locations"] = [location]
    if reason:
        justification = " ".join(reason.split())
        result["suppressions"] = [{"kind": "external", "justification": justification}]
    return result


def _is_file(diagnostic: Diagnostic) -> bool:
    """Return whether a diagnostic is at a file or an address, and not at an option or variable."""
    path = diagnostic.location.path
    return diagnostic.code is not Code.USAGE and bool(path) and not path.startswith("--")


def _physical_location(location: Location) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(location.path)}}
    if location.line:
        region: dict[str, object] = {"startLine": location.line}
        if location.column:
            region["startColumn"] = location.column
            region["endColumn"] = location.column + max(1, location.width)
        if location.excerpt:
            region["snippet"] = {"text": location.excerpt}
        physical["region"] = region
    return physical


def _uri(path: str) -> str:
    """Return a path as a URI reference: relative as it is, absolute with its scheme."""
    if _URL.match(path):
        return quote(path, safe=":/?#[]@!$&'()*+,;=%~")
    windows = PureWindowsPath(path)
    text = windows.as_posix() if windows.drive or "\\" in path else path
    # A colon in the first part of a relative reference would end a scheme (RFC 3986, 4.2).
    quoted = quote(text, safe="/", errors="surrogatepass")
    if windows.drive and not windows.drive.startswith("\\"):
        return "file:///" + quoted.replace("%3A", ":", 1)
    return f"file://{quoted}" if text.startswith("/") else quoted
