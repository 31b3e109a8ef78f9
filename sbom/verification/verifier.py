"""Everything that examines binaries by one manifest: its rules, and what it has recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sbom.binaries.search import Inspector, compile_rules
from sbom.bom.ownership import FileOwnership, OwnedPaths
from sbom.components.build import Build, build_filename
from sbom.components.model import Component
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.model import Manifest
from sbom.verification.expectations import (
    Expectations,
    KnownFiles,
    expectations_of_build,
    possible_expectations,
)
from sbom.verification.identify import Identification, identify
from sbom.verification.results import Result, verify_binaries


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildContext:
    """What a manifest says of a place: components and whose each file is, of these builds.

    There are several where a default and a free-threaded build lie side by side.
    """

    manifest: Manifest
    builds: tuple[Build, ...]
    components: Sequence[Component]
    ties: Sequence[FileOwnership]


class BinaryVerifier:
    """Looks into binaries, and judges and identifies what it saw; keeps what it looked into."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the rules of a manifest, and what it has recorded."""
        self.manifest = manifest
        self._rules = compile_rules((one.key, one.evidence) for one in manifest.components)
        self._known = KnownFiles(manifest)
        self.inspect = Inspector(self._rules)

    def verdicts(self, files: Sequence[ShippedFile], claims: Expectations) -> tuple[Result, ...]:
        """Return the verdicts on the binaries among files, by what is claimed of them."""
        return verify_binaries(files, claims, self._rules, self._known)

    def identified(self, files: Sequence[ShippedFile]) -> Identification:
        """Return what the binaries among some files were built from."""
        return identify(files, self.manifest)


def build_expectations(
    said: BuildContext, files: Sequence[ShippedFile], root: str = ""
) -> Expectations:
    """Return what a manifest claims of the binaries among files.

    ``root`` is what stands before the path of each file of Python.
    """
    own = _owners(said.manifest, said.builds, files, root)
    return expectations_of_build(said.manifest, said.builds[0], said.components, said.ties, own)


def all_expectations(
    manifest: Manifest, builds: Sequence[Build], files: Sequence[ShippedFile], root: str
) -> Expectations:
    """Return what binaries can be and hold, for a document to say which of it they do."""
    paths = [file.path for file in files if file.binary]
    return possible_expectations(manifest, paths, _owners(manifest, builds, files, root))


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
        if path.removeprefix(root) in patterns
    }


def _owning(manifest: Manifest, build: Build) -> Iterator[tuple[str, OwnedPaths]]:
    """Yield keys of components with the patterns of what they own, as a build writes them."""
    for one in manifest.components:
        if one.owns:
            patterns = (build_filename(manifest, build, pattern) for pattern in one.owns)
            yield one.key, OwnedPaths(patterns)
