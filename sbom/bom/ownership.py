"""Which component owns each shipped file, and what is missing, unowned or should not be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from msgspec import Struct

from sbom.components.component import Build, Component, Linkage, build_filename
from sbom.components.resolve import merge_linkages, resolve_components
from sbom.files.shipped_file import EXECUTABLE_SUFFIXES
from sbom.manifest.channels import Channel, expand_line
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns

_NO_PATHS = PathPatterns(())
#: The DLL that every build has, under a name of its own.
_DLL = "python{line}.dll"
#: The kinds of linkage by which a component ships; a build tool does not.
_SHIPPED = ("dynamic", "static", "bundled")


class FileOwnership(Struct, frozen=True):
    """A file and the id of a component that it belongs to, or that is linked into it.

    ``kind`` is that of the component's linkage: ``dynamic``, ``bundled`` or ``static``.
    """

    path: str
    component: str
    kind: str


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
                pattern
                for pattern in patterns
                if pattern.startswith("!") or pattern.lower().endswith(f".{suffix}")
            )
            for suffix in EXECUTABLE_SUFFIXES
        }

    def __contains__(self, path: str) -> bool:
        """Return whether the component owns a path."""
        suffix = path.rpartition(".")[2].lower()
        return self._executable.get(suffix, self._patterns).matches(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedContents:
    """What the manifest expects in a layout, an artifact, or files that ``verify`` is given.

    ``components`` are those of all ``builds``: several where a default and a free-threaded build
    share a directory. ``owned_paths`` pairs keys of components with what they own. Python's
    own paths start after ``prefix``; ``nested_archives`` pairs names of archives among them with
    the directory that they unpack to. ``runtime_files`` are created once Python is installed.
    With ``is_complete``, a file that is missing or unowned is an error; with ``is_part``, the
    files are some of those of a build, and none is missing.
    """

    manifest: Manifest
    builds: tuple[Build, ...]
    components: tuple[Component, ...]
    owned_paths: tuple[tuple[str, OwnedPaths], ...]
    prefix: str = ""
    excluded: PathPatterns = _NO_PATHS
    container_files: PathPatterns = _NO_PATHS
    nested_archives: tuple[tuple[str, str], ...] = ()
    runtime_files: PathPatterns = _NO_PATHS
    is_complete: bool = True
    is_part: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """How files match the expected contents. All paths are as they were given.

    ``paths`` are all of them. ``owned`` maps paths to the key of the component whose ``owns``
    matches; ``present`` maps ids of components to the names of their files that are there,
    ``missing`` pairs an id with a name that is not; ``excluded_present`` files should not be in
    the channel, ``unowned`` files belong to no component.
    """

    paths: tuple[str, ...]
    ownership: tuple[FileOwnership, ...]
    owned: Mapping[str, str]
    present: Mapping[str, tuple[str, ...]]
    missing: tuple[tuple[str, str], ...]
    excluded_present: tuple[str, ...]
    unowned: tuple[str, ...]


def present_builds(manifest: Manifest, build: Build, paths: Iterable[str]) -> tuple[Build, ...]:
    """Return the builds of one platform that share a directory: those whose DLL is there.

    The installer with all options installs every variant into one. The first of them stands for
    all; without any DLL of CPython it is ``build`` alone.
    """
    return find_builds(manifest, build, paths) or (build,)


def find_builds(manifest: Manifest, build: Build, paths: Iterable[str]) -> tuple[Build, ...]:
    """Return the variants of a build whose DLL is among some paths."""
    names = {path.rpartition("/")[2].lower() for path in paths}
    builds = (replace(build, variant=variant) for variant in manifest.variant_names())
    return tuple(each for each in builds if build_filename(manifest, each, _DLL).lower() in names)


def expected_contents(
    manifest: Manifest, builds: Sequence[Build], channel: Channel | None = None
) -> ExpectedContents:
    """Return what a layout of builds of one platform contains, or a channel's artifact of it.

    A layout may be that of any channel, with the files that its artifacts have besides.
    """
    line = manifest.cpython.line
    expected = ExpectedContents(
        manifest=manifest,
        builds=tuple(builds),
        components=_components(manifest, builds),
        owned_paths=tuple(owned_paths(manifest, builds)),
        container_files=PathPatterns(
            expand_line(pattern, line)
            for each in ([channel] if channel else manifest.channels)
            for pattern in each.container_files
        ),
    )
    if channel is None:
        return expected
    return replace(
        expected,
        is_part=channel.format == "msi",
        prefix=channel.prefix,
        excluded=PathPatterns(expand_line(pattern, line) for pattern in channel.exclude),
        nested_archives=tuple(
            (expand_line(name, line), directory)
            for name, directory in channel.nested_archives.items()
        ),
    )


def _components(manifest: Manifest, builds: Sequence[Build]) -> tuple[Component, ...]:
    """Return the components of all builds, each once, with the linkages of each build."""
    found: dict[str, Component] = {}
    for build in builds:
        for component in resolve_components(manifest, build, include_optional=True):
            links = (
                (*found[component.id].linkages, *component.linkages)
                if component.id in found
                else component.linkages
            )
            found[component.id] = replace(component, linkages=merge_linkages(links))
    return tuple(found.values())


def owned_paths(manifest: Manifest, builds: Sequence[Build]) -> Iterator[tuple[str, OwnedPaths]]:
    """Yield components with the paths they own, as each build names its files."""
    for spec in manifest.components:
        for build in builds if spec.owns else ():
            patterns = (build_filename(manifest, build, pattern) for pattern in spec.owns)
            yield spec.key, _compile_owned(tuple(patterns))


@lru_cache(maxsize=256)
def _compile_owned(patterns: tuple[str, ...]) -> OwnedPaths:
    """Return the paths that patterns own: the same for most builds and channels of a release."""
    return OwnedPaths(patterns)


def assign_owners(
    paths: Iterable[str], expected: ExpectedContents, nested: Iterable[str] = ()
) -> Inventory:
    """Return which component owns each path.

    ``nested`` are paths in nested archives, written as if they were unpacked: they show that a
    component is present, and are files of the archive only.
    """
    finder = _OwnerFinder(expected.components)
    ownership: list[FileOwnership] = []
    owned: dict[str, str] = {}
    excluded_present: list[str] = []
    unowned: list[str] = []
    paths = tuple(sorted(paths))
    prefix = expected.prefix.lower()
    for path in paths:
        if expected.container_files.matches(path):
            continue
        inside = path.lower().startswith(prefix)
        relative = path[len(expected.prefix) :]
        owners = finder.find_owners(path, relative) if inside else []
        owner = (
            next((key for key, own in expected.owned_paths if relative in own), "")
            if inside
            else ""
        )
        ownership += owners
        if owner:
            owned[path] = owner
        if not owners and not owner:
            unowned.append(path)
        elif expected.excluded.matches(relative):
            excluded_present.append(path)
    shown = finder.shown | {name for path in nested for name in finder.find_names(path)}
    present = _present(expected.components, shown)
    ownership += _owned_by_present(owned, ownership, expected.components, present)
    return Inventory(
        paths=paths,
        ownership=tuple(sorted(ownership, key=lambda one: one.path)),
        owned=owned,
        present=present,
        missing=tuple(_missing(expected, present)),
        excluded_present=tuple(excluded_present),
        unowned=tuple(unowned),
    )


def _owned_by_present(
    owned: Mapping[str, str],
    ownership: Iterable[FileOwnership],
    components: Iterable[Component],
    present: Mapping[str, object],
) -> list[FileOwnership]:
    """Return the files that a component which is present owns beside those it ships as."""
    by_key = {component.key: component.id for component in components if component.id in present}
    known = {file.path for file in ownership}
    return [
        FileOwnership(path, by_key[key], "bundled")
        for path, key in owned.items()
        if key in by_key and path not in known
    ]


class _OwnerFinder:
    """Finds the components of a path, and keeps which of their names were found."""

    def __init__(self, components: Sequence[Component]) -> None:
        self.shown: set[tuple[str, str]] = set()
        links = [(component.id, link) for component in components for link in component.linkages]
        files = {name for _, link in links for name in link.files}
        # A wheel belongs to its own package; what is bundled in it does not own it too.
        self._bundles = {
            (id_, name)
            for id_, link in links
            if link.kind == "bundled"
            for name in link.optional_files
            if name in files
        }
        self._by_pattern: dict[str, dict[tuple[str, str], None]] = {}
        for component in components:
            for kind, name in _shipped_names(component):
                self._by_pattern.setdefault(name, {})[component.id, kind] = None
        self._patterns = PathPatterns(self._by_pattern)

    def find_owners(self, path: str, relative: str) -> list[FileOwnership]:
        """Return the owners of a path that is ``relative`` to where Python's own paths start."""
        owners: dict[FileOwnership, None] = {}
        for name in self._patterns.find(relative):
            for id_, kind in self._by_pattern[name]:
                self.shown.add((id_, name))
                if (id_, name) not in self._bundles:
                    owners[FileOwnership(path, id_, kind)] = None
        return list(owners)

    def find_names(self, relative: str) -> Iterator[tuple[str, str]]:
        """Yield ids of the components that a path shows, each with the name that it matches."""
        for name in self._patterns.find(relative):
            yield from ((id_, name) for id_, _ in self._by_pattern[name])


