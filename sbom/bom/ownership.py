"""Which component owns each shipped file, and what is missing, unowned or should not be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import Struct

from sbom.bom.expected_contents import ExpectedContents
from sbom.components.component import Component, Linkage
from sbom.patterns import PathPatterns

#: The kinds of linkage by which a component ships; a build tool does not.
_SHIPPED = ("dynamic", "static", "bundled")


class FileOwnership(Struct, frozen=True):
    """A file and the id of a component that it belongs to, or that is linked into it.

    ``kind`` is that of the component's linkage: ``dynamic``, ``bundled`` or ``static``.
    """

    path: str
    component: str
    kind: str


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
        inside = not prefix or path.lower().startswith(prefix)
        relative = path[len(expected.prefix) :]
        owners = finder.find_owners(path, relative) if inside else []
        owner = ""
        for key, own in expected.owned_paths if inside else ():
            if relative in own:
                owner = key
                break
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
        ownership=tuple(sorted(ownership, key=lambda owner: owner.path)),
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
        names = self._patterns.find(relative)
        if not names:
            return []
        owners: dict[FileOwnership, None] = {}
        for name in names:
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
    names = users.find_any(inventory.paths)
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
