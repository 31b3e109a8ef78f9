"""What ``regen`` writes: an external as it was pinned, and code that is vendored in CPython."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from sbom.manifest.component_spec import COMPONENT_VERSION, LOCATION, UNKNOWN_LOCATION
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.tables import (
    DllDigest,
    HeaderName,
    Sha1,
    Sha256,
    Sha512,
    Table,
    from_header,
    matching,
)
from sbom.script.externals import (
    ORGANIZATION,
    REPOSITORY_URL,
    TAG,
    Condition,
    ExternalKind,
    FetchMethod,
    split_tag,
)

#: A flag, or a variable and its value.
ConditionText = Annotated[
    str, matching(r"[-/]\S.*|[^-/=\s][^=]*=.+", "a flag such as --openssl-src, or NAME=value")
]
_REPOSITORY = "the name of a repository, or its absolute URL"


class Pin(Table, frozen=True, kw_only=True):
    """``[source.<name>]`` or ``[binary.<name>]``: one external, as ``regen`` pinned it."""

    kind: Annotated[ExternalKind, from_header(-2)]
    name: HeaderName
    tag: Annotated[str, matching(TAG, "a git tag")]
    """the git tag that the script fetches"""
    organization: Annotated[str, matching(f"({ORGANIZATION})?", "a GitHub organization")] = ""
    """the organization, where it is not that of ``[cpython]``"""
    repository: Annotated[str, matching(f"([A-Za-z0-9_.-]+|{REPOSITORY_URL})?", _REPOSITORY)] = ""
    """the repository, where it is not the usual one of its kind; for ``git`` the address that is
    cloned, for ``svn`` the address that the tag is appended to"""
    method: FetchMethod = FetchMethod.ARCHIVE
    """how it is fetched: ``archive``, GitHub's archive of the tag; ``release``, an asset of the
    tag's release; ``git`` or ``svn``"""
    default: bool = True
    """whether the script fetches it when it is given no flags, as for a release"""
    enabled_by: tuple[tuple[ConditionText, ...], ...] = ()
    """sets of flags and variables, each of which makes the script fetch it"""
    disabled_by: tuple[tuple[ConditionText, ...], ...] = ()
    """sets of flags and variables, each of which makes the script leave it out"""
    commit: Sha1 = ""
    """the commit of the tag"""
    sha256: Sha256 = ""
    """the SHA-256 of the archive"""
    mirror: str = ""
    """the server that the checksums were computed from, where it is not the location's own; they
    are marked so until ``regen --verify`` finds the same archive at its location"""
    sha512: Sha512 = ""
    """the SHA-512 of the archive"""
    size: int = 0
    """the size of the archive in bytes"""
    file_count: int = 0
    """the number of files in the archive"""
    verification_code: Sha1 = ""
    """the SPDX package verification code of the files in the archive"""
    verification_code_with_links: Sha1 = ""
    """the same with its symbolic links as files that contain their targets, as ``get_external.py``
    extracts a zip archive; only where the archive has links"""
    dll_digests: Mapping[str, DllDigest] = msgspec.field(default_factory=dict)
    """the Authenticode SHA-256 of the DLLs in the archive, by path; signing does not change it"""

    @property
    def key(self) -> ExternalKey:
        """Return the key path of its table."""
        return ExternalKey(EntryKind(self.kind), self.name)

    @property
    def revision(self) -> str:
        """Return what the tag has after the name; empty for an unversioned one."""
        return split_tag(self.tag)[1]

    @property
    def condition(self) -> Condition:
        """Return what decides whether the script fetches it."""
        return Condition(
            default=self.default, enabled_by=self.enabled_by, disabled_by=self.disabled_by
        )

    @property
    def is_archive(self) -> bool:
        """Return whether it is fetched as one file, which has a checksum."""
        return self.method in (FetchMethod.ARCHIVE, FetchMethod.RELEASE)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield a tag that is another external's, and a repository that its method cannot have."""
        if split_tag(self.tag)[0] not in ("", self.name):
            yield "tag", f"expected a tag of '{self.name}', found '{self.tag}'"
        if self.is_archive and "://" in self.repository:
            yield "method", f"expected 'git' or 'svn' with an address, found '{self.method}'"


class Vendored(Table, frozen=True, kw_only=True):
    """``[vendored.<name>]``: code checked in to CPython, as ``regen`` read it out of a tree."""

    name: HeaderName
    version: Annotated[str, matching(COMPONENT_VERSION, "a version")]
    """the version that the tree has"""
    download_location: Annotated[str, matching(LOCATION, "an SPDX download location")] = (
        UNKNOWN_LOCATION
    )
    """where upstream's archive of that version is, or its wheel in the package index"""
    sha256: Sha256 = ""
    """the SHA-256 of what ``download-location`` leads to or, for a wheel, of the wheel"""
    wheel: str = ""
    """the name of the bundled wheel that it is"""
    vendored_by: str = ""
    """the vendored package that contains it, as pip contains certifi"""
    file_count: int = 0
    """the number of files that the tree's Misc/sbom.spdx.json lists for it"""
    verification_code: Sha1 = ""
    """the SPDX package verification code of those files"""

    @property
    def key(self) -> ExternalKey:
        """Return the key path of its table."""
        return ExternalKey(EntryKind.VENDORED, self.name)

    @property
    def revision(self) -> str:
        """Return the version, which the ``revisions`` of a ``ships`` row are compared with."""
        return self.version
