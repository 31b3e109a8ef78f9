"""The index of a release, written and read: which SBOM belongs to which artifact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: The name of the file, beside the SBOMs.
INDEX = "sbom-index.json"
#: The version of the schema of the index.
INDEX_SCHEMA_VERSION = 4
#: What an index states of an artifact beside checksums, in this order.
_PROPERTIES = ("channel", "platform", "variant", "described-from", "location", "size")
#: What it states of an SBOM.
_SBOM_KEYS = ("format", "file", "namespace", "sha256")


@dataclass(frozen=True, slots=True)
class PublishedSbom:
    """What an index states of one SBOM."""

    format: str
    path: str
    namespace: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishedArtifact:
    """What an index states of one artifact.

    ``checksums`` are by algorithm in lower case; ``properties`` are all else, by the names that
    the index has for them.
    """

    path: str
    checksums: Mapping[str, str]
    properties: Mapping[str, object]
    sboms: tuple[PublishedSbom, ...]


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """An index as it was published; ``missing`` names artifacts that are not described.

    ``documents`` are the SBOM of the whole release, in each of its formats.
    """

    version: str
    missing: tuple[str, ...]
    documents: tuple[PublishedSbom, ...]
    artifacts: tuple[PublishedArtifact, ...]

    @property
    def sbom_paths(self) -> tuple[str, ...]:
        """Return the paths of all SBOMs that the index names."""
        sboms = [*self.documents, *(sbom for artifact in self.artifacts for sbom in artifact.sboms)]
        return tuple(sbom.path for sbom in sboms)

    @property
    def artifact_names(self) -> frozenset[str]:
        """Return the names of all artifacts that the index names."""
        return frozenset(artifact.path.rpartition("/")[2] for artifact in self.artifacts)


def write_index(index: ReleaseIndex) -> bytes:
    """Return an index as JSON: UTF-8, two spaces of indentation, LF line ends."""
    table = {
        "schema-version": INDEX_SCHEMA_VERSION,
        "version": index.version,
        "partial": bool(index.missing),
        "missing": list(index.missing),
        "documents": [_sbom_entry(sbom) for sbom in index.documents],
        "artifacts": [_artifact_entry(artifact) for artifact in index.artifacts],
    }
    return f"{json.dumps(table, indent=2, ensure_ascii=False)}\n".encode()


def _sbom_entry(sbom: PublishedSbom) -> dict[str, str]:
    values = (sbom.format, sbom.path, sbom.namespace, sbom.sha256)
    return dict(zip(_SBOM_KEYS, values, strict=True))


def _artifact_entry(artifact: PublishedArtifact) -> dict[str, object]:
    return {
        "file": artifact.path,
        **{name: artifact.properties[name] for name in _PROPERTIES},
        **artifact.checksums,
        "sboms": [_sbom_entry(sbom) for sbom in artifact.sboms],
    }


def read_index(data: bytes | None) -> ReleaseIndex | None:
    """Return the index of a release; None if it is missing, or is not one."""
    try:
        index = json.loads(data or b"")
        missing = tuple(map(str, index["missing"]))
        if index["schema-version"] != INDEX_SCHEMA_VERSION or index["partial"] != bool(missing):
            return None
        return ReleaseIndex(
            version=str(index["version"]),
            missing=missing,
            documents=_read_entries(index["documents"]),
            artifacts=tuple(_read_artifact(entry) for entry in index["artifacts"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_artifact(entry: Mapping[str, Any]) -> PublishedArtifact:
    checksums = {name: str(entry[name]) for name in ("sha256", "sha512")}
    properties = {name: entry[name] for name in _PROPERTIES}
    return PublishedArtifact(
        str(entry["file"]), checksums, properties, _read_entries(entry["sboms"])
    )


def _read_entries(entries: Iterable[Mapping[str, Any]]) -> tuple[PublishedSbom, ...]:
    """Return what an index states of the SBOM of one thing. Raises ValueError if there is none."""
    sboms = tuple(PublishedSbom(*(str(entry[key]) for key in _SBOM_KEYS)) for entry in entries)
    if not sboms:
        raise ValueError("no SBOM")
    return sboms
