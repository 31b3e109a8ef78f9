"""The signature of a Windows Installer package: a stream beside those that it covers.

The digest is of every stream in the order of their encoded names, and of the class id of each
storage after its streams; before them is the digest of names, sizes and times, where the package
has one. osslsigncode's msi.c (https://github.com/mtrojnar/osslsigncode) describes it: names are
compared with the zero after them, so that of two the shorter one is first.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import olefile

from sbom.binaries.signature import Signature, SignatureStatus, read_signature
from sbom.files.compound_stream import CompoundStreams
from sbom.files.shipped_file import split_stream

_SIGNATURE, _METADATA = "\x05DigitalSignature", "\x05MsiDigitalSignatureEx"
_LARGEST = 1 << 20


def read_msi_signature(root: Any, opener: CompoundStreams) -> Signature | None:
    """Return the signature of a package, None if it has none.

    ``root`` is the first entry of its directory. Raises what ``opener`` raises.
    """
    streams = {entry.name: entry for entry in root.kids}
    if _SIGNATURE not in streams:
        return None
    if streams[_SIGNATURE].size > _LARGEST:
        return Signature(status=SignatureStatus.DAMAGED)

    def compute_digest(algorithm: str) -> bytes:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        if _METADATA in streams:
            pieces = b"".join(_metadata_pieces(root))
            digest.update(hashlib.new(algorithm, pieces, usedforsecurity=False).digest())
        for piece in _content_pieces(opener, root):
            digest.update(piece)
        return digest.digest()

    return read_signature(opener.open(streams[_SIGNATURE]).read(), compute_digest)


def _covered(storage: Any) -> list[Any]:
    """Return what is in a storage, without the signature, in the order of the digest."""
    is_root = storage.entry_type == olefile.STGTY_ROOT
    kids = [kid for kid in storage.kids if not is_root or kid.name not in (_SIGNATURE, _METADATA)]
    return sorted(kids, key=lambda kid: _encoded(kid.name))


def _content_pieces(opener: CompoundStreams, storage: Any) -> Iterator[bytes]:
    for kid in _covered(storage):
        if kid.entry_type == olefile.STGTY_STORAGE:
            yield from _content_pieces(opener, kid)
        elif kid.size:
            with opener.open(kid) as stream:
                yield from split_stream(stream)
    yield _class_id(storage)


def _metadata_pieces(entry: Any) -> Iterator[bytes]:
    is_root = entry.entry_type == olefile.STGTY_ROOT
    is_stream = entry.entry_type == olefile.STGTY_STREAM
    if not is_root:
        yield _encoded(entry.name)
    yield entry.size.to_bytes(4, "little") if is_stream else _class_id(entry)
    yield entry.dwUserFlags.to_bytes(4, "little")
    if not is_root:
        yield entry.createTime.to_bytes(8, "little") + entry.modifyTime.to_bytes(8, "little")
    for kid in () if is_stream else _covered(entry):
        yield from _metadata_pieces(kid)


def _encoded(name: str) -> bytes:
    return name.encode("utf-16-le", "surrogatepass")


def _class_id(storage: Any) -> bytes:
    return uuid.UUID(storage.clsid).bytes_le if storage.clsid else bytes(16)
