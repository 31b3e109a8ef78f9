"""Options of ``validate``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import flag, options_class, positionals
from sbom.options.shared import ReportOptions
from sbom.options.verb import Verb


@options_class
class ValidateOptions(ReportOptions):
    """Options of ``validate``."""

    files: tuple[Path, ...] = positionals("an SPDX or CycloneDX document", "FILE", Path)
    strict: bool = flag("treat what CISA's framing (2024) expects as required")


VERB = Verb(
    name="validate",
    summary="Validate SBOM documents with outside validators",
    options=ValidateOptions,
    examples=(
        ("dist/sbom/python-3.14.7-amd64.spdx.json", "one document"),
        ("--strict a.spdx.json b.spdx.json", "two, by the stricter rules"),
    ),
)
