"""``build``: one SBOM for each platform."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from sbom import io as files
from sbom.bom.compose import compose_build
from sbom.bom.licenses import check_licenses
from sbom.components.component import Build
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.render import count, render
from sbom.formats import SPDX2
from sbom.inputs import (
    Environment,
    InputOptions,
    Inputs,
    creation_time,
    read_inputs,
    select_platforms,
    select_variant,
    triage_inputs,
)
from sbom.manifest.model import Manifest, Pin
from sbom.verification.inspection import Inspection, inspect_layout


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildOptions(InputOptions):
    """Options of ``build``; without ``platform``, every platform is built."""

    externals: Path | None
    platform: tuple[str, ...]
    variant: str
    layout: Path | None
    output: Path


def run(options: BuildOptions, environment: Environment) -> int:
    """Write one SBOM for each platform."""
    inputs = read_inputs(options)
    active = triage_inputs(inputs).active
    if errors := failing(active):
        raise SbomError(errors)
    template, comment, diagnostics = _select_externals(options, inputs.manifest)
    builds = [
        replace(template, platform=platform, variant=variant)
        for variant in [select_variant(options.variant, inputs.manifest)]
        for platform in select_platforms(options.platform, inputs.manifest)
    ]
    layout = _inspect_layout(options, inputs.manifest, builds)
    created = creation_time(environment)
    boms = [
        compose_build(inputs.manifest, build, created, comment=comment, contents=layout)
        for build in builds
    ]
    if invalid := [diagnostic for bom in boms for diagnostic in check_licenses(bom)]:
        raise SbomError(invalid)
    paths = {bom.name: options.output / f"{bom.name}{SPDX2.suffix}" for bom in boms}
    files.write_all({paths[bom.name]: SPDX2.write(bom) for bom in boms})
    for bom in boms:
        counted = f", {len(bom.files)} files" if layout else ""
        print(f"{paths[bom.name]}: {len(bom.components)} packages{counted}")
    return _report(inputs, [*diagnostics, *(layout.diagnostics if layout else ())], len(active))


def _report(inputs: Inputs, diagnostics: Sequence[Diagnostic], warnings: int) -> int:
    """Print what is wrong with the directories that were described; return the exit status."""
    areas = (Area.EXTERNALS_DIRECTORY, Area.SHIPPED_FILES)
    triage = triage_inputs(inputs, diagnostics, areas)
    active = [diagnostic for diagnostic in triage.active if diagnostic in set(diagnostics)]
    print(render(active, "text"), end="", file=sys.stderr)
    if warnings:
        them = "it" if warnings == 1 else "them"
        print(
            f"{inputs.path}: {count(warnings, 'warning')}; run 'nox -s check' to see {them}",
            file=sys.stderr,
        )
    return Exit.ERRORS if failing(active) else Exit.OK


def _select_externals(
    options: BuildOptions, manifest: Manifest
) -> tuple[Build, str, tuple[Diagnostic, ...]]:
    """Return a build of no platform yet, its comment, and what is wrong with its externals.

    Without an externals directory, they are those that a release build fetches, by the manifest.
    A modified one loses its checksums, which are not those of what is built.
    """
    if options.externals is None:
        return Build(platform=""), manifest.layout.comment if options.layout else "", ()
    # A tenth of a second to import, needed with --externals only.
    from sbom.download.cache import Cache, default_cache_dir  # noqa: PLC0415
    from sbom.source_tree.fetched_externals import (  # noqa: PLC0415
        Integrity,
        check_externals_dir,
        read_externals_dir,
    )

    cache = Cache(default_cache_dir())
    directory = read_externals_dir(options.externals, manifest, cache.read)
    diagnostics = tuple(check_externals_dir(directory, manifest))
    if ambiguous := [
        diagnostic for diagnostic in diagnostics if diagnostic.code is Code.AMBIGUOUS_EXTERNAL
    ]:
        raise SbomError(ambiguous)
    pins: list[Pin] = []
    notes = {}
    for external in directory.externals:
        pin = external.pin
        if external.integrity is Integrity.MODIFIED:
            pin = structs.replace(pin, sha256="", sha512="")
            notes[pin.key] = f"Modified after it was fetched: {external.difference}."
        pins.append(pin)
    comment = manifest.externals_dir.comment.format(settings=directory.settings_text)
    return Build(platform="", pins=tuple(pins), notes=notes), comment, diagnostics


def _inspect_layout(
    options: BuildOptions, manifest: Manifest, builds: Sequence[Build]
) -> Inspection | None:
    """Return the contents of the layout, which only one build can have."""
    if options.layout is None:
        return None
    if len(builds) != 1:
        hint = "add --platform with one of " + ", ".join(build.platform for build in builds)
        raise usage_error("--layout", "is the layout of one platform", hint)
    return inspect_layout(options.layout, manifest, builds[0])
