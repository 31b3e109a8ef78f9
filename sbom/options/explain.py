"""Options of ``explain``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import option, options_class, positional
from sbom.options.shared import ManifestOptions
from sbom.options.verb import Verb


@options_class
class ExplainOptions(ManifestOptions):
    """Options of ``explain``; ``in_`` is a release or a document, and ``--in`` on the line."""

    subject: str = positional(
        "a component, an external, a purl, a diagnostic or a vulnerability", "SUBJECT", str
    )
    in_: Path | None = option(
        "find a component in this directory that release wrote, or in this SBOM",
        "PATH", Path, default=None, unset="explain what the manifest states",
    )  # fmt: skip


VERB = Verb(
    name="explain",
    summary="Print what is known about a component, a diagnostic or a vulnerability",
    options=ExplainOptions,
    examples=(
        ("openssl", "a component: each fact with the file and line that states it"),
        ("SBM204", "what a diagnostic means, why it matters, and how to fix it"),
        ("CVE-2023-45853", "what vex.toml states about a vulnerability"),
        ("zlib --in dist/release", "which downloads contain a component, in which version"),
    ),
)
