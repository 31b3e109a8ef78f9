"""What ``build`` records beside its documents, for ``release``; none of it enters a document.

The record of ``python-3.14.7-amd64.spdx.json``, and of the same BOM in other formats, is
``python-3.14.7-amd64.build.json``. Scanners take a name with ``.spdx.`` or ``.cdx.`` in it for a
document, so that the record has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

import msgspec
from msgspec.structs import astuple

from sbom.diagnostics import Diagnostic, InputError
from sbom.diagnostics.io_messages import input_error
from sbom.files.shipped_file import ShippedFile
from sbom.formats import document_stem
from sbom.io import read_bytes
from sbom.manifest.exemptions import Triage

_SUFFIX = ".build.json"
#: The version of the schema of the record.
RECORD_SCHEMA_VERSION = 3


class RecordedDiagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnostic of a build; ``reason`` is that of the exemption which accepted it.

    ``file`` is the name of the file, or ``layout`` or ``externals`` with a path in it.
    """

    id: str
    name: str
    severity: str
    file: str
    subject: str
    message: str
    reason: str = ""


class BuildRecord(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", omit_defaults=True):
    """What was wrong when a BOM was made, and the SHA-256 of its documents and of its inputs.

    ``documents`` has the formats that one run wrote, by the names of their files. With
    ``digest_cache``, checksums in them can be those of an earlier run.
    """

    schema_version: int
    tool: str
    documents: dict[str, str]
    inputs: dict[str, str]
    diagnostics: tuple[RecordedDiagnostic, ...]
    exempted: tuple[RecordedDiagnostic, ...]
    digest_cache: bool = False

    @property
    def errors(self) -> tuple[RecordedDiagnostic, ...]:
        """Return the errors that no exemption accepted."""
        return tuple(
            diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"
        )


def record_path(document: Path) -> Path:
    """Return the path of a document's record: beside it."""
    return document.with_name(document_stem(document.name) + _SUFFIX)


def write_record(record: BuildRecord) -> bytes:
    """Return a record as JSON: UTF-8, two spaces of indentation, LF line ends."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def read_record(path: Path) -> BuildRecord:
    """Return the record at a path. Raises InputError if it is missing or is none."""
    hint = "add the file that build wrote beside the document"
    if not path.is_file():
        raise InputError([input_error(str(path), "is missing", hint)])
    try:
        record = msgspec.json.decode(read_bytes(path), type=BuildRecord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"is not the record of a build: {error}"
        raise InputError([input_error(str(path), message, hint)]) from error
    if record.schema_version != RECORD_SCHEMA_VERSION:
        message = f"expected schema version {RECORD_SCHEMA_VERSION}, found {record.schema_version}"
        raise InputError([input_error(str(path), message, "run build again")])
    return record


def compose_record(
    *, tool: str, digests: Mapping[str, str], triage: Triage, directories: Mapping[str, str]
) -> BuildRecord:
    """Return the record of a build, for no document yet and without paths of this machine.

    ``digests`` are the SHA-256 of inputs by what a record calls them, empty for those that were
    not given. ``directories`` maps directories that were described to what a record calls them.
    """
    return BuildRecord(
        schema_version=RECORD_SCHEMA_VERSION,
        tool=tool,
        documents={},
        inputs={name: digest for name, digest in digests.items() if digest},
        diagnostics=_record_diagnostics(
            ((diagnostic, "") for diagnostic in triage.active), directories
        ),
        exempted=_record_diagnostics(triage.exempted, directories),
    )


def _record_diagnostics(
    diagnostics: Iterable[tuple[Diagnostic, str]], directories: Mapping[str, str]
) -> tuple[RecordedDiagnostic, ...]:
    """Return diagnostics, each with the reason that exempts it.

    They are sorted by what the record has: its bytes do not depend on how a path was written.
    """
    diagnostics = tuple(diagnostics)
    files = {diagnostic.location.path for diagnostic, _ in diagnostics}
    portable = {file: _portable(file, directories) for file in files}
    recorded = [
        RecordedDiagnostic(
            id=diagnostic.entry.id,
            name=str(diagnostic.code),
            severity=str(diagnostic.entry.severity),
            file=portable[diagnostic.location.path],
            subject=diagnostic.subject,
            message=diagnostic.message,
            reason=" ".join(reason.split()),
        )
        for diagnostic, reason in diagnostics
    ]
    return tuple(sorted(recorded, key=astuple))


def _portable(file: str, directories: Mapping[str, str]) -> str:
    """Return a path from the directory that was described, or only its name."""
    path = PurePath(file)
    for directory, name in directories.items():
        if path.is_relative_to(directory):
            return (PurePath(name) / path.relative_to(directory)).as_posix()
    return path.name


def digest_text(text: str) -> str:
    """Return the SHA-256 of a text with LF line ends: a checkout of Windows may have others."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def digest_files(files: Iterable[ShippedFile]) -> str:
    """Return the SHA-256 of the checksums of files, as ``sha256sum`` prints them, by path."""
    rows = sorted((file.path, file.sha256) for file in files)
    return digest_text("".join(f"{sha256} *{path}\n" for path, sha256 in rows))
