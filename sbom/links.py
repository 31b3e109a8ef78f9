"""The manifest's facts about links, held against what CPython's own projects do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sbom.channels import DEFAULT, in_line
from sbom.components import Build, components
from sbom.cpython.projects import Found
from sbom.drift import Fetched
from sbom.holdings import expected, held
from sbom.identities import Ships
from sbom.problems import Code, Problem
from sbom.schema import Manifest
from sbom.versions import files_on, holds

#: The platform that projects are read for; others differ in names that the manifest has by hand.
_PLATFORM = "amd64"


def links(
    manifest: Manifest, found: Sequence[Found], fetched: Mapping[str, Fetched], line: str
) -> Iterator[Problem]:
    """Yield shipped files that a project makes of an external and no ``ships`` row names.

    And the other way round: files that a row says an external is compiled into, where the
    projects have it end up elsewhere.
    """
    pins = {key: one.pin for key, one in fetched.items() if one.pin.default}
    rows = [
        (identity.key, row)
        for identity in manifest.identities
        for row in identity.ships
        if holds(row, pins, _PLATFORM, line)
    ]
    keys = {tag: [key for key, pin in pins.items() if pin.tag == tag] for tag in _tags(found)}
    for one in found:
        mine = [row for _, row in rows if row.external in keys[one.tag]]
        if mine and one.shipped.lower() not in _allowed(mine, line):
            message = f"puts {one.tag} into {one.shipped}, and no row of externals.toml says so"
            yield Problem(
                code=Code.LINK,
                file=one.file,
                where=str(one.line),
                message=message,
                hint="add the file to its [[component.<name>.ships]]",
            )
    yield from _elsewhere(manifest, rows, found, keys, line)


def _tags(found: Iterable[Found]) -> set[str]:
    return {one.tag for one in found}


def _allowed(rows: Iterable[Ships], line: str) -> set[str]:
    return {
        in_line(name, line).lower()
        for row in rows
        for name in (*files_on(row, _PLATFORM), *row.extras, *row.used_by)
    }


def _elsewhere(
    manifest: Manifest,
    rows: Iterable[tuple[str, Ships]],
    found: Sequence[Found],
    keys: Mapping[str, Sequence[str]],
    line: str,
) -> Iterator[Problem]:
    for component, row in rows:
        if not row.external.startswith("source."):
            continue
        tags = {tag for tag, mine in keys.items() if row.external in mine}
        made = {one.shipped.lower() for one in found if one.tag in tags}
        for name in files_on(row, _PLATFORM):
            if made and in_line(name, line).lower() not in made:
                yield Problem(
                    code=Code.LINK,
                    file=manifest.file,
                    where=f"component.{component}",
                    message=f"says that {row.external} is in {in_line(name, line)}, and no "
                    f"project of the tree puts it there, but into {', '.join(sorted(made))}",
                    hint="mend its [[component.<name>.ships]]",
                )


def nobodys(
    manifest: Manifest, files: Sequence[Found], fetched: Mapping[str, Fetched], version: str
) -> Iterator[Problem]:
    """Yield files that the installer has and no component ships as, for this version of CPython."""
    here = replace(manifest, cpython=replace(manifest.cpython, version=version))
    pins = tuple(one.pin for one in fetched.values() if one.pin.default)
    expectations = []
    for variant in (DEFAULT, *(one.name for one in manifest.variants)):
        for platform in manifest.platforms:
            build = Build(platform=platform.name, variant=variant, pins=pins)
            expectations.append(expected(here, build, components(here, build)))
    for one in files:
        if all(held([one.shipped], (), each).strangers for each in expectations):
            yield Problem(
                code=Code.LINK,
                file=one.file,
                where=str(one.line),
                message=f"installs {one.shipped}, and no component of externals.toml ships as it",
                hint="add it to the files of a component, or to what CPython owns",
            )
