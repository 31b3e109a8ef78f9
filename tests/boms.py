"""BOMs and documents of the builds of manifests, made at a fixed time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from manifests import committed

from sbom.bom.bom import Bom
from sbom.bom.compose import compose_build
from sbom.components.component import Build
from sbom.formats import SPDX2
from sbom.manifest.model import Manifest

CREATED = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PLATFORMS = ("amd64", "arm64", "win32")


def bom_of(manifest: Manifest, platform: str = "amd64") -> Bom:
    """Return the BOM of a platform's default build."""
    return compose_build(manifest, Build(platform=platform), CREATED)


@cache
def committed_bom(platform: str = "amd64") -> Bom:
    """Return the BOM of a platform by the manifest of this repository."""
    return bom_of(committed(), platform)


def document(platform: str = "amd64") -> dict[str, Any]:
    """Return that BOM as an SPDX document."""
    data: dict[str, Any] = json.loads(SPDX2.write(committed_bom(platform)))
    return data
