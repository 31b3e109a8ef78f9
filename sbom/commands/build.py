"""``build``: one SBOM for each platform."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbom import io as files
from sbom.checks.pulled import Integrity
from sbom.components.resolve import Build
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.render import render
from sbom.formats.spdx2 import build_document
from sbom.formats.spdx2_json import to_bytes
from sbom.inputs import (
    Environment,
    Inputs,
    creation_time,
    read_inputs,
    triage_inputs,
    usage_error,
)
from sbom.manifest.model import Manifest, Pin
from sbom.selection import selected_platforms, selected_variant
from sbom.verification.layout import LayoutContents, inspect_layout, subject_of


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write one SBOM for each platform."""
    inputs = read_inputs(arguments)
    judged = triage_inputs(inputs)
    if blocking := failing(judged.active):
        raise SbomError(blocking)
    manifest, template, problems = _what_is_built(arguments, inputs.manifest, environment)
    builds = [
        replace(template, platform=platform, variant=selected_variant(arguments.variant, manifest))
        for platform in selected_platforms(arguments.platform, manifest)
    ]
    looked = _layout(arguments, manifest, builds)
    when = creation_time(environment)
    contents: dict[Path, bytes] = {}
    lines: list[str] = []
    wrong: list[Diagnostic] = []
    for build in builds:
        subject = subject_of(manifest, build, looked)
        path = arguments.output / f"{subject.name}.spdx.json"
        built = build_document(subject, when)
        wrong += built.problems
        contents[path] = to_bytes(built.data)
        told = f"{len(built.data['packages'])} packages"
        lines.append(f"{path}: {told}" + (f", {len(subject.files)} files" if looked else ""))
    if wrong:
        raise SbomError(wrong)
    files.write_all(contents)
    print("\n".join(lines))
    return _tell(inputs, [*problems, *(looked.problems if looked else ())], len(judged.active))


def _tell(inputs: Inputs, problems: Sequence[Diagnostic], warnings: int) -> int:
    """Print what is wrong with the folders that were described, and return the exit status."""
    areas = (Area.EXTERNALS_DIRECTORY, Area.SHIPPED_FILES)
    found = [one for one in triage_inputs(inputs, problems, areas).active if one in set(problems)]
    print(render(found, "text"), end="", file=sys.stderr)
    if warnings:
        known = "1 warning" if warnings == 1 else f"{warnings} warnings"
        print(f"{inputs.path}: {known}, which check tells", file=sys.stderr)
    return Exit.ERRORS if failing(found) else Exit.OK


def _what_is_built(
    arguments: argparse.Namespace, manifest: Manifest, environment: Environment
) -> tuple[Manifest, Build, tuple[Diagnostic, ...]]:
    """Return the externals of the build, and what differs in those that were really pulled.

    Without a folder, those that the manifest says a release build fetches. A modified one
    loses its checksums, which are not those of what is built.
    """
    if arguments.externals is None:
        comment = manifest.layout.comment if arguments.layout else ""
        return (
            manifest.replace_comment(comment or manifest.document.comment),
            Build(platform=""),
            (),
        )
    # Hashing a folder and looking into archives is for those who ask for it.
    from sbom.checks.externals_dir import read_externals_dir, settings  # noqa: PLC0415

    pull = read_externals_dir(arguments.externals, manifest, environment)
    if unclear := [problem for problem in pull.problems if problem.code is Code.AMBIGUOUS_EXTERNAL]:
        raise SbomError(unclear)
    pins: list[Pin] = []
    notes = {}
    for one in pull.found:
        pin = one.pin
        if one.state is Integrity.MODIFIED:
            pin = replace(pin, sha256="", sha512="")
            notes[pin.key] = f"Modified after it was pulled: {one.difference}."
        pins.append(pin)
    manifest = manifest.replace_comment(
        manifest.externals_dir.comment.format(settings=settings(pull))
    )
    return manifest, Build(platform="", pins=tuple(pins), notes=notes), pull.problems


def _layout(
    arguments: argparse.Namespace, manifest: Manifest, builds: Sequence[Build]
) -> LayoutContents | None:
    """Return what was found in the layout of the one build that it is of."""
    if arguments.layout is None:
        return None
    if len(builds) != 1:
        hint = "add --platform with one of " + ", ".join(build.platform for build in builds)
        raise usage_error("--layout", "is the layout of one platform", hint)
    return inspect_layout(arguments.layout, manifest, builds[0])
