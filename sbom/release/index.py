"""What a program reads first: which SBOM belongs to which artifact, and all their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbom.release.contents import DescribedArtifact

#: The version of the index's own form.
FORM = 1


@dataclass(frozen=True, slots=True)
class Written:
    """One document of a release: its path, with slashes, its namespace and its bytes."""

    path: str
    namespace: str
    data: bytes

    def named(self) -> dict[str, Any]:
        """Return what the index says of it."""
        digest = hashlib.sha256(self.data).hexdigest()
        return {"file": self.path, "namespace": self.namespace, "sha256": digest}


def index(
    version: str, whole: Written, slices: Sequence[tuple[DescribedArtifact, str, Written]]
) -> dict[str, Any]:
    """Return the index of a release: artifacts, what their description rests on, their SBOMs."""
    return {
        "form": FORM,
        "version": version,
        "document": whole.named(),
        "artifacts": [
            {
                "file": one.path,
                "channel": one.artifact.channel.name,
                "platform": one.build.platform,
                "variant": one.build.variant,
                "described-from": basis,
                "location": one.artifact.location,
                "size": one.own.size,
                **{algorithm.lower(): value for algorithm, value in one.digests},
                "sbom": written.named(),
            }
            for one, basis, written in slices
        ],
    }


def index_bytes(data: Mapping[str, Any]) -> bytes:
    """Return an index as JSON: UTF-8, two spaces of indentation, LF line ends."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def sums(digests: Mapping[str, str]) -> bytes:
    """Return SHA-256 digests by path in the form that ``sha256sum --check`` reads."""
    return "".join(f"{digests[path]} *{path}\n" for path in sorted(digests)).encode()
