"""Baseline: a document of a directory by spdx-tools' model and writer, without validation.

Its validation takes time that grows with the square of the number of files. python
describe_with_spdx_tools.py DIR FILE
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from hash_serially import describe
from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    Checksum,
    ChecksumAlgorithm,
    CreationInfo,
    Document,
    File,
    Package,
    Relationship,
    RelationshipType,
)
from spdx_tools.spdx.model.spdx_no_assertion import SpdxNoAssertion
from spdx_tools.spdx.writer.write_anything import write_file


def compose(directory: str) -> Document:
    """Return a document with one package that contains each file below a directory."""
    rows = describe(directory)
    files = [
        File(
            row["path"],
            f"SPDXRef-File-{number}",
            [Checksum(ChecksumAlgorithm[name.upper()], row[name]) for name in _ALGORITHMS],
        )
        for number, row in enumerate(rows)
    ]
    related = [
        Relationship("SPDXRef-Python", RelationshipType.CONTAINS, file.spdx_id) for file in files
    ]
    related.append(Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, "SPDXRef-Python"))
    creation = CreationInfo(
        "SPDX-2.3",
        "SPDXRef-DOCUMENT",
        "benchmark",
        "https://example.com/benchmark",
        [Actor(ActorType.TOOL, "benchmark")],
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    package = Package("SPDXRef-Python", "python", SpdxNoAssertion(), files_analyzed=False)
    return Document(creation, [package], files, relationships=related)


_ALGORITHMS = ("sha1", "sha256", "sha512")


if __name__ == "__main__":
    write_file(compose(sys.argv[1]), sys.argv[2], validate=False)
