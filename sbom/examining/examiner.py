"""Everything that examines binaries by one manifest: its rules, and what it has recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sbom.channels import in_line, owned, renamed
from sbom.components import Build, variant_of
from sbom.contents.shipped import ShippedFile
from sbom.evidence.search import Inspector, rules_of
from sbom.examining.claims import Claims, KnownFiles, claims_of, possible_claims
from sbom.examining.identify import Identified, identify
from sbom.examining.verdicts import Row, judge
from sbom.holdings import Tie
from sbom.joining import Component
from sbom.schema import Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a manifest says of a place: components and whose each file is, of these builds.

    There are several where a default and a free-threaded build lie side by side.
    """

    manifest: Manifest
    builds: tuple[Build, ...]
    components: Sequence[Component]
    ties: Sequence[Tie]


class Examiner:
    """Looks into binaries, and judges and identifies what it saw; keeps what it looked into."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the rules of a manifest, and what it has recorded."""
        self.manifest = manifest
        self._rules = rules_of((one.key, one.evidence) for one in manifest.identities)
        self._known = KnownFiles(manifest)
        self.inspect = Inspector(self._rules)

    def verdicts(self, files: Sequence[ShippedFile], claims: Claims) -> tuple[Row, ...]:
        """Return the verdicts on the binaries among files, by what is claimed of them."""
        return judge(files, claims, self._rules, self._known)

    def identified(self, files: Sequence[ShippedFile]) -> Identified:
        """Return what the binaries among some files were built from."""
        return identify(files, self.manifest)


def claimed(said: Said, files: Sequence[ShippedFile], root: str = "") -> Claims:
    """Return what a manifest claims of the binaries among files.

    ``root`` is what stands before the path of each file of Python.
    """
    own = _owners(said.manifest, said.builds, files, root)
    return claims_of(said.manifest, said.builds[0], said.components, said.ties, own)


def possible(
    manifest: Manifest, builds: Sequence[Build], files: Sequence[ShippedFile], root: str
) -> Claims:
    """Return what binaries can be and hold, for a document to say which of it they do."""
    paths = [file.path for file in files if file.binary]
    return possible_claims(manifest, paths, _owners(manifest, builds, files, root))


def _owners(
    manifest: Manifest, builds: Sequence[Build], files: Sequence[ShippedFile], root: str
) -> dict[str, str]:
    """Return of each path that a component owns in one of the builds that component's key."""
    paths = [file.path for file in files if file.binary and file.path.startswith(root)]
    return {
        path: key
        for build in builds
        for key, patterns in _owning(manifest, build)
        for path in paths
        if owned(path.removeprefix(root), patterns)
    }


def _owning(manifest: Manifest, build: Build) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield keys of components with the patterns of what they own, as a build writes them."""
    line = manifest.cpython.line
    variant = variant_of(manifest, build.variant)
    tag = next(one.tag for one in manifest.platforms if one.name == build.platform)
    for one in manifest.identities:
        if one.owns:
            patterns = (in_line(pattern, line) for pattern in one.owns)
            yield one.key, tuple(renamed(pattern, variant, line, tag) for pattern in patterns)
