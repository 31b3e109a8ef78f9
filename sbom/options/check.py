"""Options of ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from sbom.options.arguments import flag, option, options_class
from sbom.options.shared import InputOptions
from sbom.options.verb import Verb


@options_class
class CheckOptions(InputOptions):
    """Options of ``check``."""

    json_is_list: ClassVar[bool] = True

    externals: Path | None = option(
        "a directory that get_externals.bat filled, to compare with its archives",
        "DIR", Path, default=None, unset="none",
    )  # fmt: skip
    strict: bool = flag("treat warnings as errors")


VERB = Verb(
    name="check",
    summary="Report everything that is wrong with externals.toml; write nothing",
    options=CheckOptions,
    examples=(
        ("", "externals.toml by itself"),
        ("--cpython ../cpython", "and everything that a source tree states"),
        ("--strict --output-format github", "in CI, as annotations of a pull request"),
    ),
)