def _shipped_names(component: Component) -> Iterator[tuple[str, str]]:
    for link in component.linkages:
        if link.kind in _SHIPPED:
            for name in (*link.files, *link.optional_files):
                yield link.kind, name


def _present(
    components: Iterable[Component], shown: set[tuple[str, str]]
) -> dict[str, tuple[str, ...]]:
    """Return the names of files that were found, by the ids of their components."""
    return {
        component.id: names
        for component in components
        if (
            names := tuple(
                name for _, name in _shipped_names(component) if (component.id, name) in shown
            )
        )
    }


def _missing(
    expected: ExpectedContents, present: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield files that must be there: every one of a library, at least one of a bundle."""
    for component in expected.components:
        found = set(present.get(component.id, ()))
        for link in component.linkages:
            required = _required_files(link, expected)
            if link.kind == "bundled":
                if required and not found & {*required, *link.optional_files}:
                    yield component.id, required[0]
            else:
                yield from ((component.id, name) for name in required if name not in found)


def _required_files(link: Linkage, expected: ExpectedContents) -> list[str]:
    if link.kind not in _SHIPPED:
        return []
    return [name for name in link.files if not expected.excluded.matches(name)]


def present_components(expected: ExpectedContents, inventory: Inventory) -> tuple[Component, ...]:
    """Return the components that are present, naming the files that are, and the build tools."""
    users = PathPatterns(
        name
        for component in expected.components
        for link in component.linkages
        for name in link.used_by
    )
    names = {name for path in inventory.paths for name in users.find(path)}
    return tuple(
        replace(
            component,
            linkages=tuple(
                _present_links(component.linkages, inventory.present.get(component.id, ()), names)
            ),
        )
        for component in expected.components
        if component.id in inventory.present
        or any(link.kind == "build-tool" for link in component.linkages)
    )


def _present_links(
    links: Iterable[Linkage], names: Sequence[str], users: Collection[str]
) -> Iterator[Linkage]:
    for link in links:
        if link.kind == "build-tool":
            yield link
        if files := tuple(name for name in (*link.files, *link.optional_files) if name in names):
            used_by = tuple(name for name in link.used_by if name in users)
            yield replace(link, files=files, used_by=used_by, optional_files=())
