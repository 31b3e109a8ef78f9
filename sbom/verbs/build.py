"""``build``: one SBOM for each platform."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbom import files
from sbom.components import Build
from sbom.document.builds import build_document
from sbom.document.rendering import to_bytes
from sbom.problems import ARTIFACT_CODES, FOLDER_CODES, Code, Exit, Problem, SbomError, render
from sbom.pulled import State
from sbom.schema import Manifest, Pin
from sbom.verbs.chosen import chosen_variant, platforms
from sbom.verbs.inputs import Environment, Inputs, created, judge_inputs, read, serious, usage
from sbom.verbs.subjects import Looked, look_at, subject_of


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write one SBOM for each platform."""
    inputs = read(arguments)
    judged = judge_inputs(inputs)
    if blocking := serious(judged.open):
        raise SbomError(blocking)
    manifest, template, problems = _what_is_built(arguments, inputs.manifest, environment)
    builds = [
        replace(template, platform=platform, variant=chosen_variant(arguments.variant, manifest))
        for platform in platforms(arguments.platform, manifest)
    ]
    looked = _layout(arguments, manifest, builds)
    when = created(environment)
    contents: dict[Path, bytes] = {}
    lines: list[str] = []
    wrong: list[Problem] = []
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
    return _tell(inputs, [*problems, *(looked.problems if looked else ())], len(judged.open))


def _tell(inputs: Inputs, problems: Sequence[Problem], warnings: int) -> int:
    """Print what is wrong with the folders that were described, and return the exit status."""
    codes = FOLDER_CODES | ARTIFACT_CODES
    found = [one for one in judge_inputs(inputs, problems, codes).open if one in set(problems)]
    print(render(found, "text"), end="", file=sys.stderr)
    if warnings:
        known = "1 warning" if warnings == 1 else f"{warnings} warnings"
        print(f"{inputs.path}: {known}, which check tells", file=sys.stderr)
    return Exit.PROBLEMS if serious(found) else Exit.FINE


def _what_is_built(
    arguments: argparse.Namespace, manifest: Manifest, environment: Environment
) -> tuple[Manifest, Build, tuple[Problem, ...]]:
    """Return the externals of the build, and what differs in those that were really pulled.

    Without a folder, those that the manifest says a release build fetches. A modified one
    loses its checksums, which are not those of what is built.
    """
    if arguments.externals is None:
        comment = manifest.layout.comment if arguments.layout else ""
        return manifest.commented(comment or manifest.document.comment), Build(platform=""), ()
    # Hashing a folder and looking into archives is for those who ask for it.
    from sbom.verbs.externals import look_into, settings  # noqa: PLC0415

    pull = look_into(arguments.externals, manifest, environment)
    if unclear := [problem for problem in pull.problems if problem.code is Code.UNCLEAR]:
        raise SbomError(unclear)
    pins: list[Pin] = []
    notes = {}
    for one in pull.found:
        pin = one.pin
        if one.state is State.MODIFIED:
            pin = replace(pin, sha256="", sha512="")
            notes[pin.key] = f"Modified after it was pulled: {one.difference}."
        pins.append(pin)
    manifest = manifest.commented(manifest.pulled.comment.format(settings=settings(pull)))
    return manifest, Build(platform="", pins=tuple(pins), notes=notes), pull.problems


def _layout(
    arguments: argparse.Namespace, manifest: Manifest, builds: Sequence[Build]
) -> Looked | None:
    """Return what was found in the layout of the one build that it is of."""
    if arguments.layout is None:
        return None
    if len(builds) != 1:
        hint = "add --platform with one of " + ", ".join(build.platform for build in builds)
        raise usage("--layout", "is the layout of one platform", hint)
    return look_at(arguments.layout, manifest, builds[0])
