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
from sbom.bom.model import Bom
from sbom.bom.ownership import (
    ExpectedContents,
    FileOwnership,
    assign_owners,
    expected_contents,
    present_components,
)
from sbom.components.build import Build
from sbom.components.model import Component
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.inspection_messages import not_inspected
from sbom.files.directory import hash_directory
from sbom.files.shipped_file import ShippedFile
from sbom.io import require_directory
from sbom.manifest.model import Manifest
from sbom.verification.discovered import add_discovered_components
from sbom.verification.expectations import expectations_of_bom, expectations_of_manifest
from sbom.verification.findings import (
    contents_diagnostics,
    inventory_diagnostics,
    result_diagnostics,
)
from sbom.verification.results import Result, verify_binaries


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What files contain.

    ``components`` are those that are present, those that only evidence shows, and build tools;
    ``ownership`` says which file belongs to which. ``results`` compare binaries with what they
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


def inspect_layout(directory: Path, manifest: Manifest, build: Build) -> Inspection:
    """Return what a layout contains. Raises SbomError where it cannot be read."""
    require_directory(directory, "name the directory of a Windows build as it ships")
    files = hash_directory(directory, inspect=make_inspector(manifest))
    return inspect_files(str(directory), files, expected_contents(manifest, [build]))


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
    it lists, and the manifest only says how to recognize them.
    """
    manifest = expected.manifest
    if bom:
        expected = replace(expected, components=())
    unopened = dict(_unopened_archives(files, nested or {}, expected))
    nested_paths = [*_nested_paths(nested or {}, expected), *_assumed_paths(unopened, expected)]
    inventory = assign_owners([file.path for file in files], expected, nested_paths)
    binaries = [file.path for file in files if file.binary]
    if bom:
        expectations = expectations_of_bom(bom, manifest, inventory, binaries)
    else:
        expectations = expectations_of_manifest(expected, inventory, binaries)
    listed = [file.path for file in bom.files] if bom else []
    declared = {*expectations.by_path, *inventory.owned, *listed}
    runtime_files = frozenset(set(_runtime_files(binaries, expected)) - declared)
    compared = [file for file in files if file.path not in runtime_files]
    results = verify_binaries(compared, expectations, manifest)
    components, ownership = add_discovered_components(
        manifest, present_components(expected, inventory), inventory.ownership, results
    )
    if expected.complete:
        diagnostics = [
            *inventory_diagnostics(name, expected, inventory),
            *contents_diagnostics(name, results),
            *(_unopened_diagnostic(name, path) for path in unopened),
        ]
    else:
        diagnostics = [*result_diagnostics(name, results)]
    return Inspection(
        files=tuple(files),
        components=components,
        ownership=ownership,
        results=results,
        runtime_files=runtime_files,
        diagnostics=sort_diagnostics(diagnostics),
    )


def _runtime_files(paths: Iterable[str], expected: ExpectedContents) -> Iterator[str]:
    """Yield paths where files are created once Python is installed."""
    for path in paths:
        if expected.runtime_files.matches(path.removeprefix(expected.prefix)):
            yield path


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


def _unopened_diagnostic(name: str, path: str) -> Diagnostic:
    reason = "not a zip file; it is assumed to contain what externals.toml declares"
    return not_inspected(name, path, reason, "build or download it again")
