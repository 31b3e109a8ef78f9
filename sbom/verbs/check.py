"""``check``: everything that is wrong, found without a network and without writing."""

from __future__ import annotations

import argparse

from sbom.problems import Exit, in_order, render
from sbom.verbs.inputs import Environment, Inputs, judge_inputs, read, serious


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Print everything that is wrong with the manifest, and with what it is held against."""
    inputs = read(arguments)
    judged = judge_inputs(inputs)
    problems = judged.open
    found = ""
    if arguments.externals is not None:
        # Hashing a folder and looking into archives is for those who ask for it.
        from sbom.verbs.externals import look_into, summary  # noqa: PLC0415

        pull = look_into(arguments.externals, inputs.manifest, environment)
        problems = in_order([*problems, *pull.problems])
        found = summary(pull, arguments.externals)
    print(render(problems, arguments.format, strict=arguments.strict), end="")
    failing = serious(problems, strict=arguments.strict)
    if arguments.format == "text":
        for problem, reason in judged.accepted:
            print(f"{problem} [acknowledged: {problem.code}]\n    {' '.join(reason.split())}")
        print(f"{found}{_summary(inputs, len(failing), len(problems) - len(failing))}")
    return Exit.PROBLEMS if failing else Exit.FINE


def _summary(inputs: Inputs, failing: int, warnings: int) -> str:
    manifest = inputs.manifest
    against = f", held against {inputs.script_path}" if inputs.script else ""
    return (
        f"{manifest.file}: CPython {manifest.cpython.version}, {len(manifest.pins)} externals, "
        f"{len(manifest.identities)} components, {len(manifest.platforms)} platforms{against}: "
        f"{_count(failing, 'problem')}, {_count(warnings, 'warning')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
