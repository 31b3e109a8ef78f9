"""Components as people describe them: what each is, where it ships, and what shows it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from msgspec import Meta, field

from sbom.binaries.rule import GROUPS, CompiledRule, compile_bytes_pattern
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.ranges import LineRange, VersionRange
from sbom.manifest.tables import PURL, FilePattern, HeaderName, Sha256, Table, checked, matching
from sbom.patterns import PathPatterns

#: What ``regen`` writes where only a person can know.
PLACEHOLDER = "FILL IN"
#: An SPDX actor.
ACTOR = r"(Organization|Person): [^\n()]+( \([^\n()]+\))?"
ActorText = Annotated[str, matching(ACTOR, "an SPDX actor such as 'Organization: Name (mail)'")]
OptionalActorText = Annotated[
    str, matching(f"({ACTOR})?", "an SPDX actor such as 'Organization: Name'")
]
#: A web address that spdx-tools takes too: RFC 3986 allows ASCII only.
_WEB_ADDRESS = r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[!-~]*)?"
#: What SPDX says of a location that is not known.
UNKNOWN_LOCATION = "NOASSERTION"
#: SPDX 2.3, clause 7.7: a URL, a version control location, NONE or NOASSERTION.
LOCATION = (
    r"NONE|NOASSERTION|(?:(?:git|hg|svn|bzr)\+)?[a-z]+://[A-Za-z0-9.-]+(?::\d+)?(?:/[!-~]*)?|"
    r"FILL IN"
)
_CPE_PART = r"(?:(?![:*?])[!-~])+"
VendorProduct = Annotated[str, matching(f"{_CPE_PART}:{_CPE_PART}", "an NVD vendor:product")]
#: Printable, without blanks at its ends.
_NAME = r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?"
#: A version as a purl and a CPE can have it.
COMPONENT_VERSION = r"[A-Za-z0-9][\w.+!~-]*"


def _check_revision_pattern(pattern: str) -> str:
    """Return why a regular expression does not read a version out of a revision."""
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        return f"expected a regular expression, found '{pattern}': {error}"
    return "" if "version" in groups or not pattern else "expected a group named 'version'"


class Override(Table, frozen=True, kw_only=True):
    """``[[component.<name>.when]]``: what differs for a range of upstream versions."""

    versions: VersionRange
    """the versions of the component that this applies to"""
    name: Annotated[str, matching(f"({_NAME})?", "a name")] = ""
    """replaces the component's ``name``"""
    originator: OptionalActorText = ""
    """replaces the component's ``originator``"""
    homepage: Annotated[str, matching(f"({_WEB_ADDRESS})?", "a web address")] = ""
    """replaces the component's ``homepage``"""
    license_concluded: str = ""
    """replaces the component's ``license-concluded``"""
    license_declared: str = ""
    """replaces the component's ``license-declared``"""
    copyright: str = ""
    """replaces the component's ``copyright``"""
    download_location: Annotated[str, matching(f"({LOCATION})?", "an SPDX download location")] = ""
    """replaces the component's ``download-location``"""
    sha256: Sha256 = ""
    """replaces the component's ``sha256``"""
    source_info: str = ""
    """replaces the component's ``source-info``"""
    cpe: tuple[VendorProduct, ...] = ()
    """replaces the component's ``cpe``"""


class Inclusion(Table, frozen=True, kw_only=True):
    """``[[component.<name>.ships]]``: one way a component gets into a Windows build.

    It applies where all of its conditions do: ``external``, ``revisions``, ``lines``,
    ``variants``, ``channels`` and ``without``.
    """

    external: ExternalKey | None = None
    """the external, or vendored code, that brings the component; none for what nothing fetches"""
    revisions: VersionRange = ""
    """the revisions of the external's tag, or versions of vendored code, that this is true of"""
    lines: LineRange = ""
    """the CPython lines that this is true of; all, if empty"""
    variants: tuple[str, ...] = ()
    """the variants that this is true of; all, if empty"""
    channels: tuple[str, ...] = ()
    """the channels that this is true of; all, if empty"""
    without: ExternalKey | None = None
    """an external that replaces this: with it, the row does not apply"""
    version: Annotated[str, matching(f"({COMPONENT_VERSION})?", "a version")] = ""
    """the upstream version, if it does not follow from the tag"""
    note: str = ""
    """a remark for the document, placed beside the tag"""
    link: Annotated[
        Literal["dynamic", "static", "bundled", "build-tool", "FILL IN"],
        Meta(description="one of 'dynamic', 'static', 'bundled' and 'build-tool'"),
    ]
    """``dynamic``: a DLL of its own; ``static``: compiled into others; ``bundled``: Python code;
    ``build-tool``: used to build, not shipped"""
    files: tuple[FilePattern, ...] = ()
    """the shipped files that are the component or contain it, named as in the default variant"""
    optional_files: tuple[FilePattern, ...] = ()
    """files that may come with them; they are never reported as missing"""
    files_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``files`` of the platforms where they have other names"""
    used_by: tuple[str, ...] = ()
    """the shipped files that load it"""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield an external that cannot be ``without``: only what is fetched can replace."""
        if self.without is not None and not self.without.is_fetched:
            yield "without", f"expected 'source.' or 'binary.' and a name, found '{self.without}'"


