"""A place of a CPython tree that states a version: where it is and how it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sbom.manifest.external_key import ANY_NAME, ExternalKey
from sbom.manifest.fields import matching


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionSource:
    """``[[stated]]``: a place of CPython's tree that states which version of something it has.

    ``of`` is the key path of an external or of vendored code. The place is every file that
    ``path`` matches, on those ``lines`` of CPython. In it a ``pattern`` is looked for, whose
    group ``version``, or groups ``major``, ``minor`` and ``micro``, are what it states; or an
    MSBuild ``property``, in whose value the tag stands; or a ``package`` of an SPDX document.
    ``*`` for a package and behind ``of`` is every package under its own name. ``says`` is how
    exact that is; a ``prefix`` such as 3.0 agrees with all that starts so, and ``sha256`` is
    of the archive instead. Where it
    ``decides``, the place is what is compiled, and others are measured by it.
    """

    external: ExternalKey | None = None
    path: str
    pattern: str = ""
    property: str = ""
    package: str = ""
    precision: str = matching(
        "revision|version|prefix|sha256",
        "one of revision, version, prefix and sha256",
        default="version",
    )
    authoritative: bool = False
    lines: str = ""
    note: str = ""

    def key_of(self, package: str) -> ExternalKey | None:
        """Return what a package of the SPDX document is: itself, where all are read."""
        if self.external is not None and self.external.name == ANY_NAME:
            return replace(self.external, name=package)
        return self.external
