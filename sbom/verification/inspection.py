"""Shipped files to what is in them: one inspection for layouts, artifacts and ``verify``.

Files were hashed, and binaries searched for evidence, when they were read. Here files are
assigned to components (ownership), binaries are compared with what they should contain
(expectations, results), and components that only evidence shows are added.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sbom.binaries.search import Inspector
from sbom.bom.bom import Bom
from sbom.bom.expected_contents import ExpectedContents, expected_contents, present_builds
from sbom.bom.ownership import FileOwnership, Inventory, assign_owners, present_components
from sbom.components.component import Build, Component
from sbom.components.versions import vendored_components
from sbom.diagnostics import Diagnostic, InputError, sort_diagnostics
from sbom.diagnostics import inspection_messages as messages
from sbom.diagnostics.io_messages import input_error
from sbom.files.directory import hash_directory
from sbom.files.directory_scan import scan_directory
from sbom.files.hash_ahead import HashAhead
from sbom.files.shipped_file import ShippedFile
from sbom.io import require_directory
from sbom.manifest.model import Manifest
from sbom.verification.expectations import (
    KnownDlls,
    expectations_of_bom,
    expectations_of_manifest,
    expected_tags,
)
from sbom.verification.missing_files import missing_of_components
from sbom.verification.results import BinaryVerifier, Result, ResultStatus, result_diagnostics
from sbom.verification.shown_components import SHOWING, add_shown_components
from sbom.verification.signer_checks import check_signatures

_UNREADABLE = (ResultStatus.NOT_PE, ResultStatus.DAMAGED)


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

    @property
    def shown_versions(self) -> frozenset[tuple[str, str]]:
        """Return the versions that files show: pairs of a component's key and a version."""
        return frozenset(
            (result.key, version)
            for result in self.results
            if result.status in SHOWING
            for version in result.found
        )


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
    directory: Path,
    manifest: Manifest,
    build: Build,
    *,
    all_variants: bool = False,
    ahead: HashAhead | None = None,
) -> tuple[Build, Inspection]:
    """Return the build of a layout, and what it contains. Raises SbomError if it cannot be read.

    With ``all_variants``, it is compared with every variant that is in it: the build is the first
    of these, the default one if that is there. ``ahead`` hashes it already.
    """
    require_directory(directory, "name the directory of a Windows build as it ships")
    with (
        contextlib.nullcontext(ahead) if ahead else HashAhead(scan_directory(directory)) as hashing
    ):
        # What takes only the paths is done while other processes hash the files.
        paths = [path for path, _ in hashing.scan.files]
        builds = present_builds(manifest, build, paths) if all_variants else (build,)
        expected = expected_contents(manifest, builds)
        inventory = assign_owners(paths, expected)
        files = hash_directory(directory, inspect=make_inspector(manifest), ahead=hashing)
    # A document is Unicode text: it cannot name a file whose name is not.
    names = {path: path.encode(errors="backslashreplace").decode() for path in paths}
    if wrong := [name for path, name in names.items() if name != path]:
        hint = "rename the file, or remove it from the layout"
        raise InputError(
            [input_error(str(directory / name), "its name is not Unicode", hint) for name in wrong]
        )
    return builds[0], inspect_files(str(directory), files, expected, inventory=inventory)


def inspect_files(
    name: str,
    files: Sequence[ShippedFile],
    expected: ExpectedContents,
    *,
    nested: Mapping[str, Sequence[ShippedFile]] | None = None,
    bom: Bom | None = None,
    inventory: Inventory | None = None,
) -> Inspection:
    """Return what files contain, compared with what the manifest, or a BOM, declares of them.

    ``name`` is what diagnostics call the layout or archive. ``nested`` has the files in archives
    among ``files``, by the path of each. With a ``bom``, the declared components are those that
    it lists, and the manifest only has the rules to recognize them. ``inventory`` is that of files
    without nested archives, where it is known.
    """
    if bom:
        expected = replace(expected, components=())
    unopened = dict(_unopened_archives(files, nested or {}, expected))
    nested_paths = [*_nested_paths(nested or {}, expected), *_assumed_paths(unopened, expected)]
    inventory = inventory or assign_owners([file.path for file in files], expected, nested_paths)
    verifier = _make_verifier(files, expected, inventory, bom)
    runtime_files = frozenset(_runtime_files(files, expected, verifier, bom))
    results = tuple(verifier.verify(file for file in files if file.path not in runtime_files))
    components, ownership = add_shown_components(
        expected.manifest, present_components(expected, inventory), inventory.ownership, results
    )
    built = [file for file in files if file.path not in runtime_files]
    diagnostics = [
        *(
            _contents_diagnostics(name, expected, inventory, results, unopened)
            if expected.is_complete
            else result_diagnostics(name, results)
        ),
        *_unsearched(name, built),
        *_check_machine(name, built, expected),
        *check_signatures(name, built, expected, inventory),
    ]
    return Inspection(
        files=tuple(files),
        components=components,
        ownership=ownership,
        results=results,
        runtime_files=runtime_files,
        diagnostics=sort_diagnostics(diagnostics),
    )


