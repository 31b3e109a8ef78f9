"""BOM to bytes and back: one module per format, and one row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sbom.bom.bom import Bom
from sbom.formats.spdx2_read import read_spdx2
from sbom.formats.spdx2_write import write_spdx2


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format of SBOM documents.

    ``suffix`` ends the names of its files: osv-scalibr opens only names with ``.spdx.`` in them.
    ``read`` takes the bytes of a document and the name that messages have for it, and raises
    SbomError if they are not a document of this format.
    """

    name: str
    suffix: str
    write: Callable[[Bom], bytes]
    read: Callable[[bytes, str], Bom]


SPDX2 = DocumentFormat(
    name="spdx-2.3",
    suffix=".spdx.json",
    write=write_spdx2,
    read=read_spdx2,
)
#: Every format, the default one first.
FORMATS = (SPDX2,)
