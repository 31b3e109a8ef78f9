"""Chains of certificates: whether one ends in a trusted root, for a use, at a time.

RFC 5280 says what a chain is. Windows adds two rules, which are followed too: an authority's own
extended key usages limit what it can certify, and a root can be trusted for some usages only, up
to a date. Names, policies and revocation are not looked at; a certificate that limits the names
of others with a critical extension is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from asn1crypto import x509

from sbom.binaries.pkcs7 import DAMAGE, is_signed_with

#: Certificates in a chain; those of python.org have 3 to 4.
_LONGEST_CHAIN = 8
#: Signatures that are verified for one chain, which an attacker could make a maze of.
_MOST_CANDIDATES = 64
_LONGEST_NAME = 128
_KNOWN_EXTENSIONS = {
    "basic_constraints", "key_usage", "extended_key_usage", "certificate_policies",
    "authority_key_identifier", "key_identifier", "crl_distribution_points",
}  # fmt: skip


class Usage(StrEnum):
    """What a certificate is used for, by the names of asn1crypto."""

    CODE_SIGNING = "code_signing"
    TIME_STAMPING = "time_stamping"


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """A certificate that is trusted, in DER, and for what.

    ``usages`` is None for all. Nothing that was signed at ``disabled`` or later is trusted, for
    ``disabled_usages``; and no certificate that was issued at ``closed`` or later, for
    ``closed_usages``. Both usages are None for all, and a date is None where there is no limit.
    https://learn.microsoft.com/security/trusted-root/deprecation
    """

    certificate: bytes
    usages: frozenset[str] | None = None
    disabled: datetime | None = None
    disabled_usages: frozenset[str] | None = None
    closed: datetime | None = None
    closed_usages: frozenset[str] | None = None

    def find_fault(self, usage: Usage, moment: datetime, issued: datetime) -> str:
        """Return why this root is not trusted for a certificate, or an empty text."""
        if not _includes(self.usages, usage):
            return f"a root that is not trusted for {_WORDS[usage]}"
        if self.disabled and moment >= self.disabled and _includes(self.disabled_usages, usage):
            return f"a root that is not trusted since {self.disabled:%Y-%m-%d}"
        if self.closed and issued >= self.closed and _includes(self.closed_usages, usage):
            return f"a root that may issue no certificates since {self.closed:%Y-%m-%d}"
        return ""


_WORDS = {Usage.CODE_SIGNING: "code signing", Usage.TIME_STAMPING: "timestamps"}


def _includes(usages: frozenset[str] | None, usage: Usage) -> bool:
    return usages is None or usage in usages


class ChainVerifier:
    """Looks for chains to some roots."""

    def __init__(self, roots: Iterable[Root]) -> None:
        self._roots: dict[bytes, list[Root]] = {}
        for root in roots:
            self._roots.setdefault(_parse(root.certificate).subject.dump(), []).append(root)

    def find_fault(self, certificates: Sequence[bytes], usage: Usage, moment: datetime) -> str:
        """Return what is found instead of a chain from the first certificate to a root.

        It is an empty text if there is one; the other certificates may be in it. ``moment`` is
        when something was signed with the first certificate.
        """
        try:
            return _Search(self._roots, certificates, usage, moment).find_fault()
        except DAMAGE:
            return "a certificate that cannot be parsed"


class _Search:
    """The search for one chain, from certificate to issuer."""

    def __init__(
        self,
        roots: dict[bytes, list[Root]],
        certificates: Sequence[bytes],
        usage: Usage,
        moment: datetime,
    ) -> None:
        self._roots, self._usage, self._moment = roots, usage, moment
        self._leaf = _parse(certificates[0])
        self._others: dict[bytes, list[bytes]] = {}
        for data in dict.fromkeys(certificates[1:]):
            self._others.setdefault(_parse(data).subject.dump(), []).append(data)
        self._candidates = 0
        self._fault = "none"

    def find_fault(self) -> str:
        """Return why there is no chain, by the last reason that was found, or an empty text."""
        if fault := self._leaf_fault():
            return fault
        return "" if self._ends_in_root([self._leaf]) else self._fault

    def _ends_in_root(self, chain: list[Any]) -> bool:
        last = chain[-1]
        issued = self._leaf.not_valid_before
        for root in self._roots.get(last.issuer.dump(), ()):
            if not self._is_issuer(root.certificate, last):
                continue
            fault = root.find_fault(self._usage, self._moment, issued)
            fault = fault or self._validity_fault(_parse(root.certificate))
            if not fault:
                return True
            self._fault = fault
        if len(chain) >= _LONGEST_CHAIN:
            return False
        for data in self._others.get(last.issuer.dump(), ()):
            issuer = _parse(data)
            if issuer in chain or not self._is_issuer(data, last):
                continue
            if fault := self._issuer_fault(issuer, below=len(chain) - 1):
                self._fault = fault
            elif self._ends_in_root([*chain, issuer]):
                return True
        return False

    def _is_issuer(self, issuer: bytes, certificate: Any) -> bool:
        self._candidates += 1
        return self._candidates <= _MOST_CANDIDATES and _is_issued(issuer, certificate.dump())

    def _leaf_fault(self) -> str:
        if fault := self._certificate_fault(self._leaf, "digital_signature"):
            return fault
        usages = self._leaf.extended_key_usage_value
        return "" if usages else self._wrong_usage(self._leaf)

    def _issuer_fault(self, certificate: Any, below: int) -> str:
        """Return what is wrong with an authority above some others in the chain."""
        if fault := self._certificate_fault(certificate, "key_cert_sign"):
            return fault
        limits = certificate.basic_constraints_value
        longest = limits["path_len_constraint"].native if limits else None
        if not limits or not limits["ca"].native or (longest is not None and below > longest):
            return f"a certificate that may issue no such certificates: {_name(certificate)}"
        return ""

    def _certificate_fault(self, certificate: Any, key_usage: str) -> str:
        if fault := self._validity_fault(certificate):
            return fault
        if unknown := certificate.critical_extensions - _KNOWN_EXTENSIONS:
            extension = f"unknown critical extension {min(unknown)}"
            return f"a certificate with an {extension}: {_name(certificate)}"
        usages = certificate.extended_key_usage_value
        if usages and {self._usage.value, "any_extended_key_usage"}.isdisjoint(usages.native):
            return self._wrong_usage(certificate)
        key_usages = certificate.key_usage_value
        if key_usages and key_usage not in key_usages.native:
            return f"a certificate whose key is not for {key_usage}: {_name(certificate)}"
        return ""

    def _wrong_usage(self, certificate: Any) -> str:
        return f"a certificate that is not for {_WORDS[self._usage]}: {_name(certificate)}"

    def _validity_fault(self, certificate: Any) -> str:
        start, end = certificate.not_valid_before, certificate.not_valid_after
        if start <= self._moment <= end:
            return ""
        return (
            f"a certificate that is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d} only, "
            f"on {self._moment:%Y-%m-%d}: {_name(certificate)}"
        )


def _name(certificate: Any) -> str:
    """Return the most specific part of the name in a certificate."""
    native = certificate.subject.native
    return str(native.get("common_name") or next(reversed(native.values()), ""))[:_LONGEST_NAME]


def is_certificate(data: bytes) -> bool:
    """Return whether data are a certificate in DER, as far as a root needs it."""
    try:
        certificate = _parse(data)
        return bool(certificate.subject.dump() and certificate.not_valid_after)
    except DAMAGE:
        return False


@lru_cache(maxsize=1024)
def _parse(data: bytes) -> Any:
    return x509.Certificate.load(data)


@lru_cache(maxsize=1024)
def _is_issued(issuer: bytes, data: bytes) -> bool:
    """Return whether the key of an issuer signed a certificate. Raises one of ``DAMAGE``."""
    certificate = _parse(data)
    algorithm = certificate["signature_algorithm"]
    if algorithm.signature_algo not in ("rsassa_pkcs1v15", "ecdsa"):
        return False
    return is_signed_with(
        _parse(issuer),
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
        algorithm.hash_algo,
    )
