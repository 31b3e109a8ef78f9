"""Shipped files to what is in them: one inspection for layouts, artifacts and ``verify``.

Files were hashed, and binaries searched for evidence, when they were read. Here files are
assigned to components (ownership), binaries are compared with what they should contain
(expectations, results), and components that only evidence shows are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sbom.binaries.search import Inspector
from sbom.bom.bom import Bom
from sbom.bom.ownership import (
    ExpectedContents,
    FileOwnership,
    Inventory,
    assign_owners,
    expected_contents,
    present_builds,
    present_components,
)
from sbom.components.component import Build, Component, Linkage
from sbom.components.identifiers import make_cpes, make_purl
from sbom.components.provenance import UNKNOWN_LOCATION, Provenance
from sbom.components.resolve import apply_overrides, describe_component, merge_linkages
from sbom.diagnostics import Diagnostic, InputError, sort_diagnostics
from sbom.diagnostics import inspection_messages as messages
from sbom.diagnostics.io_messages import input_error
from sbom.files.shipped_file import ShippedFile, hash_directory
from sbom.io import require_directory
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns
from sbom.verification.expectations import (
    KnownDlls,
    expectations_of_bom,
    expectations_of_manifest,
    expected_tags,
)
from sbom.verification.results import BinaryVerifier, Result, ResultStatus, result_diagnostics

_UNREADABLE = (ResultStatus.NOT_PE, ResultStatus.DAMAGED)
#: Results of files that show a version.
_SHOWING = (ResultStatus.CONFIRMED, ResultStatus.UNEXPECTED_BUILD, ResultStatus.VERSION_MISMATCH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What files contain.

    ``components`` are those that are present, those that only evidence shows, and build tools;
    ``ownership`` relates files to components. ``results`` compare binaries with what they
    should contain; ``runtime_files`` are binaries that were added once Python was installed, and
    are not compared.
    """

    files: tuple[ShippedFile, ...]
    components: tuple[Component, ...]
    ownership: tuple[FileOwnership, ...]
    results: tuple[Result, ...]
    runtime_files: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]


def make_inspector(manifest: Manifest) -> Inspector:
    """Return what inspects binaries by a manifest's evidence rules while files are read."""
    return Inspector(
        [
            rule.compile(spec.key, number)
            for spec in manifest.components
            for number, rule in enumerate(spec.evidence)
        ]
    )


def inspect_layout(
    directory: Path, manifest: Manifest, build: Build, *, all_variants: bool = False
) -> tuple[Build, Inspection]:
    """Return the build of a layout, and what it contains. Raises SbomError if it cannot be read.

    With ``all_variants``, it is compared with every variant that is in it: the build is the first
    of these, the default one if that is there.
    """
    require_directory(directory, "name the directory of a Windows build as it ships")
    files = hash_directory(directory, inspect=make_inspector(manifest))
    # A document is Unicode text: it cannot name a file whose name is not.
    names = {file.path: file.path.encode(errors="backslashreplace").decode() for file in files}
    if wrong := [name for path, name in names.items() if name != path]:
        hint = "rename the file, or remove it from the layout"
        raise InputError(
            [input_error(f"{directory}/{name}", "its name is not Unicode", hint) for name in wrong]
        )
    builds = present_builds(manifest, build, names) if all_variants else (build,)
    return builds[0], inspect_files(str(directory), files, expected_contents(manifest, builds))


def inspect_files(
    name: str,
    files: Sequence[ShippedFile],
    expected: ExpectedContents,
    *,
    nested: Mapping[str, Sequence[ShippedFile]] | None = None,
    bom: Bom | None = None,
) -> Inspection:
    """Return what files contain, compared with what the manifest, or a BOM, declares of them.

    ``name`` is what diagnostics call the layout or archive. ``nested`` has the files in archives
    among ``files``, by the path of each. With a ``bom``, the declared components are those that
    it lists, and the manifest only has the rules to recognize them.
    """
    if bom:
        expected = replace(expected, components=())
    unopened = dict(_unopened_archives(files, nested or {}, expected))
    nested_paths = [*_nested_paths(nested or {}, expected), *_assumed_paths(unopened, expected)]
    inventory = assign_owners([file.path for file in files], expected, nested_paths)
    verifier = _make_verifier(files, expected, inventory, bom)
    runtime_files = frozenset(_runtime_files(files, expected, verifier, bom))
    results = tuple(verifier.verify(file for file in files if file.path not in runtime_files))
    components, ownership = _add_discovered_components(
        expected.manifest, present_components(expected, inventory), inventory.ownership, results
    )
    diagnostics = result_diagnostics(name, results)
    if expected.is_complete:
        diagnostics = _contents_diagnostics(name, expected, inventory, results, unopened)
    return Inspection(
        files=tuple(files),
        components=components,
        ownership=ownership,
        results=results,
        runtime_files=runtime_files,
        diagnostics=sort_diagnostics(diagnostics),
    )


