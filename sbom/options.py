"""What the options of most verbs have in common; each command has its own beside it."""

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
