"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sbom import io as files
from sbom.diagnostics import Exit, SbomError, failing
from sbom.inputs import Environment, InputOptions, read_inputs, script_diagnostics
from sbom.source_tree.tree import EXTERNALS_SBOM, SourceTree
from sbom.source_tree.upstream_packages import export_externals


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions(InputOptions):
    """Options of ``export``; without ``output``, the file of the source tree is written."""

    cpython: Path
    output: Path | None
    fixed: bool


def run(options: ExportOptions, _: Environment) -> int:
    """Write the SBOM of a tree's source externals, and print whether it changed."""
    inputs = read_inputs(options)
    if blocking := failing(script_diagnostics(inputs)):
        raise SbomError(blocking)
    data, diagnostics = export_externals(
        inputs.manifest,
        inputs.script.externals if inputs.script else (),
        inputs.version.rstrip("+"),
        SourceTree(options.cpython).read(EXTERNALS_SBOM),
        fixed=options.fixed,
    )
    if diagnostics:
        raise SbomError(diagnostics)
    if str(options.output) == "-":
        print(data.decode())
        return Exit.OK
    path = options.output or options.cpython / EXTERNALS_SBOM
    unchanged = path.is_file() and files.read_bytes(path) == data
    if not unchanged:
        files.write_all({path: data})
    print(f"{path}: {'unchanged' if unchanged else 'written'}")
    return Exit.OK
