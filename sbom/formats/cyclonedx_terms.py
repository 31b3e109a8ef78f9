"""What the writer and the reader of CycloneDX share: names that the format has for things.

CycloneDX has no field for some of what a BOM states. It is in properties, under a prefix of our
own and, where BSI TR-03183-2 defines a name, under that.
"""

from __future__ import annotations

import uuid

from sbom.bom.bom import RelationshipKind

#: Our names of algorithms are those of SPDX 2.3.
ALGORITHMS = {
    "MD5": "MD5",
    "SHA1": "SHA-1",
    "SHA256": "SHA-256",
    "SHA384": "SHA-384",
    "SHA512": "SHA-512",
    "SHA3-256": "SHA3-256",
    "SHA3-384": "SHA3-384",
    "SHA3-512": "SHA3-512",
    "BLAKE2b-256": "BLAKE2b-256",
    "BLAKE2b-384": "BLAKE2b-384",
    "BLAKE2b-512": "BLAKE2b-512",
    "BLAKE3": "BLAKE3",
}
#: Types of components by purpose; every other purpose is an application's.
TYPES = {
    "container": "container",
    "device": "device",
    "file": "data",
    "firmware": "firmware",
    "framework": "framework",
    "library": "library",
    "operating-system": "operating-system",
    "source": "data",
}
DEFAULT_TYPE = "application"

PREFIX = "cpython-windows-sbom:"
#: Of a BOM: its name, its namespace, the version of the license list.
NAME = f"{PREFIX}name"
NAMESPACE = f"{PREFIX}namespace"
COMMENT = f"{PREFIX}comment"
LICENSE_LIST = f"{PREFIX}license-list-version"
#: Of a BOM: a root beside the first one; id, title and text of a license, by lines.
ROOT = f"{PREFIX}root"
LICENSE_TEXT = f"{PREFIX}license-text"
#: Of a component: what CycloneDX has no field for, or one that holds less.
PURPOSE = f"{PREFIX}purpose"
LICENSE_DECLARED = f"{PREFIX}license-declared"
CPE = f"{PREFIX}cpe"
#: Of the source of a relationship: its kind, the target's id and a comment, by blanks.
RELATIONSHIP = f"{PREFIX}relationship"
FILE_NAME = "bsi:component:filename"


def serial_uuid(namespace: str) -> uuid.UUID:
    """Return the UUID in the serial number of a document, which BOM-Links name too.

    It is that of version 5 (RFC 9562) of the namespace as a URL: equal contents have equal ones.
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, namespace)


def implied_kind(*, source_is_file: bool, target_is_file: bool) -> RelationshipKind:
    """Return what ``dependsOn`` means from one element to another, if no property says more."""
    if source_is_file:
        return RelationshipKind.STATIC_LINK
    return RelationshipKind.CONTAINS if target_is_file else RelationshipKind.DEPENDS_ON
