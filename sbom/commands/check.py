"""``check``: everything that is wrong, found without a network and without writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sbom.diagnostics import Diagnostic, Exit, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.render import render
from sbom.inputs import Inputs, read_inputs, triage_inputs
from sbom.options import Environment, InputOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOptions(InputOptions):
    """Options of ``check``."""

    externals: Path | None
    strict: bool
    output_format: str


def run(options: CheckOptions, _: Environment) -> int:
    """Print everything that is wrong with the manifest, and with what it is held against."""
    inputs = read_inputs(options)
    more: list[Diagnostic] = []
    areas: list[Area] = []
    found = ""
    if options.externals is not None:
        # Hashing a folder and looking into archives is for those who ask for it.
        from sbom.checks.externals_dir import read_externals_dir, summary  # noqa: PLC0415

        pull = read_externals_dir(options.externals, inputs.manifest)
        more += pull.problems
        areas.append(Area.EXTERNALS_DIRECTORY)
        found = summary(pull, options.externals)
    if options.cpython is not None:
        from sbom.checks.checkout import check_source_tree  # noqa: PLC0415 - the same

        more += check_source_tree(inputs, options.cpython)
        areas.append(Area.SOURCE_TREE)
    judged = triage_inputs(inputs, more, areas)
    problems = judged.active
    print(render(problems, options.output_format, strict=options.strict), end="")
    failed = failing(problems, strict=options.strict)
    if options.output_format == "text":
        for problem, reason in judged.exempted:
            print(f"{problem} [exempted: {problem.code}]\n    {' '.join(reason.split())}")
        print(f"{found}{_summary(inputs, len(failed), len(problems) - len(failed))}")
    return Exit.ERRORS if failed else Exit.OK


def _summary(inputs: Inputs, failing: int, warnings: int) -> str:
    manifest = inputs.manifest
    against = f", held against {inputs.script_path}" if inputs.script else ""
    return (
        f"{manifest.file}: CPython {manifest.cpython.version}, {len(manifest.pins)} externals, "
        f"{len(manifest.components)} components, {len(manifest.platforms)} platforms{against}: "
        f"{_count(failing, 'problem')}, {_count(warnings, 'warning')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
