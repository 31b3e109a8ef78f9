"""What is said of shipped files: which component each is, or holds, at which version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from sbom.bom.ownership import FileOwnership
from sbom.components.build import Build, externals_in_build
from sbom.components.model import Component
from sbom.components.versions import labeled_version, shipped_version
from sbom.manifest.channels import expand_line, variant_filename
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.external_key import ExternalKey, key_of_tag
from sbom.manifest.model import Manifest, Pin
from sbom.manifest.ranges import line_in_range
from sbom.script.externals import ExternalKind, split_tag


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One component said to be in one file.

    ``component`` is the key of its identity and ``name`` what people call it; ``version`` is
    empty where nobody states one, ``also`` are others that are stated too. Of what comes from
    a binary external, ``tag`` is that one's, and ``labeled`` the version that the tag itself
    states. One that is ``linked_in`` is part of a file that is something else.
    """

    path: str
    component: str
    name: str
    version: str
    also: tuple[str, ...] = ()
    tag: str = ""
    labeled: str = ""
    linked_in: bool = False


@dataclass(frozen=True, slots=True)
class Expectations:
    """All that is said of a place: by path, and which tag each external should be of.

    ``own`` are the paths that are CPython's or a component's whatever else is in them, ``root``
    is the key of CPython's own component.
    """

    by_path: Mapping[str, tuple[Expectation, ...]]
    tags: Mapping[ExternalKey, str]
    own: frozenset[str]
    root: str


def expectations_of_build(
    manifest: Manifest,
    build: Build,
    components: Sequence[Component],
    ties: Iterable[FileOwnership],
    own: Mapping[str, str],
) -> Expectations:
    """Return what a manifest says of the files of a build.

    ``ties`` are its components' files, ``own`` maps other paths that somebody owns to the
    key of that component.
    """
    pins = {
        key: one for key, one in externals_in_build(manifest, build).items() if isinstance(one, Pin)
    }
    by_id = {
        one.id: _claimed(manifest, one, pins.get(one.external) if one.external else None)
        for one in components
    }
    claims: dict[str, dict[Expectation, None]] = {}
    for tie in ties:
        linked_in = tie.kind == "static"
        claim = replace(by_id[tie.component], path=tie.path, linked_in=linked_in)
        claims.setdefault(tie.path, {})[claim] = None
    root = manifest.cpython
    for path, key in own.items():
        if key == root.component:
            version = root.version.rstrip("+")
            claim = Expectation(
                path=path, component=key, name=_name(manifest, key), version=version
            )
            claims.setdefault(path, {})[claim] = None
    return Expectations(
        {path: tuple(found) for path, found in claims.items()},
        {key: pin.tag for key, pin in pins.items()},
        frozenset(own),
        root.component,
    )


def possible_expectations(
    manifest: Manifest, paths: Iterable[str], own: Mapping[str, str]
) -> Expectations:
    """Return every component that a file can be or hold on the manifest's line of CPython.

    No version is stated; ``own`` is as ``claims_of`` takes it.
    """
    rows = inclusions_by_name(manifest)
    claims: dict[str, tuple[Expectation, ...]] = {}
    for path in paths:
        here = {
            identity.key: Expectation(
                path=path,
                component=identity.key,
                name=identity.name,
                version="",
                linked_in=row.link == "static",
            )
            for identity, row in rows.get(path.rpartition("/")[2].lower(), ())
        }
        if own.get(path) == manifest.cpython.component:
            key = manifest.cpython.component
            name = _name(manifest, key)
            here[key] = Expectation(path=path, component=key, name=name, version="")
        if here:
            claims[path] = tuple(here.values())
    return Expectations(claims, {}, frozenset(own), manifest.cpython.component)


def inclusions_by_name(manifest: Manifest) -> dict[str, list[tuple[ComponentSpec, Inclusion]]]:
    """Return what can be, or be in, files of a name, lower-case, of any variant and platform."""
    line = manifest.cpython.line
    variants = [None, *manifest.variants]
    tags = [platform.tag for platform in manifest.platforms]
    rows: dict[str, list[tuple[ComponentSpec, Inclusion]]] = {}
    for identity in manifest.components:
        for row in identity.ships:
            if row.link not in ("static", "dynamic") or not line_in_range(line, row.lines):
                continue
            every = {*row.files, *row.optional_files, *chain(*row.files_on.values())}
            written = {
                variant_filename(expand_line(name, line), variant, line, tag).lower()
                for name in every
                for variant in variants
                for tag in tags
            }
            for name in written:
                rows.setdefault(name, []).append((identity, row))
    return rows


def _claimed(manifest: Manifest, component: Component, pin: Pin | None) -> Expectation:
    identity = spec_of(manifest, component.key)
    binary = pin is not None and pin.kind is ExternalKind.BINARY
    return Expectation(
        path="",
        component=component.key,
        name=component.name,
        version=component.version,
        tag=pin.tag if pin and binary else "",
        labeled=labeled_version(identity, pin.key, pin.revision) if pin else "",
    )


def spec_of(manifest: Manifest, key: str) -> ComponentSpec:
    """Return the identity of a key, which the manifest has."""
    return next(one for one in manifest.components if one.key == key)


def _name(manifest: Manifest, key: str) -> str:
    return spec_of(manifest, key).name


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A DLL that a tag of a binary external holds, by its name there."""

    tag: str
    name: str
    digest: str


class KnownFiles:
    """Looks up DLLs of binary externals by digest, and what a tag has under a name."""

    def __init__(self, manifest: Manifest) -> None:
        """Take what the manifest has recorded."""
        self._manifest = manifest
        self._by_digest: dict[str, list[KnownFile]] = {}
        self._by_name: dict[tuple[str, str], set[str]] = {}
        for one in _recorded(manifest):
            self._by_digest.setdefault(one.digest, []).append(one)
            self._by_name.setdefault((one.tag, one.name), set()).add(one.digest)

    def tags(self, digests: Iterable[str]) -> tuple[str, ...]:
        """Return the tags that hold a file of one of these digests, sorted."""
        return tuple(sorted({one.tag for d in digests for one in self._by_digest.get(d, ())}))

    def of(self, tag: str, path: str) -> frozenset[str]:
        """Return the digests of what a tag has under the name of a path; none if not recorded."""
        return frozenset(self._by_name.get((tag, path.rpartition("/")[2].lower()), ()))

    def version(self, component: str, tag: str) -> str:
        """Return the version of a component in a tag of a binary external, or an empty text."""
        key, revision = key_of_tag(ExternalKind.BINARY, tag), split_tag(tag)[1]
        identity = spec_of(self._manifest, component)
        return shipped_version(identity, key, revision, self._manifest.cpython.line)[0]


def _recorded(manifest: Manifest) -> Iterator[KnownFile]:
    for tag, files in manifest.dll_digests.items():
        for path, digest in files.items():
            yield KnownFile(tag, path.rpartition("/")[2].lower(), digest)
