"""Options of ``diff``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sbom.options.arguments import choice, option, options_class, positionals
from sbom.options.shared import TextOptions
from sbom.options.verb import Verb


class DiffFormat(StrEnum):
    """How changes are printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@options_class
class DiffOptions(TextOptions):
    """Options of ``diff``: two ``files``, or ``git``, a revision or ``A..B``."""

    files: tuple[Path, ...] = positionals(
        "two SBOM documents in any formats, or two manifests: the old one first",
        "FILE", Path, unset="with --git, the manifest",
    )  # fmt: skip
    git: str | None = option(
        "compare the manifest with itself at this git revision, or at two: OLD..NEW",
        "REV", str, default=None, unset="compare two files",
    )  # fmt: skip
    manifest: Path = option("the manifest", "FILE", Path, default=Path("externals.toml"))
    output_format: DiffFormat = choice(
        "how changes are printed", DiffFormat, default=DiffFormat.TEXT
    )


VERB = Verb(
    name="diff",
    summary="Print what changed from one SBOM, or manifest, to another",
    options=DiffOptions,
    examples=(
        ("--git HEAD", "what was changed in externals.toml and is not committed"),
        ("--git main..HEAD --output-format markdown", "a branch, for its pull request"),
        (
            "python-3.14.6-amd64.exe.spdx.json python-3.14.7-amd64.exe.cdx.json",
            "two releases; the formats do not matter",
        ),
    ),
)
