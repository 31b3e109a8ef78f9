"""Diagnostics that a person accepted, separated from the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.manifest_messages import stale_exemption
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range


@dataclass(frozen=True, kw_only=True, slots=True)
class Triage:
    """Diagnostics: those that are active, and those exempted, each with the reason given."""

    active: tuple[Diagnostic, ...]
    exempted: tuple[tuple[Diagnostic, str], ...]


def triage_diagnostics(
    diagnostics: Sequence[Diagnostic], manifest: Manifest, checked: Collection[str]
) -> Triage:
    """Separate diagnostics that an ``[[exemption]]`` of the manifest accepts from the others.

    ``checked`` are the names of all diagnostics that could have been found: an exemption of one
    of these that matches nothing is a diagnostic itself.
    """
    line = manifest.cpython.line
    valid = [
        (number, exemption)
        for number, exemption in enumerate(manifest.exemptions)
        if line_in_range(line, exemption.lines)
    ]
    reasons = {(one.diagnostic, one.key): one.reason for _, one in valid}
    exempted = [
        (one, reasons[one.code, one.exemption_key])
        for one in diagnostics
        if one.entry.exemptible and (one.code, one.exemption_key) in reasons
    ]
    matched = {(one.code, one.exemption_key) for one, _ in exempted}
    active = [
        one
        for one in diagnostics
        if not one.entry.exemptible or (one.code, one.exemption_key) not in matched
    ]
    stale = [
        stale_exemption(manifest.file, f"exemption[{number}]", one.diagnostic, one.key)
        for number, one in valid
        if (one.diagnostic, one.key) not in matched and one.diagnostic in checked
    ]
    return Triage(active=sort_diagnostics([*active, *stale]), exempted=tuple(exempted))
