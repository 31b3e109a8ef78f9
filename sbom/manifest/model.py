"""externals.toml as values: the manifest, and the tables that have no module of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from sbom.diagnostics import Code
from sbom.manifest.channels import (
    DEFAULT,
    Channel,
    Platform,
    ReleaseConfig,
    Variant,
    url_template,
)
from sbom.manifest.component_spec import ActorText, ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import LineRange, VersionRange, final_version, line_in_range, release_line
from sbom.manifest.reference import ReferenceData
from sbom.manifest.tables import (
    Sha1,
    Sha256,
    Table,
    Verbatim,
    checked,
    from_header,
    matching,
)
from sbom.script.externals import ExternalKind, FetchMethod, split_tag

VERSION = r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?\+?"
_VERSION_NAMED = "a CPython version such as 3.14.7"
_ARCHIVE = checked(url_template({"organization", "repository", "tag"}), "an address")
_RELEASE = checked(url_template({"asset", "organization", "repository", "tag"}), "an address")


class CPython(Table, frozen=True, kw_only=True):
    """``[cpython]``: which release this is, and where its sources and externals are."""

    version: Annotated[str, matching(VERSION, _VERSION_NAMED)]
    """the release; ``+`` after it for a tree between two releases"""
    script_sha256: Sha256 = ""
    """the SHA-256 of the script that the pins were taken from, with LF line ends"""
    component: str = "cpython"
    """the key of the component that is the root of every document"""
    source_url: Annotated[str, checked(url_template({"release", "version"}), "an address")]
    """where the source release is, with ``{release}`` (3.15.0) and ``{version}`` (3.15.0rc1)"""
    commit: Sha1 = ""
    """the commit of the release's tag"""
    sha256: Sha256 = ""
    """the SHA-256 of the source release"""
    vendored_from: Annotated[str, matching(f"({VERSION})?", _VERSION_NAMED)] = ""
    """the CPython version whose tree the ``[vendored.*]`` tables were read from"""
    organization: str
    """the GitHub organization of CPython and its externals"""
    source_repository: str
    """the repository of source externals"""
    binary_repository: str
    """the repository of binary externals"""
    archive_url: Annotated[str, _ARCHIVE]
    """where the archive of a tag is, with ``{organization}``, ``{repository}`` and ``{tag}``"""
    branch_url: Annotated[str, _ARCHIVE]
    """where the archive of a branch is, for externals whose tag is one"""
    release_url: Annotated[str, _RELEASE] = (
        "https://github.com/{organization}/{repository}/releases/download/{tag}/{asset}"
    )
    """where the release asset of a tag is, for externals that are fetched as one"""
    file_url: Annotated[str, checked(url_template({"organization", "path", "ref"}), "an address")]
    """where a file of CPython is, with ``{organization}``, ``{ref}`` and ``{path}``"""
    package_index: Annotated[str, checked(url_template({"project"}), "an address")] = (
        "https://pypi.org/simple/{project}/"
    )
    """where the package index lists the files of a project, with ``{project}``"""

    @property
    def line(self) -> str:
        """Return the release line: ``3.14`` of ``3.14.7``."""
        return release_line(self.version)

    @property
    def source_location(self) -> str:
        """Return the address of the source release."""
        version = self.version.rstrip("+")
        return self.source_url.format(version=version, release=final_version(version))


class DocumentConfig(Table, frozen=True, kw_only=True):
    """``[document]``: what every SBOM states of itself."""

    creator: ActorText
    """who makes the documents, as an SPDX actor"""
    supplier: ActorText
    """who supplies CPython and what ships with it"""
    namespace: Annotated[
        str,
        matching(
            r"https?://[^\s#]*\{digest\}[^\s#]*",
            "a web address without '#' and with {digest} in it",
        ),
    ]
    """the document namespace, with ``{release}``, ``{name}`` and ``{digest}`` in it"""
    license_list_version: Annotated[
        str, matching(r"\d+\.\d+(\.\d+)?", "a version of the SPDX license list")
    ]
    """the version of the SPDX license list that expressions refer to"""
    comment: str
    """the comment of documents that are made without looking at shipped files"""
    vendored_comment: str = ""
    """stands after the comment where vendored code is listed"""
    no_vendored_comment: str = ""
    """stands after the comment where vendored code is not listed"""


class LicenseText(Table, frozen=True, kw_only=True):
    """``[license-text.LicenseRef-…]``: the text of a license the SPDX list does not have."""

    id: Annotated[
        str, from_header(-1), matching("LicenseRef-[A-Za-z0-9.-]+", "an id such as LicenseRef-Name")
    ]
    name: str
    """what the license is called"""
    text: Annotated[str, matching(r"[\s\S]*\S[\s\S]*", "a text")]
    """the whole text"""


class ExternalsDirConfig(Table, frozen=True, kw_only=True):
    """``[externals-dir]``: what an externals directory may contain beside the externals."""

    build_outputs: tuple[str, ...] = ()
    """patterns of files that a build adds inside an external"""
    ignore: tuple[str, ...] = ()
    """names of directories that are not externals"""
    comment: str
    """replaces the document's comment; ``{settings}`` in it are the flags that were given"""


class LayoutConfig(Table, frozen=True, kw_only=True):
    """``[layout]``: documents made from a directory with a build as it ships."""

    comment: str = ""
    """replaces the document's comment"""
    runtime_files: tuple[str, ...] = ()
    """patterns of files that appear once Python is installed and used"""


