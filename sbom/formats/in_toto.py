"""A document as the predicate of an unsigned in-toto statement about one artifact.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from sbom.formats.json_document import encode_json

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
#: The predicate type of documents by the name of their format: spec/predicates of
#: github.com/in-toto/attestation. Those without a version are what ``cosign --type`` means.
PREDICATE_TYPES: Mapping[str, str] = {
    "spdx-2.3": "https://spdx.dev/Document",
    "spdx-3.0.1": "https://spdx.dev/Document/v3",
    "cyclonedx-1.6": "https://cyclonedx.org/bom",
    "cyclonedx-1.7": "https://cyclonedx.org/bom",
}


def write_in_toto(name: str, sha256: str, predicate_type: str, document: bytes) -> bytes:
    """Return the statement that a document in JSON describes an artifact.

    ``name`` and ``sha256`` are the artifact's; consumers compare only the digest. JSON in UTF-8,
    keys sorted, LF line ends.
    """
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": predicate_type,
        "predicate": orjson.loads(document),
    }
    return encode_json(statement)
