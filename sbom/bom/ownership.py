"""Paths of shipped files held against what a build's components say: whose each file is.

Values in, values out: which file belongs to whom, which are nobody's, which are missing and
which a channel should have left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sbom.components.build import Build, build_filename
from sbom.components.model import Component, Linkage
from sbom.files.patterns import PathPatterns
from sbom.files.shipped_file import EXECUTABLE_SUFFIXES
from sbom.manifest.channels import (
    Channel,
    expand_line,
)
from sbom.manifest.model import Manifest

#: What a file can be to a component that gets into a build in each of these ways.
_SHIPPED = ("dynamic", "static", "bundled")


@dataclass(frozen=True, slots=True)
class FileOwnership:
    """A file and a component: of it (``dynamic``, ``bundled``), or linked into it (``static``)."""

    path: str
    component: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """What a folder or an archive turned out to hold. All paths are as they were given.

    ``present`` maps ids of components to the names of their files that are there;
    ``missing`` pairs a component's id with a name that is not.
    """

    ties: tuple[FileOwnership, ...]
    present: dict[str, tuple[str, ...]]
    missing: tuple[tuple[str, str], ...]
    left_in: tuple[str, ...]
    strangers: tuple[str, ...]


class OwnedPaths:
    """The paths that a component owns, by the patterns of its ``owns``.

    An executable file is owned only by a pattern that ends like it: ``/Lib/*`` means no DLL.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Take the patterns of one component."""
        patterns = tuple(patterns)
        self._patterns = PathPatterns(patterns)
        self._executable = {
            suffix: PathPatterns(
                one for one in patterns if one.startswith("!") or one.lower().endswith(f".{suffix}")
            )
            for suffix in EXECUTABLE_SUFFIXES
        }

    def __contains__(self, path: str) -> bool:
        """Return whether the component owns a path."""
        suffix = path.rpartition(".")[2].lower()
        return self._executable.get(suffix, self._patterns).matches(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedContents:
    """What is expected of a place: components of a build, whose files, what is left out."""

    components: tuple[Component, ...]
    own: tuple[OwnedPaths, ...]
    leaves_out: PathPatterns = field(default_factory=lambda: PathPatterns(()))
    packaging: PathPatterns = field(default_factory=lambda: PathPatterns(()))
    root: str = ""
    nested: tuple[tuple[str, str], ...] = ()


def expected_contents(
    manifest: Manifest, build: Build, found: Sequence[Component], channel: Channel | None = None
) -> ExpectedContents:
    """Return what is expected of a layout, or of the artifact of a channel."""
    line = manifest.cpython.line
    own = tuple(
        OwnedPaths(build_filename(manifest, build, pattern) for pattern in spec.owns)
        for spec in manifest.components
        if spec.owns
    )
    if channel is None:
        return ExpectedContents(components=tuple(found), own=own)
    return ExpectedContents(
        components=tuple(found),
        own=own,
        leaves_out=PathPatterns(expand_line(pattern, line) for pattern in channel.exclude),
        packaging=PathPatterns(expand_line(pattern, line) for pattern in channel.container_files),
        root=channel.prefix,
        nested=tuple(
            (expand_line(name, line), place) for name, place in channel.nested_archives.items()
        ),
    )


def assumed(expectation: ExpectedContents) -> Inventory:
    """Return what a place that nobody looked into holds, by what is said of it."""
    present = {
        one.id: names
        for one in expectation.components
        if (names := tuple(name for _, name in _names(one) if _kept(name, expectation)))
    }
    return Inventory(ties=(), present=present, missing=(), left_in=(), strangers=())


def assign_owners(
    paths: Iterable[str], inner: Iterable[str], expectation: ExpectedContents
) -> Inventory:
    """Return whose each path is.

    ``inner`` are paths inside nested archives, written as if they were unpacked: they show
    that something is present and are nobody's file themselves.
    """
    owners = _Owners(expectation)
    ties: list[FileOwnership] = []
    left_in: list[str] = []
    strangers: list[str] = []
    for path in sorted(paths):
        if expectation.packaging.matches(path):
            continue
        inside = path.lower().startswith(expectation.root.lower())
        relative = path[len(expectation.root) :]
        found = list(owners.of(path, relative)) if inside else []
        ties += found
        if not inside or not (found or any(relative in own for own in expectation.own)):
            strangers.append(path)
        elif expectation.leaves_out.matches(relative):
            left_in.append(path)
    shown = {*owners.seen, *(name for path in inner for name in owners.names(path))}
    present = {
        one.id: names
        for one in expectation.components
        if (names := tuple(name for _, name in _names(one) if (one.id, name) in shown))
    }
    return Inventory(
        ties=tuple(ties),
        present=present,
        missing=tuple(_missing(expectation, present)),
        left_in=tuple(left_in),
        strangers=tuple(strangers),
    )


class _Owners:
    """Looks up the components of a path."""

    def __init__(self, expectation: ExpectedContents) -> None:
        self.seen: dict[tuple[str, str], None] = {}
        links = [(one.id, link) for one in expectation.components for link in one.links]
        files = {name for _, link in links for name in link.files}
        # A wheel is of what it is; that others are inside of it is no tie of theirs.
        self.along = {
            (id_, name)
            for id_, link in links
            if link.kind == "bundled"
            for name in link.extras
            if name in files
        }
        self.by_pattern: dict[str, list[tuple[str, str, str]]] = {}
        for one in expectation.components:
            for kind, name in _names(one):
                self.by_pattern.setdefault(name, []).append((one.id, kind, name))
        self.patterns = PathPatterns(self.by_pattern)

    def _found(self, path: str) -> Iterator[tuple[str, str, str]]:
        for pattern in self.patterns.find(path):
            yield from self.by_pattern[pattern]

    def of(self, path: str, relative: str) -> Iterator[FileOwnership]:
        """Yield the ties of a path, which is ``relative`` to where Python's files start."""
        for id_, kind, name in self._found(relative):
            self.seen[id_, name] = None
            if (id_, name) not in self.along:
                yield FileOwnership(path, id_, kind)

    def names(self, relative: str) -> Iterator[tuple[str, str]]:
        """Yield the components that a path shows, each with the name that it matches."""
        for id_, _, name in self._found(relative):
            yield id_, name


def _names(component: Component) -> Iterator[tuple[str, str]]:
    for link in component.links:
        if link.kind in _SHIPPED:
            for name in (*link.files, *link.extras):
                yield link.kind, name


def _kept(name: str, expectation: ExpectedContents) -> bool:
    return not expectation.leaves_out.matches(name)


def _missing(
    expectation: ExpectedContents, present: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield files that have to be there: each one of a library, one at least of a bundle."""
    for one in expectation.components:
        there = set(present.get(one.id, ()))
        for link in one.links:
            wanted = _wanted(link, expectation)
            if link.kind == "bundled":
                if wanted and not there & {*wanted, *link.extras}:
                    yield one.id, wanted[0]
            else:
                yield from ((one.id, name) for name in wanted if name not in there)


def _wanted(link: Linkage, expectation: ExpectedContents) -> list[str]:
    if link.kind not in _SHIPPED:
        return []
    return [name for name in link.files if _kept(name, expectation)]
