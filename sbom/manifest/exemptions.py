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
    reasons = {(exemption.diagnostic, exemption.key): exemption.reason for _, exemption in valid}
    active: list[Diagnostic] = []
    exempted: list[tuple[Diagnostic, str]] = []
    for diagnostic in diagnostics:
        reason = reasons.get((diagnostic.code, diagnostic.exemption_key))
        if reason is None or not diagnostic.entry.exemptible:
            active.append(diagnostic)
        else:
            exempted.append((diagnostic, reason))
    matched = {(diagnostic.code, diagnostic.exemption_key) for diagnostic, _ in exempted}
    active += [
        stale_exemption(manifest.file, f"exemption[{number}]", exemption.diagnostic, exemption.key)
        for number, exemption in valid
        if (exemption.diagnostic, exemption.key) not in matched and exemption.diagnostic in checked
    ]
    return Triage(active=sort_diagnostics(active), exempted=tuple(exempted))
