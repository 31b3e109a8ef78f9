"""Timestamps of signatures: when an authority saw one.

A timestamp is an attribute that the signer does not sign: it can be replaced in a signed file. So
it counts only if it is of this signature, and if the key of the certificate in it made it. It is
a token of RFC 3161, or a countersignature of PKCS #9, as before about 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import tsp

from sbom.binaries.pkcs7 import (
    digest_of,
    dump_certificates,
    find_attribute,
    find_certificate,
    is_signed,
)

#: The attribute of a token has another name in Authenticode than in CMS.
_TOKENS = ("microsoft_time_stamp_token", "signature_time_stamp_token")
_COUNTERSIGNATURE = "counter_signature"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When an authority saw a signature, and certificates: that of the authority first."""

    time: datetime
    certificates: tuple[bytes, ...]


def read_timestamp(
    signer: Any, certificates: Any, *, allows_pkcs9: bool = True
) -> Timestamp | None:
    """Return the first timestamp of a signature, None if it has none.

    Raises one of ``DAMAGE`` if the timestamp is of another signature or cannot be verified.
    ``certificates`` are those of the message, which has that of a countersignature of PKCS #9;
    without ``allows_pkcs9``, such a countersignature is no timestamp.
    """
    signature = signer["signature"].native
    for attribute in signer["unsigned_attrs"] or ():
        value = attribute["values"][0]
        if attribute["type"].native in _TOKENS:
            return _read_token(value["content"], signature)
        if attribute["type"].native == _COUNTERSIGNATURE and allows_pkcs9:
            return _read_countersignature(value, certificates, signature)
    return None


def _read_token(token: Any, signature: bytes) -> Timestamp:
    content = bytes(token["encap_content_info"]["content"])
    [signer] = token["signer_infos"]
    stated = tsp.TSTInfo.load(content)
    imprint = stated["message_imprint"]
    digest = digest_of(imprint["hash_algorithm"]["algorithm"].native, signature)
    if imprint["hashed_message"].native != digest:
        raise ValueError("a timestamp of another signature")
    authority = find_certificate(token["certificates"], signer)
    if not is_signed(content, signer, authority):
        raise ValueError("a timestamp that was changed")
    certificates = dump_certificates(authority, token["certificates"])
    return Timestamp(stated["gen_time"].native, certificates)


def _read_countersignature(value: Any, certificates: Any, signature: bytes) -> Timestamp:
    authority = find_certificate(certificates, value)
    if not is_signed(signature, value, authority):
        raise ValueError("a timestamp of another signature, or one that was changed")
    time = find_attribute(value["signed_attrs"], "signing_time").native
    return Timestamp(time, dump_certificates(authority, certificates))
