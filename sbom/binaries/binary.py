"""What is known of one PE file: what its headers state, and the evidence found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sbom.binaries.signature import Signature


@dataclass(frozen=True, slots=True)
class PEHeaders:
    """A PE file by its headers.

    ``machine`` is ``x86``, ``x64``, ``arm64``, ``arm32``, ``arm64ec``, ``arm64x`` or empty;
    ``version_resource`` has the texts of the version resource, ``file_version`` its four numbers;
    ``authenticode`` is the SHA-256 of what a signature covers, which signing does not change;
    ``signature`` is None if the file is not signed. If ``parse_error`` states what is wrong with
    the file, the others are what could be read.
    """

    machine: str = ""
    version_resource: Mapping[str, str] = field(default_factory=dict)
    authenticode: str = ""
    parse_error: str = ""
    signature: Signature | None = None
    file_version: str = ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is known of a PE file after its start.

    ``size`` is that of the whole file in bytes, ``table`` its table of certificates; ``digests``
    are of what a signature of the file covers, by the names of algorithms; only SHA-256 of a file
    that is not signed.
    """

    size: int
    table: bytes
    digests: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class EvidenceMatch:
    """One match of an evidence rule: the component it shows, and where in the file.

    ``version`` is empty if the rule shows none. ``tag`` is the tag of ``external``, a key
    of the manifest, that the build used. ``text`` was found at ``offset``, or is the value
    of ``resource_key`` in the version resource. ``rule`` counts the component's rules from 0.
    """

    component: str
    version: str
    text: str
    offset: int | None = None
    resource_key: str = ""
    external: str = ""
    tag: str = ""
    rule: int = 0

    def __str__(self) -> str:
        """Return what was found and where, for people: ``'1.2.11' at 0x13f2a8``."""
        if self.offset is None:
            return f"{self.resource_key} '{self.text}'"
        return f"'{self.text}' at 0x{self.offset:x}"


@dataclass(frozen=True, slots=True)
class Binary:
    """A PE file: its headers, the evidence in it, and the id that git gives its contents.

    ``unsearched_size`` is how many bytes after its sections were not searched for evidence.
    """

    headers: PEHeaders
    matches: tuple[EvidenceMatch, ...] = ()
    git_blob: str = ""
    unsearched_size: int = 0

    @property
    def digests(self) -> tuple[str, str]:
        """Return the digests by which DLLs of tags are recorded: Authenticode's and git's."""
        return self.headers.authenticode, self.git_blob


class InspectFn(Protocol):
    """Inspects files."""

    def __call__(self, path: str, data: bytes, overlay: Overlay | None = None, /) -> Binary | None:
        """Return what is known of a file by its path and contents; None if it is no PE file.

        With an ``overlay``, ``data`` are the start of the file, with all of its sections.
        """


def describe_matches(matches: Sequence[EvidenceMatch]) -> str:
    """Return what was found and where: ``'1.2.11' at 0x13f2a8, FileVersion '1.2.11'``."""
    return ", ".join(map(str, matches))
