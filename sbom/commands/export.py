"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from sbom import io as files
from sbom.diagnostics import Exit, SbomError, failing
from sbom.formats.cpython_externals import export_upstream
from sbom.formats.cpython_sbom import read_json_object
from sbom.inputs import Environment, InputOptions, read_inputs, script_diagnostics
from sbom.source_tree.tree import EXTERNALS_SBOM, SourceTree


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions(InputOptions):
    """Options of ``export``; without ``output``, the file of the source tree is written."""

    cpython: Path
    output: Path | None
    fixed: bool


def run(options: ExportOptions, environment: Environment) -> int:
    """Write the SBOM of a tree's externals, from its script."""
    del environment
    inputs = read_inputs(options)
    if inputs.script is None:
        raise AssertionError("argparse asks for a tree")
    if blocking := failing(script_diagnostics(inputs)):
        raise SbomError(blocking)
    tree = SourceTree(options.cpython)
    data, problems = export_upstream(
        inputs.manifest,
        inputs.script.externals,
        inputs.version.rstrip("+"),
        read_json_object(tree.read(EXTERNALS_SBOM)),
        fixed=options.fixed,
    )
    if problems:
        raise SbomError(problems)
    if str(options.output) == "-":
        print(data.decode(), file=sys.stdout)
        return Exit.OK
    path = options.output or Path(options.cpython) / EXTERNALS_SBOM
    same = files.read_bytes(path) == data if path.is_file() else False
    if not same:
        files.write_all({path: data})
    print(f"{path}: {'unchanged' if same else 'written'}")
    return Exit.OK
