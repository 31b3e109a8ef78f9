"""Options of ``export``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import flag, option, options_class, required
from sbom.options.shared import ManifestOptions
from sbom.options.verb import Verb


@options_class
class ExportOptions(ManifestOptions):
    """Options of ``export``; without ``output``, the file of the source tree is written."""

    cpython: Path = required("a CPython source tree", "DIR", Path)
    output: Path | None = option(
        "write this file; - prints it",
        "FILE", Path, default=None, unset="Misc/externals.spdx.json of the source tree",
    )  # fmt: skip
    fixed: bool = flag("use upstream's versions and identifiers instead of CPython's")


VERB = Verb(
    name="export",
    summary="Write Misc/externals.spdx.json as CPython keeps it",
    options=ExportOptions,
    examples=(
        ("--cpython ../cpython", "update the file of a source tree"),
        ("--cpython ../cpython --output -", "print it"),
    ),
)
