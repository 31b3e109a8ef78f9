"""Options of ``release``."""

from __future__ import annotations

from pathlib import Path

from sbom.options.arguments import flag, option, options_class, repeated, required
from sbom.options.shared import FormatOptions
from sbom.options.verb import Verb

_TARGET = "target"


@options_class
class ReleaseOptions(FormatOptions):
    """Options of ``release``; ``layout`` has ``PLATFORM=DIR`` texts."""

    artifacts: Path = required("the directory of the artifacts of the release", "DIR", Path)
    layout: tuple[str, ...] = repeated(
        "a platform's build as it ships", "PLATFORM=DIR", str, unset="none"
    )
    platform_sbom: tuple[Path, ...] = repeated(
        "a document that build wrote on another machine", "FILE", Path, unset="none"
    )
    output: Path = option(
        "the directory to write to", "DIR", Path, default=Path("dist/release"), group=_TARGET
    )
    in_place: bool = flag("write beside the artifacts", group=_TARGET)
    partial: bool = flag("accept that artifacts of the release are missing")
    allow_unpinned: bool = flag("release although checksums are missing; marked in every document")
    attest: bool = flag("write an unsigned in-toto statement beside the SBOM of each artifact")
    vex_file: tuple[Path, ...] = repeated(
        "write what vex.toml states about this release: as CycloneDX VEX if FILE ends in "
        ".cdx.json, else as OpenVEX",
        "FILE", Path, unset="none",
    )  # fmt: skip
    replace: bool = flag("overwrite documents of another run")
    check: bool = flag("check documents and artifacts that are published; write nothing")


VERB = Verb(
    name="release",
    summary="Write one SBOM for all channels, and one for every artifact",
    options=ReleaseOptions,
    examples=(
        ("--artifacts 3.14.7", "describe a directory of artifacts, in dist/release"),
        (
            "--artifacts 3.14.7 --platform-sbom python-3.14.7-amd64.spdx.json",
            "with a build that was described on another machine",
        ),
        ("--artifacts 3.14.7 --check", "verify a directory that was published"),
    ),
)
