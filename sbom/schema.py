"""The tables of externals.toml as frozen values: their keys, and what each text must look like.

A field is a key, ``snake_case`` for ``kebab-case``; ``sbom.fields`` reads a table into one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbom.externals import Kind, split_tag
from sbom.problems import Code

#: What ``regen`` writes where only a person can know.
UNFILLED = "FILL IN"


def _text(pattern: str, expected: str, **default: Any) -> Any:
    return field(metadata={"pattern": pattern, "expected": expected}, **default)


def _hex(length: int) -> Any:
    expected = f"{length} lower-case hexadecimal digits, or empty while unknown"
    return _text(rf"([0-9a-f]{{{length}}})?", expected, default="")


VERSION = r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?\+?"
_ACTOR = r"(Organization|Person): [^\n()]+( \([^\n()]+\))?"
_EXTERNAL = r"(source|binary)\.[A-Za-z][\w.+-]*"
_EXTERNAL_NAMED = "'source.' or 'binary.' and the name of an external"


@dataclass(frozen=True, kw_only=True, slots=True)
class CPython:
    """``[cpython]``: which release this is, the script the pins came from, where archives are.

    ``component`` is the root of every document; ``location`` is where its source release can be
    had, with ``{release}`` (3.15.0) and ``{version}`` (3.15.0rc1) in it, ``sha256`` the digest
    of that and ``commit`` the commit of the tag, both empty while unknown; ``archive`` is the
    address of an external's archive, with ``{organization}``, ``{repository}`` and ``{tag}``,
    ``branch`` that of one that is a branch and no tag;
    ``file`` that of a file of CPython, with ``{organization}``, ``{ref}`` and ``{path}``.
    """

    version: str = _text(VERSION, "a CPython version such as 3.14.7")
    script_sha256: str = _hex(64)
    component: str = "cpython"
    location: str
    commit: str = _hex(40)
    sha256: str = _hex(64)
    organization: str
    source_repository: str
    binary_repository: str
    archive: str
    branch: str
    file: str

    @property
    def line(self) -> str:
        """Return the release line: ``3.14`` of ``3.14.7``."""
        return ".".join(self.version.split(".")[:2])

    @property
    def place(self) -> str:
        """Return the address of the source release."""
        version = self.version.rstrip("+")
        return self.location.format(version=version, release=release_of(version))


def release_of(version: str) -> str:
    """Return the release a version leads to, which python.org names folders by: ``3.15.0``."""
    match = re.match(r"[\d.]+", version)
    return match[0] if match else version


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFacts:
    """``[document]``: what every SBOM says of itself."""

    creator: str = _text(_ACTOR, "an SPDX actor such as 'Organization: Name (mail)'")
    supplier: str = _text(_ACTOR, "an SPDX actor such as 'Organization: Name (mail)'")
    namespace: str = _text(
        r"https?://[^\s#]*\{digest\}[^\s#]*", "a web address without '#' and with {digest} in it"
    )
    licence_list: str = _text(r"\d+\.\d+(\.\d+)?", "a version of the SPDX licence list")
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """``[source.<name>]`` or ``[binary.<name>]``: one external, as ``regen`` pinned it.

    Digests are lower-case hexadecimal and empty while unknown; ``size`` is the archive's in
    bytes, ``files`` the number of regular files in it.
    """

    kind: Kind = field(metadata={"given": True})
    name: str = field(metadata={"given": True})
    tag: str = _text(r"[A-Za-z0-9][\w.+-]*", "a git tag")
    repository: str = ""
    guard: str = _text(r"((unless|only with) \S.*)?", "'unless …' or 'only with …'", default="")
    commit: str = _hex(40)
    sha256: str = _hex(64)
    sha512: str = _hex(128)
    size: int = 0
    files: int = 0
    verification_code: str = _hex(40)

    @property
    def key(self) -> str:
        """Return ``kind.name``, the key path of its table."""
        return f"{self.kind}.{self.name}"

    @property
    def revision(self) -> str:
        """Return what the tag says behind the name; empty for an unversioned one."""
        return split_tag(self.tag)[1]

    @property
    def default(self) -> bool:
        """Return whether the release build, which gives no flags, fetches it."""
        return not self.guard.startswith("only")


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """``[[component.<name>.when]]``: what differs for a range of upstream versions."""

    version: str
    name: str = ""
    originator: str = ""
    homepage: str = ""
    licence: str = ""
    declared: str = ""
    copyright: str = ""
    location: str = ""
    sha256: str = _hex(64)
    provenance: str = ""
    cpe: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ships:
    """``[[component.<name>.ships]]``: one way a component ends up in a Windows build.

    It holds where ``external`` is part of the build at one of the ``revisions``, for one of
    CPython's ``lines``, and the external ``without`` is not part of it.

    ``note`` goes into the document beside the tag. ``files`` are the shipped files that hold
    it or that it is linked into, ``files_on`` those of the platforms where they have other
    names.
    """

    external: str = _text(_EXTERNAL, _EXTERNAL_NAMED, default="")
    revisions: str = ""
    lines: str = ""
    without: str = _text(_EXTERNAL, _EXTERNAL_NAMED, default="")
    version: str = ""
    note: str = ""
    link: str = _text(
        f"dynamic|static|build-tool|{UNFILLED}", "one of dynamic, static and build-tool"
    )
    files: tuple[str, ...] = ()
    files_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltFrom:
    """``[[component.<name>.built-from]]``: the source a prebuilt binary was made of."""

    binary: str = _text(_EXTERNAL, _EXTERNAL_NAMED)
    source: str = _text(_EXTERNAL, _EXTERNAL_NAMED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """``[component.<name>]``: who a component is, and where it ships. Written by people.

    ``location``, ``sha256`` and ``provenance`` are of one that no external brings.
    """

    key: str = field(metadata={"given": True})
    name: str
    originator: str = _text(f"{_ACTOR}|{UNFILLED}", "an SPDX actor such as 'Organization: Name'")
    supplier: str = _text(_ACTOR, "an SPDX actor such as 'Organization: Name'", default="")
    homepage: str = _text(rf"https?://\S+|{UNFILLED}", "a web address")
    licence: str
    declared: str = ""
    copyright: str
    lines: str = ""
    location: str = "NOASSERTION"
    sha256: str = _hex(64)
    provenance: str = ""
    purl: str = _text(rf"pkg:\w+/[^@?#\s]+|{UNFILLED}", "a package URL without version", default="")
    cpe: tuple[str, ...] = _text(r"[^:\s]+:[^:\s]+", "an NVD vendor:product", default=())
    revision: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    when: tuple[Override, ...] = ()
    ships: tuple[Ships, ...] = ()
    built_from: tuple[BuiltFrom, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """``[platform.<name>]``: one thing CPython is built for, on those ``lines`` of it."""

    name: str = field(metadata={"given": True})
    title: str
    lines: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenceText:
    """``[licence-text.LicenseRef-…]``: the text of a licence the SPDX list does not have."""

    id: str = field(metadata={"given": True})
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PulledFacts:
    """``[pulled]``: what an externals folder may hold beside what the script pulled.

    ``leftovers`` are patterns of paths inside an external that a build adds, ``ignored`` names
    of folders that are no external; ``comment`` replaces the document's where a folder was
    looked at, with ``{settings}`` in it.
    """

    leftovers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """``[[acknowledged]]``: a problem somebody accepts, and why."""

    code: str = _text("|".join(Code), "the code of a problem")
    place: str
    reason: str = _text(r"(?s).*\S.*", "a reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """externals.toml. ``file`` is its name in problems."""

    file: str
    cpython: CPython
    document: DocumentFacts
    pins: tuple[Pin, ...]
    identities: tuple[Identity, ...]
    platforms: tuple[Platform, ...]
    licence_texts: tuple[LicenceText, ...]
    pulled: PulledFacts
    acknowledged: tuple[Acknowledged, ...]

    def pin(self, key: str) -> Pin | None:
        """Return the external of a key such as ``source.zlib``, or None."""
        return next((pin for pin in self.pins if pin.key == key), None)
