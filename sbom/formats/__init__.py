"""BOM to bytes and back: one module per format and direction, and one row here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from sbom.bom.bom import Bom
from sbom.diagnostics.io_messages import usage_error
from sbom.formats.json_document import JsonObject, document_error, parse_json
from sbom.options.shared import FormatName

# One run needs few of these modules, and all of them take 15 ms to import.
# ruff: noqa: PLC0415


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format of SBOM documents.

    ``suffix`` ends the names of its files: osv-scalibr opens only names with ``.spdx.`` or
    ``.cdx.`` in them. ``predicate_type`` is that of in-toto statements: see spec/predicates of
    github.com/in-toto/attestation; one without a version is what ``cosign --type`` means.
    ``recognizes`` tells from the JSON of a document whether ``read`` reads it.
    """

    name: FormatName
    suffix: str
    predicate_type: str
    write: Callable[[Bom], bytes]
    recognizes: Callable[[JsonObject], bool]
    read: Callable[[JsonObject], Bom]


def _write_spdx2(bom: Bom) -> bytes:
    from sbom.formats.spdx2_write import write_spdx2

    return write_spdx2(bom)


def _is_spdx2(data: JsonObject) -> bool:
    from sbom.formats.spdx2_read import is_spdx2

    return is_spdx2(data)


def _read_spdx2(data: JsonObject) -> Bom:
    from sbom.formats.spdx2_read import read_spdx2

    return read_spdx2(data)


def _write_cyclonedx(bom: Bom, version: str) -> bytes:
    from sbom.formats.cyclonedx_write import write_cyclonedx

    return write_cyclonedx(bom, version=version)


def _is_cyclonedx(data: JsonObject) -> bool:
    from sbom.formats.cyclonedx_read import is_cyclonedx

    return is_cyclonedx(data)


def _read_cyclonedx(data: JsonObject) -> Bom:
    from sbom.formats.cyclonedx_read import read_cyclonedx

    return read_cyclonedx(data)


def _write_spdx3(bom: Bom) -> bytes:
    from sbom.formats.spdx3_write import write_spdx3

    return write_spdx3(bom)


def _is_spdx3(data: JsonObject) -> bool:
    from sbom.formats.spdx3_read import is_spdx3

    return is_spdx3(data)


def _read_spdx3(data: JsonObject) -> Bom:
    from sbom.formats.spdx3_read import read_spdx3

    return read_spdx3(data)


SPDX2 = DocumentFormat(
    FormatName.SPDX_2_3,
    ".spdx.json",
    "https://spdx.dev/Document",
    _write_spdx2,
    _is_spdx2,
    _read_spdx2,
)
#: Every format that can be written, the default one first, the older of two versions first.
FORMATS = (
    SPDX2,
    *(
        DocumentFormat(
            name,
            ".cdx.json",
            "https://cyclonedx.org/bom",
            partial(_write_cyclonedx, version=name.partition("-")[2]),
            _is_cyclonedx,
            _read_cyclonedx,
        )
        for name in (FormatName.CYCLONEDX_1_6, FormatName.CYCLONEDX_1_7)
    ),
    DocumentFormat(
        FormatName.SPDX_3_0_1,
        ".spdx3.json",
        "https://spdx.dev/Document/v3",
        _write_spdx3,
        _is_spdx3,
        _read_spdx3,
    ),
)


def select_formats(names: Iterable[FormatName]) -> tuple[DocumentFormat, ...]:
    """Return formats by their names, each once; the default one if none is named.

    ``all`` is the first one of each suffix that is not named beside it. Raises InputError for two
    formats whose documents would have one name.
    """
    named = tuple(dict.fromkeys(names)) or (FORMATS[0].name,)
    by_name = {each.name: each for each in FORMATS}
    chosen: dict[str, DocumentFormat] = {}
    for name in named:
        if name is FormatName.ALL:
            continue
        selected = by_name[name]
        if (other := chosen.setdefault(selected.suffix, selected)) is not selected:
            message = f"has the file names of {other.name}: both end in {selected.suffix}"
            raise usage_error(f"--format {name}", message, "write one of the two, or run twice")
    if FormatName.ALL in named:
        for each in FORMATS:
            chosen.setdefault(each.suffix, each)
    return tuple(each for each in FORMATS if chosen.get(each.suffix) is each)


def read_document(content: bytes, name: str) -> Bom:
    """Return the BOM in a document of any of the formats.

    ``name`` is what messages call it. Raises InputError if it is in none of them.
    """
    return read_parsed(parse_json(content, name), name)


def read_parsed(data: JsonObject, name: str) -> Bom:
    """Return the BOM in the JSON of a document: see ``read_document``."""
    for each in FORMATS:
        if each.recognizes(data):
            return each.read(data)
    known = ", ".join(dict.fromkeys(each.name.partition("-")[0] for each in FORMATS))
    version = data.get("spdxVersion")
    missing = "no spdxVersion, no bomFormat and no @context of SPDX 3"
    found = missing if version is None else f"spdxVersion {version!s}"
    message = f"is not an SBOM document that can be read: it has {found}"
    raise document_error(name, message, f"name a document in JSON of one of these formats: {known}")


def is_document(name: str) -> bool:
    """Return whether a file has the name of a document of any format."""
    return name.endswith(tuple(each.suffix for each in FORMATS))


def document_stem(name: str) -> str:
    """Return the name of a document without the suffix of its format."""
    suffix = next((each.suffix for each in FORMATS if name.endswith(each.suffix)), "")
    return name.removesuffix(suffix)
