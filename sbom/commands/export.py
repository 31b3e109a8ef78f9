"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbom import io as files
from sbom.diagnostics import Exit, SbomError, failing
from sbom.formats.cpython_externals import export_upstream
from sbom.inputs import read_inputs, script_problems
from sbom.options import Environment
from sbom.source_tree.tree import SourceTree
from sbom.source_tree.vendored import sbom_of

#: Where CPython keeps it.
_PLACE = "Misc/externals.spdx.json"


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write the SBOM of a tree's externals, from its script."""
    del environment
    inputs = read_inputs(arguments)
    if inputs.script is None:
        raise AssertionError("argparse asks for a tree")
    if blocking := failing(script_problems(inputs)):
        raise SbomError(blocking)
    folder = SourceTree(arguments.cpython)
    data, problems = export_upstream(
        inputs.manifest,
        inputs.script.externals,
        inputs.version.rstrip("+"),
        sbom_of(folder.read(_PLACE)),
        fixed=arguments.fixed,
    )
    if problems:
        raise SbomError(problems)
    if str(arguments.output) == "-":
        print(data.decode(), file=sys.stdout)
        return Exit.OK
    path = arguments.output or Path(arguments.cpython) / _PLACE
    same = files.read_bytes(path) == data if path.is_file() else False
    if not same:
        files.write_all({path: data})
    print(f"{path}: {'unchanged' if same else 'written'}")
    return Exit.OK
