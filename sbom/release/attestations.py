"""In-toto statements that SBOMs describe the artifacts of a release, to be signed.

They are not in the index, nor among the checksums: what is published is their signed form.
https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.release_messages import not_attested
from sbom.formats import FORMATS, DocumentFormat
from sbom.formats.json_document import encode_json
from sbom.release.contents import ReleaseContents
from sbom.release.documents import Outputs
from sbom.release.release_bom import basis_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
_SUFFIX = ".intoto.json"


@dataclass(frozen=True, slots=True)
class Attestations:
    """Statements by their path, and the artifacts without one."""

    documents: Mapping[str, bytes]
    diagnostics: tuple[Diagnostic, ...]


def write_attestations(
    documents: Mapping[str, bytes], contents: ReleaseContents, outputs: Outputs
) -> Attestations:
    """Return a statement for each SBOM of an artifact that was opened: it describes this file.

    ``documents`` are those of the release by path. An artifact that was not opened gets a
    diagnostic: its SBOM describes what other files show, and is true of any file of that name.
    """
    written: dict[str, bytes] = {}
    diagnostics: list[Diagnostic] = []
    for artifact in sorted(contents.artifacts, key=lambda artifact: artifact.path):
        if not artifact.is_standalone:
            continue
        if not artifact.is_opened:
            basis = basis_of(artifact, contents.inspected_builds)
            diagnostics.append(not_attested(artifact.path, basis.sentence))
            continue
        stem = outputs.sbom_stem(artifact)
        for document_format in outputs.formats:
            written[_statement_path(stem, document_format)] = _write_statement(
                artifact.artifact.file,
                artifact.file.sha256,
                document_format.predicate_type,
                documents[f"{stem}{document_format.suffix}"],
            )
    return Attestations(written, tuple(diagnostics))


def _write_statement(name: str, sha256: str, predicate_type: str, document: bytes) -> bytes:
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


def _statement_path(stem: str, document_format: DocumentFormat) -> str:
    """Return where a statement is: beside its SBOM, by the format unless that is the default.

    It has no ``.spdx.`` in it: osv-scalibr would read it as an SBOM.
    """
    is_default = document_format is FORMATS[0]
    return f"{stem}{_SUFFIX}" if is_default else f"{stem}.{document_format.name}{_SUFFIX}"
