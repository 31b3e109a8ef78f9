"""Diagnostics that a person accepted, separated from the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.manifest_messages import stale_exemption
from sbom.manifest.model import Exemption, Manifest
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.patterns import PathPatterns


@dataclass(frozen=True, kw_only=True, slots=True)
class Triage:
    """Diagnostics: those that are active, and those exempted, each with the reason given."""

    active: tuple[Diagnostic, ...]
    exempted: tuple[tuple[Diagnostic, str], ...]

    def merge(self, other: Triage) -> Triage:
        """Return the diagnostics of both."""
        return Triage(
            active=(*self.active, *other.active), exempted=(*self.exempted, *other.exempted)
        )


def triage_diagnostics(
    diagnostics: Sequence[Diagnostic], manifest: Manifest, checked: Collection[str]
) -> Triage:
    """Separate diagnostics that an ``[[exemption]]`` of the manifest accepts from the others.

    ``checked`` are the names of all diagnostics that could have been found: an exemption of one
    of these that matches nothing is a diagnostic itself, unless it is for other CPython versions.
    """
    applicable = {
        number: exemption
        for number, exemption in enumerate(manifest.exemptions)
        if line_in_range(manifest.cpython.line, exemption.lines)
        and version_in_range(manifest.cpython.version, exemption.versions)
    }
    active: list[Diagnostic] = []
    exempted: list[tuple[Diagnostic, str]] = []
    matched: set[int] = set()
    for diagnostic in diagnostics:
        numbers = [
            number for number, exemption in applicable.items() if _accepts(exemption, diagnostic)
        ]
        matched.update(numbers)
        if numbers:
            exempted.append((diagnostic, applicable[numbers[0]].reason))
        else:
            active.append(diagnostic)
    active += [
        stale_exemption(manifest.file, f"exemption[{number}]", exemption.diagnostic, exemption.key)
        for number, exemption in applicable.items()
        if number not in matched and exemption.diagnostic in checked
    ]
    return Triage(active=sort_diagnostics(active), exempted=tuple(exempted))


def _accepts(exemption: Exemption, diagnostic: Diagnostic) -> bool:
    """Return whether an exemption that applies to this CPython version accepts a diagnostic."""
    if (exemption.diagnostic, exemption.key) != (diagnostic.code, diagnostic.exemption_key):
        return False
    artifact = PurePath(diagnostic.location.path).as_posix()
    is_selected = not exemption.artifacts or PathPatterns(exemption.artifacts).matches(artifact)
    return diagnostic.entry.exemptible and is_selected
