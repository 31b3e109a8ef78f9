"""The summary information of a Windows Installer package: how its files are stored.

[MS-OLEPS] describes the stream; the Word Count of a package says whether its files are in
cabinets: https://learn.microsoft.com/windows/win32/msi/word-count-summary
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sbom.files.msi_database import MsiDatabase, MsiError

_STREAM = "\x05SummaryInformation"
#: More than summaries have; the properties that are read are among the first.
_STREAM_SIZE = 1 << 16
#: Where the offset of the first set of properties is, after header and format.
_SET_OFFSET = 44
_WORD_COUNT, _MOST_PROPERTIES = 15, 64
_HAS_SHORT_NAMES, _IS_COMPRESSED = 1, 2


@dataclass(frozen=True, slots=True)
class SourceKind:
    """How the files of a package are stored, unless their rows say otherwise.

    They are in cabinets if ``is_compressed``, or else in a tree beside the package, in which they
    can have their short names.
    """

    is_compressed: bool = True
    has_short_names: bool = False


def read_source_kind(database: MsiDatabase) -> SourceKind:
    """Return how the files of a package are stored. Raises MsiError if its summary is damaged."""
    stream = database.open_stream(_STREAM)
    if stream is None:
        return SourceKind()
    data = stream.read(_STREAM_SIZE)
    try:
        (start,) = struct.unpack_from("<I", data, _SET_OFFSET)
        (count,) = struct.unpack_from("<I", data, start + 4)
        for number in range(min(count, _MOST_PROPERTIES)):
            key, offset = struct.unpack_from("<2I", data, start + 8 + 8 * number)
            if key == _WORD_COUNT:
                (value,) = struct.unpack_from("<I", data, start + offset + 4)
                return SourceKind(bool(value & _IS_COMPRESSED), bool(value & _HAS_SHORT_NAMES))
    except struct.error as error:
        raise MsiError("has a damaged stream SummaryInformation") from error
    return SourceKind()
