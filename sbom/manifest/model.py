"""The tables of externals.toml as frozen values: their keys, and what each text must look like.

A field is a key, ``snake_case`` for ``kebab-case``; ``sbom.manifest.fields`` reads tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sbom.diagnostics import Code
from sbom.manifest.channels import Channel, Platform, ReleaseConfig, Variant
from sbom.manifest.component_spec import ACTOR, ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.fields import hexadecimal, matching
from sbom.manifest.ranges import release_line
from sbom.manifest.version_source import VersionSource
from sbom.script.externals import Condition, ExternalKind, split_tag

#: A flag, or a variable and its value.
_SETTING = (r"[-/]\S.*|[^-/=\s][^=]*=.+", "a flag such as --openssl-src, or NAME=value")
VERSION = r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?\+?"


@dataclass(frozen=True, kw_only=True, slots=True)
class CPython:
    """``[cpython]``: which release this is, the script the pins came from, where archives are.

    ``component`` is the root of every document; ``location`` is where its source release can be
    had, with ``{release}`` (3.15.0) and ``{version}`` (3.15.0rc1) in it, ``sha256`` the digest
    of that and ``commit`` the commit of the tag, both empty while unknown; ``copies`` is the
    version whose vendored code ``[vendored.*]`` are; ``archive`` is the
    address of an external's archive, with ``{organization}``, ``{repository}`` and ``{tag}``,
    ``branch`` that of one that is a branch and no tag;
    ``file`` that of a file of CPython, with ``{organization}``, ``{ref}`` and ``{path}``.
    """

    version: str = matching(VERSION, "a CPython version such as 3.14.7")
    script_sha256: str = hexadecimal(64)
    component: str = "cpython"
    source_url: str
    commit: str = hexadecimal(40)
    sha256: str = hexadecimal(64)
    vendored_from: str = matching(f"({VERSION})?", "a CPython version such as 3.14.7", default="")
    organization: str
    source_repository: str
    binary_repository: str
    archive_url: str
    branch_url: str
    file_url: str

    @property
    def line(self) -> str:
        """Return the release line: ``3.14`` of ``3.14.7``."""
        return release_line(self.version)

    @property
    def source_location(self) -> str:
        """Return the address of the source release."""
        version = self.version.rstrip("+")
        return self.source_url.format(version=version, release=release_series(version))


def release_series(version: str) -> str:
    """Return the release a version leads to, which python.org names folders by: ``3.15.0``."""
    match = re.match(r"[\d.]+", version)
    return match[0] if match else version


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentConfig:
    """``[document]``: what every SBOM says of itself.

    Behind ``comment``, or what replaces it, stands ``copies`` where vendored code is listed and
    ``no_copies`` where it is not.
    """

    creator: str = matching(ACTOR, "an SPDX actor such as 'Organization: Name (mail)'")
    supplier: str = matching(ACTOR, "an SPDX actor such as 'Organization: Name (mail)'")
    namespace: str = matching(
        r"https?://[^\s#]*\{digest\}[^\s#]*", "a web address without '#' and with {digest} in it"
    )
    license_list_version: str = matching(r"\d+\.\d+(\.\d+)?", "a version of the SPDX license list")
    comment: str
    vendored_comment: str = ""
    no_vendored_comment: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """``[source.<name>]`` or ``[binary.<name>]``: one external, as ``regen`` pinned it.

    ``default`` is whether the release build, which gives no flags, fetches it; ``enabled_by`` and
    ``disabled_by`` are the settings that change that, as in ``sbom.script.condition``. Digests are
    lower-case hexadecimal and empty while unknown; ``size`` is the archive's in bytes, ``files``
    the number of regular files in it.
    """

    kind: ExternalKind = field(metadata={"given": True})
    name: str = field(metadata={"given": True})
    tag: str = matching(r"[A-Za-z0-9][\w.+-]*", "a git tag")
    repository: str = ""
    default: bool = True
    enabled_by: tuple[tuple[str, ...], ...] = matching(*_SETTING, default=())
    disabled_by: tuple[tuple[str, ...], ...] = matching(*_SETTING, default=())
    commit: str = hexadecimal(40)
    sha256: str = hexadecimal(64)
    sha512: str = hexadecimal(128)
    size: int = 0
    file_count: int = 0
    verification_code: str = hexadecimal(40)

    @property
    def key(self) -> ExternalKey:
        """Return the key path of its table."""
        return ExternalKey(EntryKind(self.kind), self.name)

    @property
    def revision(self) -> str:
        """Return what the tag says behind the name; empty for an unversioned one."""
        return split_tag(self.tag)[1]

    @property
    def condition(self) -> Condition:
        """Return what decides whether the script fetches it."""
        return Condition(
            default=self.default, enabled_by=self.enabled_by, disabled_by=self.disabled_by
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Vendored:
    """``[vendored.<name>]``: code checked in to CPython, as ``regen`` read it out of a tree.

    ``within`` is empty, or the vendored package that brings it, as pip brings certifi;
    ``sha256`` is of what ``location`` leads to or, for a wheel, of ``file``; ``files`` and
    ``verification_code`` are of those the tree's Misc/sbom.spdx.json lists for it.
    """

    name: str = field(metadata={"given": True})
    version: str
    download_location: str = "NOASSERTION"
    sha256: str = hexadecimal(64)
    wheel: str = ""
    vendored_by: str = ""
    file_count: int = 0
    verification_code: str = hexadecimal(40)

    @property
    def key(self) -> ExternalKey:
        """Return the key path of its table."""
        return ExternalKey(EntryKind.VENDORED, self.name)

    @property
    def revision(self) -> str:
        """Return the version, which a ``ships`` row's ``revisions`` are held against."""
        return self.version


