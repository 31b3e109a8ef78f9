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
class RegenOptions(InputOptions):
    """Options of ``regen``."""

    ref: str | None
    python_version: str | None
    offline: bool
    verify: bool
    base_url: str | None
    no_cache: bool
    dry_run: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOptions(InputOptions):
    """Options of ``check``."""

    externals: Path | None
    strict: bool
    output_format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildOptions(InputOptions):
    """Options of ``build``; without ``platform``, every platform is built."""

    externals: Path | None
    platform: tuple[str, ...]
    variant: str
    layout: Path | None
    output: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions(InputOptions):
    """Options of ``export``; without ``output``, the file of the source tree is written."""

    cpython: Path
    output: Path | None
    fixed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseOptions(InputOptions):
    """Options of ``release``; ``layout`` has ``PLATFORM=DIR`` texts."""

    artifacts: Path
    layout: tuple[str, ...]
    platform_sbom: tuple[Path, ...]
    output: Path
    in_place: bool
    partial: bool
    allow_unpinned: bool
    replace: bool
    check: bool


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
