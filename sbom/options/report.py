"""Options of ``report``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import option, options_class, positional
from sbom.options.shared import ManifestOptions
from sbom.options.verb import Verb


@options_class
class ReleaseReportOptions(ManifestOptions):
    """Options of ``report``."""

    release: Path = positional("a directory that release wrote", "DIR", Path)
    since: Path | None = option(
        "the directory of an earlier release, to list what changed",
        "DIR", Path, default=None, unset="list no changes",
    )  # fmt: skip
    output: Path = option("the page to write", "FILE", Path, default=Path("report.html"))


VERB = Verb(
    name="report",
    summary="Write one HTML page about a release: what ships where, and from where",
    options=ReleaseReportOptions,
    examples=(
        ("dist/release", "to report.html, which opens from disk in any browser"),
        ("dist/release --since 3.14.6", "with what changed since an earlier release"),
    ),
)
