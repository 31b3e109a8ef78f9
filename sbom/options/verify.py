"""Options of ``verify``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import flag, option, options_class, positional
from sbom.options.shared import InputOptions
from sbom.options.verb import Verb


@options_class
class VerifyOptions(InputOptions):
    """Options of ``verify``."""

    path: Path = positional("a directory, an artifact or a DLL", "PATH", Path)
    sbom: Path | None = option(
        "the SBOM to compare with", "FILE", Path, default=None, unset="the one beside PATH"
    )
    platform: str | None = option(
        "the platform to compare with", "NAME", str, default=None, unset="that of the binaries"
    )
    variant: str | None = option(
        "the variant to compare with", "NAME", str, default=None, unset="that of the binaries"
    )
    root: Path | None = option(
        "root certificates (PEM) to trust besides those that Windows trusts",
        "FILE", Path, default=None, unset="none",
    )  # fmt: skip
    identify: bool = flag("report what the files were built from; compare with nothing")
    strict: bool = flag("treat warnings as errors")


VERB = Verb(
    name="verify",
    summary="Compare shipped files with their SBOM, the manifest or a script",
    options=VerifyOptions,
    examples=(
        ("python-3.14.7-embed-amd64.zip", "a download"),
        ("C:/Python314 --sbom python-3.14.7-amd64.exe.spdx.json", "what was installed"),
        ("--identify libssl-3.dll", "which tag a DLL was built from"),
    ),
)
