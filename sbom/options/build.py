"""Options of ``build``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import flag, option, options_class, repeated
from sbom.options.shared import FormatOptions
from sbom.options.verb import Verb


@options_class
class BuildOptions(FormatOptions):
    """Options of ``build``; without ``platform``, every platform is built."""

    externals: Path | None = option(
        "a directory that get_externals.bat filled: describe what is in it",
        "DIR", Path, default=None, unset="what the manifest pins",
    )  # fmt: skip
    platform: tuple[str, ...] = repeated(
        "describe only this platform", "NAME", str, unset="every platform"
    )
    variant: str | None = option(
        "describe only this variant, such as free-threaded",
        "NAME", str, default=None, unset="the variants of the layout",
    )  # fmt: skip
    layout: Path | None = option(
        "a build as it ships, to list its files", "DIR", Path, default=None, unset="list no files"
    )
    keep_going: bool = flag(
        "write documents although errors are found; marked incomplete, for no release"
    )
    output: Path = option("the directory to write to", "DIR", Path, default=Path("dist/sbom"))


VERB = Verb(
    name="build",
    summary="Write one SBOM per platform",
    options=BuildOptions,
    examples=(
        ("", "every platform, to dist/sbom"),
        (
            "--platform amd64 --layout PCbuild/amd64-layout",
            "a build as it ships, with a checksum for each file",
        ),
        ("--cpython ../cpython", "only if the manifest agrees with a source tree"),
    ),
)
