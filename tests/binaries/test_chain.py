"""Chains of certificates, made by cryptography: which end in a trusted root, and which do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from sbom.binaries.chain import ChainVerifier, Root, Usage

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 6, 9, tzinfo=UTC)
CODE_SIGNING = (ExtendedKeyUsageOID.CODE_SIGNING,)
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"")


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a certificate states; ``key`` names the key that it has, ``signed_by`` the other."""

    name: str
    issuer: str
    start: datetime = START
    end: datetime = END
    usages: Sequence[ObjectIdentifier] = ()
    ca: bool = True
    path_length: int | None = None
    signed_by: str = ""
    signs: bool = True
    unknown: bool = False


@cache
def key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(1 + int.from_bytes(name.encode()[:30]), ec.SECP256R1())


def name_of(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(made: Made) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(made.name))
        .issuer_name(name_of(made.issuer))
        .public_key(key(made.name).public_key())
        .serial_number(1 + sum(made.name.encode()))
        .not_valid_before(made.start)
        .not_valid_after(made.end)
        .add_extension(x509.BasicConstraints(made.ca, made.path_length), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=made.signs and not made.ca, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False,
                key_cert_sign=made.signs and made.ca, crl_sign=False, encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if made.usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(made.usages), critical=False)
    if made.unknown:
        builder = builder.add_extension(UNKNOWN, critical=True)
    signed = builder.sign(key(made.signed_by or made.issuer), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


ROOT = Made(name="Root", issuer="Root")
AUTHORITY = Made(name="Authority", issuer="Root")
LEAF = Made(name="Leaf", issuer="Authority", usages=CODE_SIGNING, ca=False)
TRUSTED = Root(certificate=certificate(ROOT))


def fault(
    *chain: Made,
    root: Root = TRUSTED,
    moment: datetime = MOMENT,
    usage: Usage = Usage.CODE_SIGNING,
) -> str:
    certificates = [certificate(made) for made in chain]
    return ChainVerifier([root]).find_fault(certificates, usage, moment)


def test_a_chain_of_any_length_that_ends_in_a_root_is_trusted() -> None:
    assert fault(LEAF, AUTHORITY) == ""
    assert fault(replace(LEAF, issuer="Root")) == ""
    assert fault(LEAF, ROOT, AUTHORITY) == ""
    lower = Made(name="Lower", issuer="Authority")
    assert fault(replace(LEAF, issuer="Lower"), AUTHORITY, lower) == ""


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ([replace(LEAF, name="Self", issuer="Self")], "none"),
        ([LEAF], "none"),
        ([replace(LEAF, signed_by="Root"), AUTHORITY], "none"),
        ([LEAF, replace(AUTHORITY, signed_by="Self")], "none"),
        ([replace(LEAF, usages=()), AUTHORITY], "a certificate that is not for code signing: Leaf"),
        (
            [replace(LEAF, usages=TIME_STAMPING), AUTHORITY],
            "a certificate that is not for code signing: Leaf",
        ),
        (
            [LEAF, replace(AUTHORITY, usages=TIME_STAMPING)],
            "a certificate that is not for code signing: Authority",
        ),
        (
            [LEAF, replace(AUTHORITY, ca=False)],
            "a certificate whose key is not for key_cert_sign: Authority",
        ),
        (
            [replace(LEAF, signs=False), AUTHORITY],
            "a certificate whose key is not for digital_signature: Leaf",
        ),
        (
            [replace(LEAF, unknown=True), AUTHORITY],
            "a certificate with an unknown critical extension 1.2.3.4: Leaf",
        ),
        (
            [
                replace(LEAF, issuer="Lower"),
                Made(name="Lower", issuer="Authority"),
                replace(AUTHORITY, path_length=0),
            ],
            "a certificate that may issue no such certificates: Authority",
        ),
        (
            [replace(LEAF, end=datetime(2025, 1, 1, tzinfo=UTC)), AUTHORITY],
            "a certificate that is valid from 2024-01-01 to 2025-01-01 only, on 2026-06-09: Leaf",
        ),
        (
            [LEAF, replace(AUTHORITY, start=datetime(2027, 1, 1, tzinfo=UTC))],
            "a certificate that is valid from 2027-01-01 to 2028-01-01 only, on 2026-06-09: "
            "Authority",
        ),
    ],
)
def test_what_is_found_instead_of_a_chain_is_named(chain: list[Made], expected: str) -> None:
    assert fault(*chain) == expected


def dated(*usages: str, date: datetime) -> dict[str, Root]:
    """Return roots that are limited from a date on, by what limits them."""
    limited = frozenset(usages) if usages else None
    return {
        "disabled": replace(TRUSTED, disabled=date, disabled_usages=limited),
        "closed": replace(TRUSTED, closed=date, closed_usages=limited),
    }


def test_a_root_is_trusted_for_some_usages_and_up_to_a_date() -> None:
    other = replace(TRUSTED, usages=frozenset({"time_stamping"}))
    expected = "a root that is not trusted for code signing"
    assert fault(LEAF, AUTHORITY, root=other) == expected
    stamping = replace(LEAF, usages=TIME_STAMPING)
    assert fault(stamping, AUTHORITY, root=other, usage=Usage.TIME_STAMPING) == ""
    before, after = datetime(2023, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    for usages in ((), ("code_signing",)):
        roots = dated(*usages, date=before)
        assert fault(LEAF, AUTHORITY, root=roots["disabled"]) == (
            "a root that is not trusted since 2023-01-01"
        )
        assert fault(LEAF, AUTHORITY, root=roots["closed"]) == (
            "a root that may issue no certificates since 2023-01-01"
        )
    harmless: Iterable[Root] = [
        *dated(date=after).values(),
        *dated("server_auth", date=before).values(),
    ]
    assert [fault(LEAF, AUTHORITY, root=root) for root in harmless] == [""] * 4


def test_authorities_that_certify_each_other_do_not_hang() -> None:
    names = [f"Authority {number}" for number in range(12)]
    maze = [Made(name=name, issuer=issuer) for name in names for issuer in names if name != issuer]
    assert fault(replace(LEAF, issuer=names[0]), *maze) == "none"


def test_what_is_no_certificate_is_named() -> None:
    for data in (b"", b"0", certificate(LEAF)[:100]):
        found = ChainVerifier([TRUSTED]).find_fault([data], Usage.CODE_SIGNING, MOMENT)
        assert found == "a certificate that cannot be parsed"
