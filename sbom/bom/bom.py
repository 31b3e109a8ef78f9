"""The BOM: components, files and relationships of a build or a release, in no format's terms.

Merging builds, cutting slices and comparing documents work on these values;
``sbom.formats`` reads them from documents and writes them as documents.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from sbom.components.component import Component


class RelationshipKind(StrEnum):
    """How the source of a relationship relates to its target.

    A build or an artifact ``CONTAINS`` files and components, ``DEPENDS_ON`` and is linked with
    components, and needs a ``BUILD_TOOL`` that does not ship; pip ``CONTAINS`` what it vendors. A
    file is ``PART_OF`` the component that it ships with, and has a ``STATIC_LINK`` with one that
    is compiled into it. ``OTHER`` is any relationship of a foreign document that none of these
    expresses.
    """

    CONTAINS = "contains"
    DEPENDS_ON = "depends-on"
    STATIC_LINK = "static-link"
    DYNAMIC_LINK = "dynamic-link"
    BUILD_TOOL = "build-tool"
    PART_OF = "part-of"
    OTHER = "other"


#: The relationships of what is built into a program with it.
LINKS = (RelationshipKind.STATIC_LINK, RelationshipKind.DYNAMIC_LINK)


class Relationship(Struct, frozen=True, order=True):
    """A relationship between two elements of a BOM, by their ids, read from source to target."""

    source: str
    kind: RelationshipKind
    target: str
    comment: str = ""

    @property
    def key(self) -> tuple[str, RelationshipKind, str]:
        """Return what a BOM has once: the relationship without its comment."""
        return self.source, self.kind, self.target


class BomFile(Struct, frozen=True, kw_only=True):
    """A file, by its path in the build or the artifact that contains it, with slashes.

    Checksums are lower-case hexadecimal and empty if a foreign document has none; ``license``
    is an SPDX expression, empty where unknown; ``comment`` quotes the evidence in the file.
    """

    id: str
    path: str
    sha1: str
    sha256: str
    sha512: str
    license: str = ""
    comment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CreationInfo:
    """Who made a BOM, with what, when and how.

    ``creators`` are people and organizations as ``Organization: Name (mail)``, ``tools`` names
    that end in a version; ``created`` is None only where a foreign document states no time.
    """

    creators: tuple[str, ...]
    tools: tuple[str, ...]
    created: datetime | None
    comment: str = ""
    license_list_version: str = ""


@dataclass(frozen=True, slots=True)
class ExtractedLicense:
    """A license that the SPDX license list lacks: its ``LicenseRef-`` id, its name, its text."""

    id: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Bom:
    """What one document describes.

    ``roots`` are the ids of what it is about: one component in every BOM made here, any number in
    a foreign one. ``namespace`` is an address that no other BOM has. Ids consist of letters,
    digits, ``.`` and ``-`` and are unique among components and files together. A component says
    by relationships how it ships: its ``linkages``, ``key`` and ``external`` are empty.
    """

    name: str
    namespace: str
    creation: CreationInfo
    roots: tuple[str, ...]
    components: tuple[Component, ...] = ()
    files: tuple[BomFile, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    license_texts: tuple[ExtractedLicense, ...] = ()

    @property
    def root(self) -> str:
        """Return the id of the one root. Raises ValueError if there is not exactly one."""
        [root] = self.roots
        return root

    @property
    def is_incomplete(self) -> bool:
        """Return whether the document was written although errors were found."""
        return _INCOMPLETE in self.creation.comment


#: How the comment of a document states that it was written although errors were found.
_INCOMPLETE = "This document is incomplete:"


def incomplete_sentence(errors: str) -> str:
    """Return what a document states that was written although ``errors`` were found."""
    return f"{_INCOMPLETE} {errors} in what it describes."


def file_id(path: str, sha256: str) -> str:
    """Return the id of a file: the same for one path and contents, in every BOM."""
    digest = hashlib.sha256(f"{path}\0{sha256}".encode()).hexdigest()
    return f"File-{digest[:24]}"


def unique_ids(names: Iterable[str]) -> dict[str, str]:
    """Return an id for each name; names that would share one all get a digest of theirs.

    So do a name without any character that an id can have, and one that is the id of another.
    """
    plain = {name: re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-") for name in set(names)}
    times = Counter(plain.values())
    ambiguous = {name for name, short in plain.items() if times[short] > 1 or not short}
    digested = {name: _with_digest(plain[name], name) for name in ambiguous}
    taken = set(digested.values())
    return {
        name: digested.get(name) or (_with_digest(short, name) if short in taken else short)
        for name, short in plain.items()
    }


def _with_digest(short: str, name: str) -> str:
    return f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def content_digest(bom: Bom) -> str:
    """Return 32 hexadecimal digits of SHA-256 over a BOM without its namespace and time."""
    timeless = replace(bom, namespace="", creation=replace(bom.creation, created=None))
    return hashlib.sha256(msgspec.json.encode(timeless)).hexdigest()[:32]
