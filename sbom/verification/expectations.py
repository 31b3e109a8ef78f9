"""What binaries should contain: which component each is, or has linked into it, and its version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from msgspec import structs

from sbom.bom.bom import Bom, RelationshipKind
from sbom.bom.expected_contents import ExpectedContents
from sbom.bom.ownership import Inventory
from sbom.components.component import Component, externals_in_build
from sbom.components.resolve import inclusions_by_filename
from sbom.components.versions import labeled_version, parse_revision, shipped_version
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey, key_of_tag
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin
from sbom.patterns import PathPatterns
from sbom.script.externals import ExternalKind, split_tag
from sbom.verification.listed_files import relate_files


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One component that should be in one binary.

    ``component`` is its key in the manifest and ``name`` what people call it. ``version`` is
    empty where none is declared; ``other_versions`` are declared too, and any of them will do.
    Where the component comes from a binary external, ``tag`` is that one's and ``tag_digests``
    are those of the DLL that it has under this name; ``labeled_version`` is the version in the
    name of a tag. One that ``is_linked_in`` is part of a file that is something else. With
    ``major_version_only``, other versions of the same major one will do.
    """

    path: str
    component: str
    name: str
    version: str = ""
    other_versions: tuple[str, ...] = ()
    tag: str = ""
    tag_digests: frozenset[str] = frozenset()
    labeled_version: str = ""
    is_linked_in: bool = False
    major_version_only: bool = False
    has_evidence_rule: bool = False


class KnownDlls:
    """Finds the recorded DLLs of binary externals, by digest and by name.

    A digest is the Authenticode SHA-256, which signing does not change, or the SHA-1 by which
    git names the file.
    """

    def __init__(self, manifest: Manifest) -> None:
        """Take the digests that are recorded for the manifest's tags, and its components."""
        self._manifest = manifest
        self._tags: dict[str, set[str]] = {}
        self._digests: dict[tuple[str, str, str], set[str]] = {}
        platforms = {platform.name for platform in manifest.platforms}
        for tag, files in manifest.dll_digests.items():
            for path, digest in files.items():
                self._tags.setdefault(digest, set()).add(tag)
                platform = directory if (directory := path.partition("/")[0]) in platforms else ""
                self._digests.setdefault((tag, platform, _filename(path)), set()).add(digest)

    def find_tags(self, digests: Iterable[str]) -> tuple[str, ...]:
        """Return the tags that contain a DLL with one of these digests, sorted."""
        return tuple(sorted({tag for digest in digests for tag in self._tags.get(digest, ())}))

    def get_digests(self, tag: str, path: str, platform: str) -> frozenset[str]:
        """Return the digests of the DLLs that a tag has for a platform under a path's filename.

        A binary external has a directory for each platform.
        """
        name = _filename(path)
        of_any = self._digests.get((tag, "", name), set())
        return frozenset(of_any | self._digests.get((tag, platform, name), set()))

    def get_version(self, component: str, tag: str) -> str:
        """Return the version of a component in a tag of a binary external; empty if unknown."""
        key, revision = key_of_tag(ExternalKind.BINARY, tag), split_tag(tag)[1]
        spec = self._manifest.get_component(component)
        return shipped_version(spec, key, revision, self._manifest.cpython.line).version


def _filename(path: str) -> str:
    return path.rpartition("/")[2].lower()


def expectations_of_manifest(
    expected: ExpectedContents,
    inventory: Inventory,
    known_dlls: KnownDlls,
    binaries: Iterable[str],
) -> dict[str, tuple[Expectation, ...]]:
    """Return what a manifest declares of binaries, by the paths of these."""
    manifest = expected.manifest
    pins = _pins(expected)
    components = {component.id: component for component in expected.components}
    by_path: dict[str, dict[Expectation, None]] = {path: {} for path in binaries}
    for owner in inventory.ownership:
        if owner.path in by_path:
            component = components[owner.component]
            spec = manifest.get_component(component.key)
            expectation = replace(
                _expect(spec, owner.path, component.version, is_linked_in=owner.kind == "static"),
                name=component.name,
            )
            pin = pins.get(component.external) if component.external else None
            if pin:
                label = labeled_version(spec, pin.key, pin.revision)
                expectation = replace(expectation, labeled_version=label)
                if pin.key.kind is EntryKind.BINARY:
                    platform = expected.builds[0].platform
                    digests = known_dlls.get_digests(pin.tag, owner.path, platform)
                    expectation = replace(expectation, tag=pin.tag, tag_digests=digests)
            by_path[owner.path][expectation] = None
    for path, key in inventory.owned.items():
        if path in by_path and key == manifest.cpython.component:
            version = manifest.cpython.version.rstrip("+")
            by_path[path][_expect(manifest.get_component(key), path, version)] = None
    return {path: tuple(found) for path, found in by_path.items() if found}