def _make_verifier(
    files: Iterable[ShippedFile], expected: ExpectedContents, inventory: Inventory, bom: Bom | None
) -> BinaryVerifier:
    """Return what compares the binaries among files with what they should contain."""
    manifest, known_dlls = expected.manifest, KnownDlls(expected.manifest)
    binaries = [file.path for file in files if file.binary]
    return BinaryVerifier(
        expectations=expectations_of_bom(bom, manifest, inventory, binaries)
        if bom
        else expectations_of_manifest(expected, inventory, known_dlls, binaries),
        tags={} if bom else expected_tags(expected),
        owned=inventory.owned,
        cpython=manifest.cpython.component,
        known_dlls=known_dlls,
    )


def _runtime_files(
    files: Iterable[ShippedFile],
    expected: ExpectedContents,
    verifier: BinaryVerifier,
    bom: Bom | None,
) -> Iterator[str]:
    """Yield undeclared binaries that are where files are added to an installed Python."""
    listed = {file.path for file in bom.files} if bom else set()
    declared = {*verifier.expectations, *verifier.owned, *listed}
    for file in files:
        path = file.path.removeprefix(expected.prefix)
        if file.binary and file.path not in declared and expected.runtime_files.matches(path):
            yield file.path


def _nested_paths(
    nested: Mapping[str, Sequence[ShippedFile]], expected: ExpectedContents
) -> Iterator[str]:
    """Yield the paths of files in nested archives, as if these were unpacked."""
    for name, directory in expected.nested_archives:
        for file in nested.get(expected.prefix + name, ()):
            yield directory + file.path


def _unopened_archives(
    files: Iterable[ShippedFile],
    nested: Mapping[str, Sequence[ShippedFile]],
    expected: ExpectedContents,
) -> Iterator[tuple[str, str]]:
    """Yield paths of nested archives that could not be opened, with where they unpack to."""
    paths = {file.path for file in files}
    for name, directory in expected.nested_archives:
        path = expected.prefix + name
        if path in paths and path not in nested:
            yield path, directory


def _assumed_paths(unopened: Mapping[str, str], expected: ExpectedContents) -> Iterator[str]:
    """Yield paths in archives that could not be opened, as the manifest declares them."""
    for directory in unopened.values():
        for component in expected.components:
            for link in component.linkages:
                for name in (*link.files, *link.optional_files):
                    path = name.removeprefix("/")
                    if name.startswith(f"/{directory}") and not expected.excluded.matches(path):
                        yield path


def _add_discovered_components(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Sequence[Result],
) -> tuple[tuple[Component, ...], tuple[FileOwnership, ...]]:
    """Return components sorted by id, and ownership, with what evidence adds to them.

    An undeclared component that is present at the same version gets another file; any other is
    added, with an annotation. A declared component gets the version that its files show.
    """
    components, ownership = _update_versions(manifest, components, ownership, results)
    known = {(component.key, component.version): component for component in components}
    undeclared: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.status is ResultStatus.UNDECLARED:
            undeclared.setdefault((result.key, result.found), []).append(result)
    for (key, version), shown in sorted(undeclared.items()):
        files = tuple(dict.fromkeys(result.file for result in shown))
        component = known.get((key, version)) or _discovered(manifest, key, version)
        links = (*component.linkages, Linkage("static", files))
        known[key, version] = replace(component, linkages=merge_linkages(links))
        ownership += [FileOwnership(file, component.id, "static") for file in files]
    return tuple(sorted(known.values(), key=lambda component: component.id)), tuple(ownership)


def _update_versions(
    manifest: Manifest,
    components: Iterable[Component],
    ownership: Iterable[FileOwnership],
    results: Iterable[Result],
) -> tuple[list[Component], list[FileOwnership]]:
    """Return components and ownership with the versions that files show.

    A component whose files all show one version has that one, also where another is declared. Of
    several versions, each has the files that show it; the declared one keeps the others.
    """
    known = {component.id: component for component in components}
    owners = list(ownership)
    shown = _shown_versions(known, owners, results)
    for id_, versions in shown.items():
        declared = known[id_]
        for version in sorted(versions.keys() - {declared.version}):
            paths = None if len(versions) == 1 else versions[version]
            same = (declared.key, version)
            existing = next((one for one in known.values() if (one.key, one.version) == same), None)
            updated = existing or _with_version(manifest, declared, version)
            links = tuple(_links_to(declared, paths))
            if existing:
                links = (*existing.linkages, *links)
            known[updated.id] = replace(updated, linkages=links)
            owners = [
                replace(owner, component=updated.id)
                if owner.component == id_ and (paths is None or owner.path in paths)
                else owner
                for owner in owners
            ]
        if declared.version not in versions and all(owner.component != id_ for owner in owners):
            del known[id_]
    return list(known.values()), list(dict.fromkeys(owners))


