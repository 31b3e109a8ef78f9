"""The index of a published release, read: which SBOM belongs to which artifact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbom.release.documents import FORM

#: What an index states of an artifact beside checksums.
_STATED = ("channel", "platform", "variant", "described-from", "location", "size")


@dataclass(frozen=True, slots=True)
class PublishedSbom:
    """What an index states of one SBOM."""

    path: str
    namespace: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishedArtifact:
    """What an index states of one artifact.

    ``checksums`` are by algorithm in lower case; ``stated`` has all else, by the names that the
    index has for it.
    """

    path: str
    checksums: Mapping[str, str]
    stated: Mapping[str, object]
    sbom: PublishedSbom


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """An index as it was published; ``missing`` names artifacts that are not described."""

    version: str
    missing: tuple[str, ...]
    release: PublishedSbom
    artifacts: tuple[PublishedArtifact, ...]

    @property
    def sbom_paths(self) -> tuple[str, ...]:
        """Return the paths of all SBOMs that the index names."""
        return (self.release.path, *(artifact.sbom.path for artifact in self.artifacts))

    @property
    def artifact_names(self) -> frozenset[str]:
        """Return the names of all artifacts that the index names."""
        return frozenset(artifact.path.rpartition("/")[2] for artifact in self.artifacts)


def read_index(data: bytes | None) -> ReleaseIndex | None:
    """Return the index of a release; None if it is missing, or is not one."""
    try:
        index = json.loads(data or b"")
        missing = tuple(map(str, index["missing"]))
        if index["form"] != FORM or index["partial"] != bool(missing):
            return None
        return ReleaseIndex(
            version=str(index["version"]),
            missing=missing,
            release=_read_entry(index["document"]),
            artifacts=tuple(_read_artifact(entry) for entry in index["artifacts"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_artifact(entry: Mapping[str, Any]) -> PublishedArtifact:
    checksums = {name: str(entry[name]) for name in ("sha256", "sha512")}
    stated = {name: entry[name] for name in _STATED}
    return PublishedArtifact(str(entry["file"]), checksums, stated, _read_entry(entry["sbom"]))


def _read_entry(entry: Mapping[str, Any]) -> PublishedSbom:
    return PublishedSbom(str(entry["file"]), str(entry["namespace"]), str(entry["sha256"]))