def expected_tags(expected: ExpectedContents) -> dict[str, str]:
    """Return the tags that a build should have been given, by the key of their external."""
    return {str(key): pin.tag for key, pin in _pins(expected).items()}


def _pins(expected: ExpectedContents) -> dict[ExternalKey, Pin]:
    externals = externals_in_build(expected.manifest, expected.builds[0])
    return {key: external for key, external in externals.items() if isinstance(external, Pin)}


def expectations_of_bom(
    bom: Bom, manifest: Manifest, inventory: Inventory, binaries: Iterable[str]
) -> dict[str, tuple[Expectation, ...]]:
    """Return what a BOM declares of binaries, by the paths of these.

    The BOM states which versions there are; the manifest states what a file of such a name can
    be or contain, and how a BOM may name that. Of several versions that are listed, any will do.
    CPython's own binaries are expected to be CPython's, whether or not it is listed.
    """
    inclusions = inclusions_by_filename(manifest)
    by_name = _versions_by_name(bom.components)
    by_file = _versions_by_file(bom)
    root = manifest.cpython.component
    by_path: dict[str, tuple[Expectation, ...]] = {}
    for path in binaries:
        possible = {
            spec.key: inclusion.link == "static"
            for spec, inclusion in inclusions.get(_filename(path), ())
        }
        if inventory.owned.get(path) == root:
            possible[root] = False
        expectations = []
        for key, is_linked_in in possible.items():
            spec = manifest.get_component(key)
            versions = _listed_versions(spec, by_file.get(path, {})) or _listed_versions(
                spec, by_name
            )
            if versions or key == root:
                first, *others = versions or [""]
                expectations.append(
                    _expect(spec, path, first, tuple(others), is_linked_in=is_linked_in)
                )
        if expectations:
            by_path[path] = tuple(expectations)
    return by_path


def _expect(
    spec: ComponentSpec,
    path: str,
    version: str,
    other_versions: tuple[str, ...] = (),
    *,
    is_linked_in: bool = False,
) -> Expectation:
    rules = [rule for rule in spec.evidence if not rule.external]
    return Expectation(
        path=path,
        component=spec.key,
        name=spec.name,
        version=version,
        other_versions=other_versions,
        is_linked_in=is_linked_in,
        major_version_only=any(rule.major_version_only for rule in spec.evidence),
        has_evidence_rule=any(_compile_patterns(rule.files).matches(path) for rule in rules),
    )


@cache
def _compile_patterns(patterns: tuple[str, ...]) -> PathPatterns:
    return PathPatterns(patterns)


def _versions_by_name(components: Iterable[Component]) -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for component in components:
        versions.setdefault(component.name.lower(), []).append(component.version)
    return versions


def _versions_by_file(bom: Bom) -> dict[str, dict[str, list[str]]]:
    """Return the versions of the components that each file is part of, or linked with."""
    components: dict[str, dict[Component, None]] = {}
    for path, component in relate_files(
        bom, (RelationshipKind.PART_OF, RelationshipKind.STATIC_LINK)
    ):
        components.setdefault(path, {})[component] = None
    return {path: _versions_by_name(components[path]) for path in components}


def _listed_versions(
    spec: ComponentSpec, versions_by_name: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the versions listed of a component, as upstream writes them.

    A BOM names a component as the manifest does, or after its external; then it may state the
    tag's revision. The case does not matter: python.org's documents name the root ``CPython``.
    """
    names = dict.fromkeys(name.lower() for name in _names(spec))
    listed = [version for name in names for version in versions_by_name.get(name, ())]
    return [text and (parse_revision(spec, text).version or text) for text in listed]


def _names(spec: ComponentSpec) -> Iterator[str]:
    """Yield what a BOM may call a component."""
    yield from (spec.name, spec.key)
    yield from (built.source.name for built in spec.built_from)
    yield from (row.external.name for row in spec.ships if row.external and not row.version)


def assume_vendored(manifest: Manifest) -> Manifest:
    """Return a manifest with vendored code for its CPython, also if it was recorded for another.

    Vendored code is in the same files in every release; its versions are known for one only.
    """
    version = manifest.cpython.version
    if manifest.cpython.vendored_from == version:
        return manifest
    return replace(
        manifest,
        cpython=structs.replace(manifest.cpython, vendored_from=version),
        vendored=tuple(structs.replace(code, version="") for code in manifest.vendored),
    )