class UpstreamConfig(Table, frozen=True, kw_only=True):
    """``[export]``: CPython's own ``Misc/externals.spdx.json``."""

    script_order_versions: VersionRange = ""
    """the CPython versions whose file is in the script's order; others are sorted by name"""


class Exemption(Table, frozen=True, kw_only=True):
    """``[[exemption]]``: a diagnostic that a person accepts, and why."""

    diagnostic: Annotated[Code, Meta(description="the name of a diagnostic")]
    """the name of the diagnostic"""
    key: Verbatim
    """its exemption key, which is printed below it"""
    artifacts: tuple[str, ...] = ()
    """patterns of the artifacts that it is for, such as `python-*-embed-*.zip`; all, if empty"""
    lines: LineRange = ""
    """the CPython lines that it is for; all, if empty"""
    versions: VersionRange = ""
    """the CPython versions that it is for, such as `>=3.14,<3.14.8`; all, if empty"""
    reason: Annotated[str, matching(r"[\s\S]*\S[\s\S]*", "a reason")]
    """why it is accepted"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """externals.toml, with the reference data that comes with this project.

    ``file`` is its name in diagnostics. ``components`` are those of the manifest and, where it
    has none of a key, those of the reference data: ``reference_components`` are their keys.
    """

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
    upstream: UpstreamConfig
    exemptions: tuple[Exemption, ...]
    reference: ReferenceData = field(compare=False, repr=False)
    reference_components: frozenset[str] = frozenset()

    def platform_names(self) -> tuple[str, ...]:
        """Return the platforms that CPython of the manifest's line is built for."""
        line = self.cpython.line
        return tuple(
            platform.name for platform in self.platforms if line_in_range(line, platform.lines)
        )

    def variant_names(self) -> tuple[str, ...]:
        """Return the variants that CPython of the manifest's line is built as."""
        line = self.cpython.line
        names = (variant.name for variant in self.variants if line_in_range(line, variant.lines))
        return DEFAULT, *names

    def for_version(self, version: str) -> Self:
        """Return the manifest as that of another CPython version."""
        return replace(self, cpython=msgspec.structs.replace(self.cpython, version=version))

    def get_pin(self, key: ExternalKey) -> Pin | None:
        """Return the pinned external of a key, or None."""
        return next((pin for pin in self.pins if pin.key == key), None)

    def get_component(self, key: str) -> ComponentSpec:
        """Return the component of a key, which the manifest has."""
        return next(spec for spec in self.components if spec.key == key)

    def get_platform(self, name: str) -> Platform:
        """Return the platform of a name, which the manifest has."""
        return next(platform for platform in self.platforms if platform.name == name)

    def get_variant(self, name: str) -> Variant | None:
        """Return the variant of a name, or None for the default one."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def organization_of(self, pin: Pin) -> str:
        """Return the organization that an external is fetched from."""
        return pin.organization or self.cpython.organization

    def repository_of(self, pin: Pin) -> str:
        """Return the repository of an external: a name in the organization, or an address."""
        if pin.repository or not pin.is_archive:
            return pin.repository
        is_source = pin.kind is ExternalKind.SOURCE
        return self.cpython.source_repository if is_source else self.cpython.binary_repository

    def is_usual_archive(self, pin: Pin) -> bool:
        """Return whether an external is the archive that the reference data can have."""
        is_changed = bool(pin.organization or pin.repository)
        return not is_changed and pin.method is FetchMethod.ARCHIVE

    def get_archive_sha256(self, key: ExternalKey, tag: str) -> str:
        """Return the SHA-256 of the archive of an external's tag, or an empty text."""
        pin = self.get_pin(key)
        if pin is not None and pin.tag == tag and (pin.sha256 or not self.is_usual_archive(pin)):
            return pin.sha256
        return self.reference.archives[key.kind].get(tag, "")

    def known_tags(self, key: ExternalKey) -> set[str]:
        """Return the tags of an external that the manifest or the reference data know."""
        tags = {*self.reference.archives[key.kind]}
        if key.kind is EntryKind.BINARY:
            tags |= self.reference.dll_digests.keys()
        pins = {pin.tag for pin in self.pins if pin.kind == key.kind.value}
        return {tag for tag in tags | pins if split_tag(tag)[0] == key.name}

    @property
    def dll_digests(self) -> Mapping[str, Mapping[str, str]]:
        """Return the digests of the DLLs of binary externals, by tag and path."""
        pinned = {pin.tag: pin.dll_digests for pin in self.pins if pin.dll_digests}
        return {**self.reference.dll_digests, **pinned}

    @property
    def current_vendored(self) -> tuple[Vendored, ...]:
        """Return the vendored code of this version; none, where only another one's is known."""
        return self.vendored if self.cpython.vendored_from == self.cpython.version else ()

    @property
    def default_externals(self) -> dict[ExternalKey, Pin | Vendored]:
        """Return what a script fetches without flags, and the vendored code, by key."""
        pins = tuple(pin for pin in self.pins if pin.default)
        entries: tuple[Pin | Vendored, ...] = (*pins, *self.current_vendored)
        return {entry.key: entry for entry in entries}

    def get_vendored(self, name: str) -> Vendored | None:
        """Return the vendored code of a name such as ``pip``, or None."""
        return next((code for code in self.current_vendored if code.name == name), None)
