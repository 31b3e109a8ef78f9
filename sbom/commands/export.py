"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbom import io as files
from sbom.diagnostics import Exit, SbomError, failing
from sbom.formats.cpython_externals import export_upstream
from sbom.formats.cpython_sbom import read_json_object
from sbom.inputs import read_inputs, script_problems
from sbom.options import Environment
from sbom.source_tree.tree import EXTERNALS_SBOM, SourceTree


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write the SBOM of a tree's externals, from its script."""
    del environment
    inputs = read_inputs(arguments)
    if inputs.script is None:
        raise AssertionError("argparse asks for a tree")
    if blocking := failing(script_problems(inputs)):
        raise SbomError(blocking)
    tree = SourceTree(arguments.cpython)
    data, problems = export_upstream(
        inputs.manifest,
        inputs.script.externals,
        inputs.version.rstrip("+"),
        read_json_object(tree.read(EXTERNALS_SBOM)),
        fixed=arguments.fixed,
    )
    if problems:
        raise SbomError(problems)
    if str(arguments.output) == "-":
        print(data.decode(), file=sys.stdout)
        return Exit.OK
    path = arguments.output or Path(arguments.cpython) / EXTERNALS_SBOM
    same = files.read_bytes(path) == data if path.is_file() else False
    if not same:
        files.write_all({path: data})
    print(f"{path}: {'unchanged' if same else 'written'}")
    return Exit.OK
