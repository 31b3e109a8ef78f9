"""The manifest's facts about links, held against what CPython's own projects do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sbom.bom.ownership import assign_owners, expected_contents
from sbom.checks.stated_versions import ScriptPin
from sbom.components.resolve import Build, resolve_components
from sbom.components.versions import applies, files_on
from sbom.diagnostics import Code, Diagnostic
from sbom.manifest.channels import DEFAULT, expand_line
from sbom.manifest.component_spec import Inclusion
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest
from sbom.source_tree.projects import ShippedReference

#: The platform that projects are read for; others differ in names that the manifest has by hand.
_PLATFORM = "amd64"


def check_project_links(
    manifest: Manifest,
    found: Sequence[ShippedReference],
    fetched: Mapping[ExternalKey, ScriptPin],
    line: str,
) -> Iterator[Diagnostic]:
    """Yield shipped files that a project makes of an external and no ``ships`` row names.

    And the other way round: files that a row says an external is compiled into, where the
    projects have it end up elsewhere.
    """
    pins = {key: one.pin for key, one in fetched.items() if one.pin.default}
    revisions = {key: pin.revision for key, pin in pins.items()}
    rows = [
        (identity.key, row)
        for identity in manifest.components
        for row in identity.ships
        if applies(row, revisions, _PLATFORM, line)
    ]
    keys = {tag: [key for key, pin in pins.items() if pin.tag == tag] for tag in _tags(found)}
    for one in found:
        mine = [row for _, row in rows if row.external in keys[one.tag]]
        if mine and one.shipped.lower() not in _allowed(mine, line):
            message = f"puts {one.tag} into {one.shipped}, and no row of externals.toml says so"
            yield Diagnostic(
                code=Code.LINK_MISMATCH,
                file=one.file,
                line=one.line,
                message=message,
                hint="add the file to its [[component.<name>.ships]]",
            )
    yield from _elsewhere(manifest, rows, found, keys, line)


def _tags(found: Iterable[ShippedReference]) -> set[str]:
    return {one.tag for one in found}


def _allowed(rows: Iterable[Inclusion], line: str) -> set[str]:
    return {
        expand_line(name, line).lower()
        for row in rows
        for name in (*files_on(row, _PLATFORM), *row.optional_files, *row.used_by)
    }


def _elsewhere(
    manifest: Manifest,
    rows: Iterable[tuple[str, Inclusion]],
    found: Sequence[ShippedReference],
    keys: Mapping[str, Sequence[ExternalKey]],
    line: str,
) -> Iterator[Diagnostic]:
    for component, row in rows:
        if row.external is None or row.external.kind is not EntryKind.SOURCE:
            continue
        tags = {tag for tag, mine in keys.items() if row.external in mine}
        made = {one.shipped.lower() for one in found if one.tag in tags}
        for name in files_on(row, _PLATFORM):
            if made and expand_line(name, line).lower() not in made:
                yield Diagnostic(
                    code=Code.LINK_MISMATCH,
                    file=manifest.file,
                    subject=f"component.{component}",
                    message=f"says that {row.external} is in {expand_line(name, line)}, and no "
                    f"project of the tree puts it there, but into {', '.join(sorted(made))}",
                    hint="mend its [[component.<name>.ships]]",
                )


def check_unowned_files(
    manifest: Manifest,
    files: Sequence[ShippedReference],
    fetched: Mapping[ExternalKey, ScriptPin],
    version: str,
) -> Iterator[Diagnostic]:
    """Yield files that the installer has and no component ships as, for this version of CPython."""
    here = replace(manifest, cpython=replace(manifest.cpython, version=version))
    pins = tuple(one.pin for one in fetched.values() if one.pin.default)
    expectations = []
    for variant in (DEFAULT, *(one.name for one in manifest.variants)):
        for platform in manifest.platforms:
            build = Build(platform=platform.name, variant=variant, pins=pins)
            expectations.append(expected_contents(here, build, resolve_components(here, build)))
    for one in files:
        if all(assign_owners([one.shipped], (), each).strangers for each in expectations):
            yield Diagnostic(
                code=Code.LINK_MISMATCH,
                file=one.file,
                line=one.line,
                message=f"installs {one.shipped}, and no component of externals.toml ships as it",
                hint="add it to the files of a component, or to what CPython owns",
            )