def _unsearched(name: str, files: Iterable[ShippedFile]) -> Iterator[Diagnostic]:
    """Yield the binaries of which not everything was searched for evidence."""
    for file in files:
        if file.binary and file.binary.unsearched_size:
            reason = (
                f"{file.binary.unsearched_size:,} bytes after its sections are not searched "
                "for evidence"
            )
            hint = "if it is an installer, verify it by itself"
            yield messages.not_inspected(name, file.path, reason, hint)


#: Extension modules are built for exactly one platform; DLLs of externals mix machines on ARM64.
_EXTENSION_MODULE = ".pyd"


def _check_machine(
    name: str, files: Iterable[ShippedFile], expected: ExpectedContents
) -> Iterator[Diagnostic]:
    """Yield extension modules that are built for another platform than the builds."""
    platform = expected.manifest.get_platform(expected.builds[0].platform)
    for file in files:
        machine = file.binary.headers.machine if file.binary else ""
        is_extension_module = file.path.lower().endswith(_EXTENSION_MODULE)
        if machine and is_extension_module and machine not in (platform.machines or (machine,)):
            yield messages.file_mismatch(
                name,
                file.path,
                expected=f"a binary for {platform.name}",
                found=f"one for {machine}",
            )


def _make_verifier(
    files: Iterable[ShippedFile], expected: ExpectedContents, inventory: Inventory, bom: Bom | None
) -> BinaryVerifier:
    """Return what compares the binaries among files with what they should contain."""
    manifest, known_dlls = expected.manifest, KnownDlls(expected.manifest)
    binaries = [file.path for file in files if file.binary]
    # An installer has programs of its own, which run after installation.
    of_container = filter(expected.container_files.matches, binaries)
    return BinaryVerifier(
        expectations=expectations_of_bom(bom, manifest, inventory, binaries)
        if bom
        else expectations_of_manifest(expected, inventory, known_dlls, binaries),
        tags={} if bom else expected_tags(expected),
        owned={*inventory.owned, *of_container},
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


def _contents_diagnostics(
    name: str,
    expected: ExpectedContents,
    inventory: Inventory,
    results: Sequence[Result],
    unopened: Iterable[str],
) -> Iterator[Diagnostic]:
    """Yield diagnostics of complete contents: files are missing or unowned by the inventory."""
    yield from _inventory_diagnostics(name, expected, inventory)
    # Of an unowned file, that it is unowned is all that is reported.
    unowned = {*inventory.unowned}
    unread = _unread_components(expected.manifest)
    if any(result.status is ResultStatus.UNDECLARED and result.key in unread for result in results):
        manifest = expected.manifest
        yield messages.unread_source_tree(
            manifest.file, manifest.cpython.version, sorted(vendored_components(manifest))
        )
    yield from result_diagnostics(
        name,
        (
            result
            for result in results
            if result.status is not ResultStatus.UNOWNED
            and not (result.status in _UNREADABLE and result.file in unowned)
            and not (result.status is ResultStatus.UNDECLARED and result.key in unread)
        ),
    )
    for path in unopened:
        yield messages.unreadable_file(name, path, "not a zip file")


def _unread_components(manifest: Manifest) -> frozenset[str]:
    """Return the components in CPython's source tree, by their keys, if the tree was not read."""
    cpython = manifest.cpython
    if cpython.vendored_from == cpython.version:
        return frozenset()
    names = vendored_components(manifest)
    return frozenset(spec.key for spec in manifest.components if spec.name in names)


def _missing(name: str, expected: ExpectedContents, inventory: Inventory) -> Iterator[Diagnostic]:
    return missing_of_components(name, inventory.missing, expected.components, inventory.present)


def check_missing(
    name: str, files: Iterable[ShippedFile], expected: ExpectedContents
) -> Iterator[Diagnostic]:
    """Yield what is missing among files that should have the expected contents, and no more."""
    inventory = assign_owners([file.path for file in files], expected)
    yield from _missing(name, expected, inventory)


def _inventory_diagnostics(
    name: str, expected: ExpectedContents, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Yield what is missing, unowned, or in a channel that excludes it."""
    titles = {component.id: component.title for component in expected.components}
    owners: dict[str, list[str]] = {}
    for owner in inventory.ownership:
        owners.setdefault(owner.path, []).append(titles[owner.component])
    if not expected.is_part:
        yield from _missing(name, expected, inventory)
    for path in inventory.excluded_present:
        if path in owners:
            yield messages.excluded_component(name, path, owners[path])
        else:
            yield messages.excluded_file(name, path)
    for path in inventory.unowned:
        yield messages.unowned_file(name, path)
