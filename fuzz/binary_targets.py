"""What is fuzzed of binaries: PE files, signatures, catalogs and certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from manifests import committed
from pe_files import pe
from signatures import (
    catalog_of,
    countersigned,
    nested,
    nupkg_signature_of,
    signature_of,
    timestamped,
)
from target import Target

from sbom.binaries.chain import ChainVerifier, Root, Usage, is_certificate
from sbom.binaries.pe import authenticode_of, read_imports
from sbom.binaries.rule import CompiledRule
from sbom.binaries.search import Inspector
from sbom.binaries.signature import (
    Signature,
    read_catalog,
    read_nupkg_signature,
    read_signature,
)
from sbom.files.burn_manifest import is_bundle
from sbom.files.shipped_file import FileHasher

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DIGEST = hashlib.sha256(b"a").digest()


@cache
def _verifier() -> ChainVerifier:
    return ChainVerifier([Root(certificate=_certificates()[0])])


@cache
def _rules() -> list[CompiledRule]:
    return [
        rule.compile(spec.key, number)
        for spec in committed().components
        for number, rule in enumerate(spec.evidence)
    ]


def _run_pe(data: bytes) -> None:
    inspect = Inspector(_rules())
    inspect("DLLs/_ssl.pyd", data)
    authenticode_of(data)
    read_imports(data)
    is_bundle(data)
    hasher = FileHasher(inspect=inspect, limit=1 << 16)
    for at in range(0, len(data), 1000):
        hasher.update(data[at : at + 1000])
    hasher.finish("python.exe")


def _pe_seeds() -> Iterator[bytes]:
    resource = {"FileVersion": "3.14.7", "OriginalFilename": "python.exe"}
    yield pe(texts=[b"incorrect header check", b"1.3.1"], resource=resource, fixed=(3, 14, 0, 0))
    yield pe(machine="x86", imports=["a.dll", "VCRUNTIME140.dll"], resource=resource)
    yield pe(machine="arm64", chpe=True, signed=True)


def _run_signature(data: bytes) -> None:
    read_nupkg_signature(data, lambda name: hashlib.new(name, b"a").digest())
    read = read_signature(data, lambda name: hashlib.new(name, b"a").digest())
    for signature in read.all_signatures:
        _find_faults(signature)


def _find_faults(signature: Signature) -> None:
    for certificates, usage in (
        (signature.certificates, Usage.CODE_SIGNING),
        (signature.timestamp_certificates, Usage.TIME_STAMPING),
    ):
        if certificates:
            _verifier().find_fault(certificates, usage, _NOW)


def _signature_seeds() -> Iterator[bytes]:
    first = signature_of(_DIGEST, "a")
    yield first
    yield timestamped(first, _NOW, "b")
    yield countersigned(first, _NOW, "b")
    yield nested(first, signature_of(_DIGEST, "c"))
    yield nupkg_signature_of(_DIGEST, "a")


def _run_certificate(data: bytes) -> None:
    _verifier().find_fault([data], Usage.CODE_SIGNING, _NOW)
    _verifier().find_fault([_certificates()[0], data], Usage.CODE_SIGNING, _NOW)
    if is_certificate(data):
        ChainVerifier([Root(certificate=data)]).find_fault([data], Usage.CODE_SIGNING, _NOW)


@cache
def _certificates() -> list[bytes]:
    return list(read_signature(signature_of(_DIGEST, "a"), lambda _: _DIGEST).certificates)


TARGETS = (
    Target(name="pe", run=_run_pe, seeds=_pe_seeds, words=(b"MZ", b"PE\0\0", b".rsrc\0\0\0")),
    Target(name="signature", run=_run_signature, seeds=_signature_seeds),
    Target(name="catalog", run=read_catalog, seeds=lambda: [catalog_of([_DIGEST] * 3, "a")]),
    Target(name="certificate", run=_run_certificate, seeds=_certificates),
)