@dataclass(frozen=True, kw_only=True, slots=True)
class LicenseText:
    """``[license-text.LicenseRef-…]``: the text of a license the SPDX list does not have."""

    id: str = field(metadata={"given": True})
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalsDirConfig:
    """``[pulled]``: what an externals folder may hold beside what the script pulled.

    ``leftovers`` are patterns of paths inside an external that a build adds, ``ignored`` names
    of folders that are no external; ``comment`` replaces the document's where a folder was
    looked at, with ``{settings}`` in it.
    """

    build_outputs: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LayoutConfig:
    """``[layout]``: what a document says that was made from a layout, in place of its comment.

    ``added`` are patterns of paths that come to be once a layout is installed and used.
    """

    comment: str = ""
    runtime_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownArchives:
    """``[archives.source]``, ``[archives.binary]``: SHA-256 of archives, by their tags.

    It is empty of a tag that is known to be one, and whose archive nobody had.
    """

    source: Mapping[str, str] = matching(
        r"([0-9a-f]{64})?", "a SHA-256, or empty while unknown", default_factory=dict
    )
    binary: Mapping[str, str] = matching(
        r"([0-9a-f]{64})?", "a SHA-256, or empty while unknown", default_factory=dict
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class DllDigests:
    """``[digests.<tag>]``: the DLLs of a binary external, by their paths in it.

    A digest is the Authenticode SHA-256, which signing does not change, as ``regen`` records
    it, or the SHA-1 that git names the file by, of 40 digits, where only that is known.
    """

    digests: Mapping[str, Mapping[str, str]] = matching(
        r"[0-9a-f]{64}|[0-9a-f]{40}",
        "an Authenticode SHA-256, or git's SHA-1 of a file",
        default_factory=dict,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamConfig:
    """``[export]``: for which range of CPython versions its file is in the script's order."""

    script_order_versions: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpstreamEntry:
    """``[[exported]]``: who an external is in Misc/externals.spdx.json of CPython versions.

    ``cpe`` are vendor and product, ``cpython`` a range of versions.
    """

    name: str
    cpe: tuple[str, ...] = matching(r"[^:\s]+:[^:\s]+", "an NVD vendor:product", default=())
    originator: str = ""
    cpython_versions: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """``[[exemption]]``: a diagnostic that a person accepts, and why."""

    diagnostic: str = matching("|".join(Code), "the code of a problem")
    key: str
    lines: str = ""
    reason: str = matching(r"(?s).*\S.*", "a reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """externals.toml. ``file`` is its name in problems."""

    file: str
    cpython: CPython
    document: DocumentConfig
    pins: tuple[Pin, ...]
    vendored: tuple[Vendored, ...]
    components: tuple[ComponentSpec, ...]
    platforms: tuple[Platform, ...]
    variants: tuple[Variant, ...]
    channels: tuple[Channel, ...]
    release: ReleaseConfig
    license_texts: tuple[LicenseText, ...]
    externals_dir: ExternalsDirConfig
    layout: LayoutConfig
    version_sources: tuple[VersionSource, ...]
    known_archives: KnownArchives
    dll_digests: Mapping[str, Mapping[str, str]]
    upstream: UpstreamConfig
    upstream_entries: tuple[UpstreamEntry, ...]
    exemptions: tuple[Exemption, ...]

    def get_pin(self, key: ExternalKey) -> Pin | None:
        """Return the pinned external of a key, or None."""
        return next((pin for pin in self.pins if pin.key == key), None)

    def get_component(self, key: str) -> ComponentSpec:
        """Return the component of a key, which the manifest has."""
        return next(one for one in self.components if one.key == key)

    def get_platform(self, name: str) -> Platform:
        """Return the platform of a name, which the manifest has."""
        return next(one for one in self.platforms if one.name == name)

    def get_variant(self, name: str) -> Variant | None:
        """Return the variant of a name, or None for the default one."""
        return next((one for one in self.variants if one.name == name), None)

    def get_archive_sha256(self, key: ExternalKey, tag: str) -> str:
        """Return the SHA-256 of the archive of an external's tag, or an empty text."""
        pin = self.get_pin(key)
        if pin is not None and pin.tag == tag and pin.sha256:
            return pin.sha256
        archives: Mapping[str, str] = getattr(self.known_archives, key.kind)
        return archives.get(tag, "")

    @property
    def current_vendored(self) -> tuple[Vendored, ...]:
        """Return the vendored code of this version; none, where only another one's is known."""
        return self.vendored if self.cpython.vendored_from == self.cpython.version else ()

    def get_vendored(self, name: str) -> Vendored | None:
        """Return the vendored code of a name such as ``pip``, or None."""
        return next((one for one in self.current_vendored if one.name == name), None)
