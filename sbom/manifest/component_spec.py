"""Components as people describe them: who each is, and where it ships. A part of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sbom.binaries.rules import EvidenceRule
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.fields import hexadecimal, matching

#: What ``regen`` writes where only a person can know.
PLACEHOLDER = "FILL IN"
#: An SPDX actor.
ACTOR = r"(Organization|Person): [^\n()]+( \([^\n()]+\))?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """``[[component.<name>.when]]``: what differs for a range of upstream versions."""

    versions: str
    name: str = ""
    originator: str = ""
    homepage: str = ""
    license_concluded: str = ""
    license_declared: str = ""
    copyright: str = ""
    download_location: str = ""
    sha256: str = hexadecimal(64)
    source_info: str = ""
    cpe: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Inclusion:
    """``[[component.<name>.ships]]``: one way a component ends up in a Windows build.

    It holds where ``external`` is part of the build at one of the ``revisions``, for one of
    CPython's ``lines`` and one of the ``variants`` (all, where it names none), and the external
    ``without`` is not part of it.

    ``note`` goes into the document beside the tag. ``files`` are the shipped files that hold
    it or that it is linked into, ``files_on`` those of the platforms where they have other
    names; ``extras`` may come along with them, or not, and what has only these is never
    missing. Names are those of the default variant.
    """

    external: ExternalKey | None = None
    revisions: str = ""
    lines: str = ""
    variants: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    without: ExternalKey | None = None
    version: str = ""
    note: str = ""
    link: str = matching(
        f"dynamic|static|bundled|build-tool|{PLACEHOLDER}",
        "one of dynamic, static, bundled and build-tool",
    )
    files: tuple[str, ...] = ()
    optional_files: tuple[str, ...] = ()
    files_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltFrom:
    """``[[component.<name>.built-from]]``: the source a prebuilt binary was made of."""

    binary: ExternalKey
    source: ExternalKey


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentSpec:
    """``[component.<name>]``: who a component is, and where it ships. Written by people.

    ``location``, ``sha256`` and ``provenance`` are of one that no external brings.
    """

    key: str = field(metadata={"given": True})
    name: str
    originator: str = matching(
        f"{ACTOR}|{PLACEHOLDER}", "an SPDX actor such as 'Organization: Name'"
    )
    supplier: str = matching(ACTOR, "an SPDX actor such as 'Organization: Name'", default="")
    homepage: str = matching(rf"https?://\S+|{PLACEHOLDER}", "a web address")
    license_concluded: str
    license_declared: str = ""
    copyright: str
    lines: str = ""
    download_location: str = "NOASSERTION"
    sha256: str = hexadecimal(64)
    source_info: str = ""
    purl: str = matching(
        rf"pkg:\w+/[^@?#\s]+|{PLACEHOLDER}", "a package URL without version", default=""
    )
    cpe: tuple[str, ...] = matching(r"[^:\s]+:[^:\s]+", "an NVD vendor:product", default=())
    revision_pattern: str = ""
    version_by_revision: Mapping[str, str] = field(default_factory=dict)
    when: tuple[Override, ...] = ()
    ships: tuple[Inclusion, ...] = ()
    built_from: tuple[BuiltFrom, ...] = ()
    evidence: tuple[EvidenceRule, ...] = ()
    owns: tuple[str, ...] = ()
