"""What each verb can be asked for, as typed values; the command line builds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Environment variables.
Environment = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class InputOptions:
    """The manifest, and the script or the source tree that it is compared with."""

    manifest: Path
    script: Path | None
    cpython: Path | None


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyOptions(InputOptions):
    """Options of ``verify``."""

    path: Path
    sbom: Path | None
    platform: str | None
    variant: str | None
    identify: bool
    strict: bool
    output_format: str
