"""The signature of a cabinet: after its data, where the reserve of its header says.

osslsigncode's cab.c (https://github.com/mtrojnar/osslsigncode) describes the reserve and what the
digest covers; nothing official does. A cabinet in a package or bundle is covered by theirs.
"""

from __future__ import annotations

import hashlib
import struct

from sbom.binaries.signature import Signature, SignatureStatus, read_signature

_MAGIC = b"MSCF"
#: Offsets in the header: its flags, the size of the reserve, and the sizes of those of folders and
#: blocks, which no signed cabinet has: the digest does not cover these sizes.
_FLAGS, _RESERVE_SIZE, _OTHER_RESERVES = 30, 36, 38
_HAS_RESERVE = 4
#: The reserve, after which the names of other cabinets or the folders follow.
_RESERVE, _RESERVE_END = 40, 60
#: What it has: 0x00100000, offset and size of the signature, and 8 bytes without a meaning.
_ENTRY = struct.Struct("<3I")
_MARK = 0x00100000
#: What the digest covers of the header: all but a checksum, the number of the cabinet in its set
#: and the reserve up to its last 4 bytes.
_COVERED = ((0, 4), (8, 34), (56, 60))


def is_signed_cabinet(start: bytes) -> bool:
    """Return whether a file that starts so is a cabinet with a signature."""
    if not start.startswith(_MAGIC) or len(start) < _RESERVE_END:
        return False
    flags = int.from_bytes(start[_FLAGS : _FLAGS + 2], "little")
    reserve = int.from_bytes(start[_RESERVE_SIZE : _RESERVE_SIZE + 2], "little")
    has_entry = flags & _HAS_RESERVE and reserve == _RESERVE_END - _RESERVE
    mark, *place = _ENTRY.unpack_from(start, _RESERVE)
    return bool(has_entry) and mark == _MARK and any(place)


def read_cabinet_signature(data: bytes) -> Signature:
    """Return the signature of a cabinet that has one. Never raises: see ``SignatureStatus``."""
    _, at, size = _ENTRY.unpack_from(data, _RESERVE)
    # What is after the signature would not be covered by it.
    is_covered = _RESERVE_END <= at < at + size == len(data)
    if not is_covered or any(data[_OTHER_RESERVES:_RESERVE]):
        return Signature(status=SignatureStatus.DAMAGED)

    def compute_digest(algorithm: str) -> bytes:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        for start, end in (*_COVERED, (_RESERVE_END, at)):
            digest.update(memoryview(data)[start:end])
        return digest.digest()

    return read_signature(data[at:], compute_digest)
