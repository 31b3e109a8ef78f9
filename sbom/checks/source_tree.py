"""The diagnostics of a CPython source tree: where it disagrees with itself and the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sbom.bom.expected_contents import owned_paths
from sbom.checks.stated_versions import check_archives, check_versions
from sbom.checks.unfetched import check_unfetched
from sbom.components.component import Build
from sbom.components.resolve import inclusions_by_filename
from sbom.components.versions import applies, files_on
from sbom.diagnostics import Diagnostic, Location, sort_diagnostics
from sbom.diagnostics.source_tree_messages import (
    LinkFault,
    absent_code,
    link_mismatch,
    subject_in,
    vendored_changed,
)
from sbom.manifest.channels import DEFAULT, expand_line
from sbom.manifest.component_spec import PLACEHOLDER, ComponentSpec, Inclusion
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.source_tree.tree_contents import TreeContents


def check_source_tree(
    manifest: Manifest, contents: TreeContents, regen_command: str
) -> tuple[Diagnostic, ...]:
    """Return where a tree disagrees with itself, its script, its checksums and the manifest.

    ``regen_command`` makes the manifest agree with the tree.
    """
    complete = _without_placeholders(manifest)
    in_tree = [
        *contents.damaged,
        *check_versions(complete, contents),
        *check_unfetched(complete, contents),
        *check_archives(complete, contents),
        *_check_project_links(complete, contents),
        *_check_installed_files(complete, contents),
    ]
    return sort_diagnostics(
        [
            *contents.locate(in_tree),
            *_check_component_files(complete, contents),
            *_check_vendored(manifest, contents, regen_command),
        ]
    )


def _without_placeholders(manifest: Manifest) -> Manifest:
    """Return the manifest without components to be filled in, which have their own diagnostic."""
    complete = (
        component
        for component in manifest.components
        if PLACEHOLDER not in (component.purl, *(row.link for row in component.ships))
    )
    return replace(manifest, components=tuple(complete))


def _check_vendored(
    manifest: Manifest, contents: TreeContents, regen_command: str
) -> Iterator[Diagnostic]:
    """Yield vendored code that the manifest records another version of, for the same CPython."""
    if manifest.cpython.vendored_from != contents.version:
        return
    yield from _check_absent(manifest, contents, regen_command)
    recorded = {code.key: code.version for code in manifest.vendored}
    for code in contents.vendored:
        if recorded.get(code.key) != code.version:
            yield vendored_changed(
                manifest.file,
                str(code.key),
                found=code.version,
                recorded=recorded.get(code.key, ""),
                command=regen_command,
            )


def _check_absent(
    manifest: Manifest, contents: TreeContents, regen_command: str
) -> Iterator[Diagnostic]:
    """Yield recorded code that a tree lacks, without what is only part of another package."""
    present = {code.key for code in contents.vendored}
    absent = [code for code in manifest.vendored if code.key not in present]
    names = {code.name for code in absent}
    for code in absent:
        if code.vendored_by not in names:
            contained = sum(other.vendored_by == code.name for other in absent)
            yield absent_code(
                manifest.file,
                str(code.key),
                recorded=f"{code.name} {code.version}",
                contained=contained,
                command=regen_command,
            )


#: The platform that projects are read for; on others, only names differ.
_PLATFORM = "amd64"


def _check_project_links(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield shipped files that a project makes of an external and no ``ships`` row states."""
    rows = [row for _, row in _applying_rows(manifest, contents)]
    for made in contents.shipped:
        keys = _keys_of(made.tag, contents)
        of_tag = [row for row in rows if row.external in keys]
        if of_tag and made.shipped.lower() not in _stated_files(of_tag, contents.line):
            subject = subject_in(made.file, f"{keys[0].name} {made.shipped}")
            yield link_mismatch(
                Location(made.file, made.line),
                subject,
                LinkFault.UNDECLARED,
                shipped=made.shipped,
                tag=made.tag,
            )


def _check_component_files(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield files of ``ships`` rows that the projects make of something else.

    Of an external that no project refers to, nothing is known.
    """
    for component, row in _applying_rows(manifest, contents):
        if row.external is None or row.external.kind is not EntryKind.SOURCE:
            continue
        made = {
            file.shipped.lower()
            for file in contents.shipped
            if row.external in _keys_of(file.tag, contents)
        }
        for name in files_on(row, _PLATFORM):
            shipped = expand_line(name, contents.line)
            if made and shipped.lower() not in made:
                yield link_mismatch(
                    Location(manifest.file),
                    f"component.{component.key} {shipped}",
                    LinkFault.ELSEWHERE,
                    shipped=shipped,
                    external=str(row.external),
                    actual=", ".join(sorted(made)),
                )


def _applying_rows(
    manifest: Manifest, contents: TreeContents
) -> list[tuple[ComponentSpec, Inclusion]]:
    revisions = contents.default_revisions
    return [
        (component, row)
        for component in manifest.components
        for row in component.ships
        if applies(row, revisions, _PLATFORM, contents.line)
    ]


def _keys_of(tag: str, contents: TreeContents) -> list[ExternalKey]:
    """Return the keys of the externals of a tag that are fetched by default."""
    return [
        key
        for key, fetched in contents.pins.items()
        if fetched.pin.default and fetched.pin.tag == tag
    ]


def _stated_files(rows: Iterable[Inclusion], line: str) -> set[str]:
    return {
        expand_line(name, line).lower()
        for row in rows
        for name in (*files_on(row, _PLATFORM), *row.optional_files, *row.used_by)
    }


def _check_installed_files(manifest: Manifest, contents: TreeContents) -> Iterator[Diagnostic]:
    """Yield files that the installer contains and that belong to no component that is known."""
    known = inclusions_by_filename(manifest)
    builds = [
        Build(platform=platform.name, variant=variant)
        for variant in (DEFAULT, *(variant.name for variant in manifest.variants))
        for platform in manifest.platforms
    ]
    owned = [paths for _, paths in owned_paths(manifest.for_version(contents.version), builds)]
    for installed in contents.installed:
        name = installed.shipped
        if name.lower() not in known and not any(name in paths for paths in owned):
            yield link_mismatch(
                Location(installed.file, installed.line),
                subject_in(installed.file, installed.shipped),
                LinkFault.UNOWNED,
                shipped=installed.shipped,
            )