def _shown_versions(
    components: Mapping[str, Component],
    ownership: Iterable[FileOwnership],
    results: Iterable[Result],
) -> dict[str, dict[str, list[str]]]:
    """Return the files that show each version, by the ids of the components that own them."""
    owners: dict[tuple[str, str], list[str]] = {}
    for owner in ownership:
        if owner.component in components:
            key = components[owner.component].key
            owners.setdefault((owner.path, key), []).append(owner.component)
    shown: dict[str, dict[str, list[str]]] = {}
    for result in results:
        if result.status in _SHOWING:
            for id_ in owners.get((result.file, result.key), ()):
                for version in filter(None, result.found.split(", ")):
                    shown.setdefault(id_, {}).setdefault(version, []).append(result.file)
    return shown


def _links_to(component: Component, paths: Sequence[str] | None) -> Iterator[Linkage]:
    """Yield the linkages of a component, or the parts of them that name some paths."""
    for link in component.linkages:
        if paths is None:
            yield link
        elif files := tuple(path for path in paths if PathPatterns(link.files).matches(path)):
            yield replace(link, files=files, optional_files=())


def apply_shown_components(
    components: Iterable[Component], shown: Iterable[Component]
) -> tuple[Component, ...]:
    """Return the components of a build with what opened artifacts of the same build show.

    A version that files show replaces the declared one, if all of them show one; a component that
    no list declares is added.
    """
    found = {component.id: component for component in shown if "-found-" in component.id}
    undeclared = {id_: one for id_, one in found.items() if one.annotation}
    versions: dict[str, list[Component]] = {}
    for id_, component in found.items():
        if id_ not in undeclared:
            versions.setdefault(component.key, []).append(component)
    result = {
        component.id: component
        for declared in components
        for component in [
            replace(versions[declared.key][0], linkages=declared.linkages)
            if len(versions.get(declared.key, ())) == 1
            else declared
        ]
    }
    return tuple(sorted({**undeclared, **result}.values(), key=lambda component: component.id))


def _with_version(manifest: Manifest, component: Component, version: str) -> Component:
    """Return a component at another version, without what belongs to the declared one."""
    spec = manifest.get_component(component.key)
    return replace(
        component,
        id=f"{component.key}-found-{version}",
        version=version,
        download_location=UNKNOWN_LOCATION,
        file_name="",
        checksums=(),
        source_info=f"version as its files show it; {component.version} was expected",
        comment="",
        purl=make_purl(spec.purl, version, UNKNOWN_LOCATION, ""),
        cpes=make_cpes(spec.cpe, version),
    )


def _discovered(manifest: Manifest, key: str, version: str) -> Component:
    """Return a component that only evidence shows; the same in every build that contains it."""
    spec = apply_overrides(manifest.get_component(key), version)
    provenance = Provenance(source_info="found in shipped binaries; its origin is unknown")
    return replace(
        describe_component(manifest, spec, version, provenance),
        id=f"{key}-found-{version}".rstrip("-"),
        annotation="Undeclared; found by evidence, which the comments of its files quote.",
    )


def _contents_diagnostics(
    name: str,
    expected: ExpectedContents,
    inventory: Inventory,
    results: Sequence[Result],
    unopened: Iterable[str],
) -> Iterator[Diagnostic]:
    """Yield diagnostics of complete contents: files are missing or unowned by the inventory.

    Of binaries that cannot be read, the first stands for all.
    """
    yield from _inventory_diagnostics(name, expected, inventory)
    unreadable = [result for result in results if result.status in _UNREADABLE]
    summarized = (ResultStatus.UNOWNED, *_UNREADABLE)
    yield from result_diagnostics(
        name, (result for result in results if result.status not in summarized)
    )
    if unreadable:
        reason = unreadable[0].evidence or unreadable[0].status
        more = f"; {len(unreadable) - 1} more files cannot be read" if len(unreadable) > 1 else ""
        hint = "run 'nox -s verify' to see every such file; build or download them again"
        yield messages.not_inspected(name, unreadable[0].file, f"{reason}{more}", hint)
    for path in unopened:
        reason = "not a zip file; it is assumed to contain what externals.toml declares"
        yield messages.not_inspected(name, path, reason, "build or download it again")


def _inventory_diagnostics(
    name: str, expected: ExpectedContents, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Yield what is missing, unowned, or in a channel that excludes it."""
    titles = {
        component.id: f"{component.name} {component.version}".rstrip()
        for component in expected.components
    }
    for id_, file in inventory.missing:
        yield messages.missing_file(name, file, expected_by=titles[id_])
    for path in inventory.excluded_present:
        owners = [titles[owner.component] for owner in inventory.ownership if owner.path == path]
        if owners:
            yield messages.excluded_component(name, path, owners)
        else:
            yield messages.excluded_file(name, path)
    for path in inventory.unowned:
        yield messages.unowned_file(name, path)
