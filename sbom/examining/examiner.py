"""Everything that examines binaries by one manifest: its rules, and what it has recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sbom.channels import in_line, owned, renamed
from sbom.components import Build, variant_of
from sbom.contents.shipped import ShippedFile
from sbom.evidence.search import Inspector, rules_of
from sbom.examining.claims import Claims, KnownFiles, claims_of
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

    def verdicts(
        self,
        files: Sequence[ShippedFile],
        said: Said,
        root: str = "",
        restate: Callable[[Claims], Claims] | None = None,
    ) -> tuple[Row, ...]:
        """Return the verdicts on the binaries among files, by what is said of them.

        ``root`` is what stands before the path of each file of Python; ``restate`` puts
        another document's claims in place of the manifest's.
        """
        paths = [file.path for file in files if file.binary]
        own = {p: key for build in said.builds for p, key in _owners(said, paths, build, root)}
        claims = claims_of(said.manifest, said.builds[0], said.components, said.ties, own)
        return judge(files, restate(claims) if restate else claims, self._rules, self._known)

    def identified(self, files: Sequence[ShippedFile]) -> Identified:
        """Return what the binaries among some files were built from."""
        return identify(files, self.manifest)


def _owners(said: Said, paths: Iterable[str], build: Build, root: str) -> Iterator[tuple[str, str]]:
    """Yield each path that a component owns, with that component's key."""
    manifest = said.manifest
    line = manifest.cpython.line
    variant = variant_of(manifest, build.variant)
    tag = next(one.tag for one in manifest.platforms if one.name == build.platform)
    patterns = {
        one.key: tuple(renamed(in_line(p, line), variant, line, tag) for p in one.owns)
        for one in manifest.identities
        if one.owns
    }
    for path in paths:
        for key, own in patterns.items():
            if path.startswith(root) and owned(path.removeprefix(root), own):
                yield path, key
