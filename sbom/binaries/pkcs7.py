"""PKCS #7 messages: whose certificate a signature names, and whether its key made it.

RFC 5652 calls them CMS. asn1crypto parses a message and cryptography verifies it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

#: What Windows accepts; SHA-1 in files of before 2016.
ALGORITHMS = ("sha1", "sha256", "sha384", "sha512")
#: What asn1crypto raises where a message is damaged, mostly when a value is first used.
DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def find_certificate(choices: Iterable[Any], signer: Any) -> Any:
    """Return the certificate of who signed. Raises ValueError if the message lacks it."""
    name, wanted = signer["sid"].name, signer["sid"].chosen
    for choice in choices:
        certificate = choice.chosen
        if name == "subject_key_identifier":
            if certificate.key_identifier == wanted.native:
                return certificate
        elif (
            certificate.serial_number == wanted["serial_number"].native
            and certificate.issuer.dump() == wanted["issuer"].dump()
        ):
            return certificate
    raise ValueError("no certificate of the signer")


def dump_certificates(first: Any, choices: Iterable[Any]) -> tuple[bytes, ...]:
    """Return the certificates of a message in DER, each once, one of them first."""
    others = (choice.chosen.dump() for choice in choices if choice.name == "certificate")
    return tuple(dict.fromkeys([first.dump(), *others]))


def find_attribute(attributes: Any, kind: str) -> Any:
    """Return the value of an attribute that occurs once. Raises ValueError if it does not."""
    [found] = [attribute for attribute in attributes if attribute["type"].native == kind]
    return found["values"][0]


def is_signed(content: bytes, signer: Any, certificate: Any) -> bool:
    """Return whether the key of a certificate signed content. Raises ValueError.

    RFC 5652, 5.4: signed attributes, if there are any, are what is signed, and one of them is the
    digest of the content.
    """
    name = signer["digest_algorithm"]["algorithm"].native
    digest = digest_of(name, content)
    attributes = signer["signed_attrs"]
    if attributes:
        if find_attribute(attributes, "message_digest").native != digest:
            return False
        content = attributes.untag().dump()
    return is_signed_with(certificate, signer["signature"].native, content, name)


def digest_of(algorithm: str, data: bytes) -> bytes:
    """Return a digest of data. Raises ValueError for an algorithm that Windows does not accept."""
    if algorithm not in ALGORITHMS:
        raise ValueError("unknown digest")
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def is_signed_with(certificate: Any, signature: bytes, data: bytes, algorithm: str) -> bool:
    """Return whether the key of a certificate made a signature of data, by a digest of them."""
    digest = getattr(hashes, algorithm.upper())()
    try:
        key = serialization.load_der_public_key(certificate.public_key.dump())
        if isinstance(key, rsa.RSAPublicKey):
            # Timestamps by Symantec, until 2019, sign a digest that does not name its algorithm.
            if key.recover_data_from_signature(signature, padding.PKCS1v15(), None) == digest_of(
                algorithm, data
            ):
                return True
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
