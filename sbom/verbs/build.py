"""``build``: one SBOM for each platform."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sbom import document, files
from sbom.components import components, root
from sbom.problems import Code, Exit, Problem, SbomError, in_order, render
from sbom.pulled import State
from sbom.ranges import in_lines
from sbom.schema import Manifest, Pin
from sbom.verbs.externals import look_into, settings
from sbom.verbs.inputs import Environment, judge_inputs, read, serious, usage


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write one SBOM for each platform."""
    inputs = read(arguments)
    judged = judge_inputs(inputs)
    if blocking := serious(judged.open):
        raise SbomError(blocking)
    manifest, pins, notes, problems = _what_is_built(arguments, inputs.manifest, environment)
    created = _created(environment)
    contents: dict[Path, bytes] = {}
    lines: list[str] = []
    wrong: list[Problem] = []
    for platform in _platforms(arguments.platform, manifest):
        name = f"python-{manifest.cpython.version}-{platform}"
        path = arguments.output / f"{name}.spdx.json"
        subject = document.Subject(
            name=name,
            root=root(manifest, platform),
            components=components(manifest, platform, pins, notes),
            facts=manifest.document,
            licence_texts=manifest.licence_texts,
        )
        built = document.build_document(subject, created)
        wrong += document.problems_of(built, str(path))
        contents[path] = document.to_bytes(built)
        lines.append(f"{path}: {len(built.packages)} packages")
    if wrong:
        raise SbomError(in_order(wrong))
    files.write_all(contents)
    print("\n".join(lines))
    print(render(problems, "text"), end="", file=sys.stderr)
    if judged.open:
        known = "1 warning" if len(judged.open) == 1 else f"{len(judged.open)} warnings"
        print(f"{inputs.path}: {known}, which check tells", file=sys.stderr)
    return Exit.PROBLEMS if serious(problems) else Exit.FINE


def _what_is_built(
    arguments: argparse.Namespace, manifest: Manifest, environment: Environment
) -> tuple[Manifest, list[Pin] | None, dict[str, str], tuple[Problem, ...]]:
    """Return the externals of the build, and what differs in those that were really pulled.

    Without a folder, those that the manifest says a release build fetches. A modified one
    loses its checksums, which are not those of what is built.
    """
    if arguments.externals is None:
        return manifest, None, {}, ()
    pull = look_into(arguments.externals, manifest, environment)
    if unclear := [problem for problem in pull.problems if problem.code is Code.UNCLEAR]:
        raise SbomError(unclear)
    pins = []
    notes = {}
    for one in pull.found:
        pin = one.pin
        if one.state is State.MODIFIED:
            pin = replace(pin, sha256="", sha512="")
            notes[pin.key] = f"Modified after it was pulled: {one.difference}."
        pins.append(pin)
    comment = manifest.pulled.comment.format(settings=settings(pull))
    facts = replace(manifest.document, comment=comment)
    return replace(manifest, document=facts), pins, notes, pull.problems


def _platforms(wanted: Sequence[str] | None, manifest: Manifest) -> list[str]:
    line = manifest.cpython.line
    known = [platform.name for platform in manifest.platforms if in_lines(line, platform.lines)]
    for name in wanted or ():
        if name not in known:
            hint = f"the manifest has {', '.join(known)} for CPython {line}"
            raise usage(f"--platform {name}", "is no platform of the manifest", hint)
    return [name for name in known if not wanted or name in wanted]


def _created(environment: Environment) -> datetime:
    """Return the time of creation: SOURCE_DATE_EPOCH where it is set, else now.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        what = f"SOURCE_DATE_EPOCH={epoch}"
        raise usage(what, "is no number of seconds", "set it as date +%s does") from error