class BuiltFrom(Table, frozen=True, kw_only=True):
    """``[[component.<name>.built-from]]``: the source that a prebuilt binary was made from."""

    binary: ExternalKey
    """the external that ships"""
    source: ExternalKey
    """the external that it was built from"""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield what is not fetched."""
        for name, key in (("binary", self.binary), ("source", self.source)):
            if not key.is_fetched:
                yield name, f"expected 'source.' or 'binary.' and a name, found '{key}'"


class EvidenceRule(Table, frozen=True, kw_only=True):
    r"""``[[component.<name>.evidence]]``: what in a PE file shows the component.

    All that a rule names has to be in the file. A group ``version`` in an expression is
    upstream's version; without one, the component is there and its version unknown. A group
    ``tag`` is the tag of ``external`` that the build was configured to use.
    """

    files: tuple[str, ...] = ()
    """patterns of the names of files that must show it; the case does not matter"""
    anywhere: bool = False
    """whether every other file is searched for it too"""
    unless_imported: tuple[str, ...] = ()
    """with ``anywhere``: patterns of the DLLs that have the component; another file that loads one
    may show the version it was compiled against, and does not contain the component"""
    anchor: str = ""
    """a text that must be in the file"""
    pattern: str = ""
    r"""a regular expression over the file's bytes; ``\x00`` is the byte 0"""
    version_resource: Mapping[str, str] = field(default_factory=dict)
    """keys of the version resource, and expressions for the whole of their texts"""
    version_by_match: Mapping[str, str] = field(default_factory=dict)
    """the versions that texts stand for which are none themselves, such as a source id"""
    external: ExternalKey | None = None
    """the external that a group ``tag`` is a tag of"""
    major_version_only: bool = False
    """whether only the first number of the version has to agree: for what nothing pins"""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield rules that can show nothing, and expressions that cannot be used."""
        if not self.files and not self.anywhere:
            yield "", "has neither 'files' nor 'anywhere', so no file is searched"
        if not self.pattern and not self.version_resource:
            yield "", "has neither 'pattern' nor 'version-resource', so it cannot match"
        if self.anywhere and not self.anchor:
            yield "", "has 'anywhere' and no 'anchor', so unrelated texts would match"
        if self.unless_imported and not self.anywhere:
            yield "", "has 'unless-imported' and no 'anywhere', so no other file is searched"
        groups: set[str] = set()
        for text in (self.pattern, *self.version_resource.values()):
            try:
                groups |= set(compile_bytes_pattern(text).groupindex)
            except (re.error, ValueError) as error:
                yield "", f"expected a regular expression over bytes, found {text!r}: {error}"
                return
        for group in sorted(groups - GROUPS):
            yield "", f"unknown group '{group}': known groups are 'version' and 'tag'"
        if ("tag" in groups) != bool(self.external):
            yield "", "needs both 'external' and a group named 'tag', or neither"

    def compile(self, component: str, number: int) -> CompiledRule:
        """Return the rule of a component, ready to be searched with; ``number`` counts from 0."""
        resource = {key: re.compile(text) for key, text in self.version_resource.items()}
        return CompiledRule(
            component=component,
            number=number,
            files=PathPatterns(self.files),
            anywhere=self.anywhere,
            unless_imported=PathPatterns(self.unless_imported) if self.unless_imported else None,
            anchor=self.anchor.encode(),
            pattern=compile_bytes_pattern(self.pattern) if self.pattern else None,
            version_resource=resource,
            version_by_match=self.version_by_match,
            external=str(self.external or ""),
        )


class ComponentSpec(Table, frozen=True, kw_only=True):
    """``[component.<name>]``: what a component is, and where it ships. Written by people."""

    key: HeaderName
    name: Annotated[str, matching(_NAME, "a name")]
    """the product name that NVD uses; the package's name in the document"""
    originator: Annotated[
        str, matching(f"{ACTOR}|{PLACEHOLDER}", "an SPDX actor such as 'Organization: Name'")
    ]
    """who makes it, as an SPDX actor"""
    supplier: OptionalActorText = ""
    """who distributes it with CPython; the document's supplier, if empty"""
    homepage: Annotated[str, matching(f"{_WEB_ADDRESS}|{PLACEHOLDER}", "a web address")]
    """the home page of the project"""
    license_concluded: str
    """the SPDX license expression that applies to what ships"""
    license_declared: str = ""
    """the expression that upstream states, where that is another one"""
    copyright: str
    """the copyright line, or NONE"""
    lines: LineRange = ""
    """the CPython lines that have it; on others it is not reported as unused"""
    download_location: Annotated[str, matching(LOCATION, "an SPDX download location")] = (
        UNKNOWN_LOCATION
    )
    """where a component is downloaded from that no external brings"""
    sha256: Sha256 = ""
    """the SHA-256 of what ``download-location`` leads to"""
    source_info: str = ""
    """where a component comes from that no external brings, in words"""
    purl: Annotated[
        str,
        matching(f"({PURL}|{PLACEHOLDER})?", "a package URL without version"),
    ] = ""
    """the package URL, without version"""
    cpe: tuple[VendorProduct, ...] = ()
    """NVD's names for it, as ``vendor:product``"""
    revision_pattern: Annotated[
        str, checked(_check_revision_pattern, "a regular expression with a group 'version'")
    ] = ""
    """reads the upstream ``version``, and a ``rebuild`` number, out of the revision of a tag"""
    version_by_revision: Mapping[str, str] = field(default_factory=dict)
    """the upstream versions of revisions that state none, or a wrong one"""
    when: tuple[Override, ...] = ()
    """what differs for some upstream versions"""
    ships: tuple[Inclusion, ...] = ()
    """the ways it gets into a build"""
    built_from: tuple[BuiltFrom, ...] = ()
    """the sources of prebuilt binaries"""
    evidence: tuple[EvidenceRule, ...] = ()
    """what in a binary shows it"""
    owns: tuple[str, ...] = ()
    """patterns of further shipped files that belong to it"""
