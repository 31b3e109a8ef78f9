"""What is known of one PE file: what it says of itself, and what was found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sbom.manifest.external_key import ExternalKey


@dataclass(frozen=True, slots=True)
class PEHeaders:
    """A PE file by its headers.

    ``machine`` is ``x86``, ``x64``, ``arm64``, ``arm32``, ``arm64ec``, ``arm64x`` or empty;
    ``resource`` are the texts of the version resource, ``file_version`` its fixed number as
    four joined by dots; ``imports`` are the DLLs it names, in lower case; ``signed`` says
    whether it carries a certificate table, which nobody checked; ``authenticode`` is the
    SHA-256 of what a signature covers, which signing again does not change. ``parse_error`` says
    what is wrong with it, and all else is what could still be read.
    """

    machine: str = ""
    resource: tuple[tuple[str, str], ...] = ()
    file_version: str = ""
    imports: tuple[str, ...] = ()
    signed: bool = False
    authenticode: str = ""
    parse_error: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceMatch:
    """One piece of evidence: which component it shows, and what stands where.

    ``version`` is empty where the evidence does not tell it; ``external`` and ``tag`` are what
    the build asked for, where it tells that. ``place`` is an offset in the file such as
    ``0x1f30``, or a key of the version resource; ``rule`` counts the component's rules.
    """

    component: str
    version: str
    place: str
    text: str
    external: ExternalKey | None = None
    tag: str = ""
    rule: int = 0


@dataclass(frozen=True, slots=True)
class Binary:
    """A PE file, by its headers and by what was found in it; ``blob`` is git's id of it."""

    image: PEHeaders
    findings: tuple[EvidenceMatch, ...] = ()
    blob: str = ""


#: Is told a path and the bytes of the file there; None is the answer for one that is no PE file.
InspectFn = Callable[[str, bytes], Binary | None]


def describe_matches(findings: Sequence[EvidenceMatch]) -> str:
    """Return in words what stands where: ``'1.2.11' at 0x13f2a8``."""
    return ", ".join(
        f"'{one.text}' at {one.place}"
        if one.place.startswith("0x")
        else f"{one.place} '{one.text}'"
        for one in findings
    )


def printable(text: str) -> str:
    """Return a text of a file as a terminal may be given it, anything else escaped."""
    return text if text.isprintable() else ascii(text)[1:-1]
