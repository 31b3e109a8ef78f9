"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbom import files
from sbom.cpython.folder import Folder
from sbom.export import exported
from sbom.problems import Exit, SbomError
from sbom.vendored import sbom_of
from sbom.verbs.inputs import Environment, read, script_problems, serious

#: Where CPython keeps it.
_PLACE = "Misc/externals.spdx.json"


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write the SBOM of a tree's externals, from its script."""
    del environment
    inputs = read(arguments)
    if inputs.script is None:
        raise AssertionError("argparse asks for a tree")
    if blocking := serious(script_problems(inputs)):
        raise SbomError(blocking)
    folder = Folder(arguments.cpython)
    data, problems = exported(
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
        return Exit.FINE
    path = arguments.output or Path(arguments.cpython) / _PLACE
    same = files.read_bytes(path) == data if path.is_file() else False
    if not same:
        files.write_all({path: data})
    print(f"{path}: {'unchanged' if same else 'written'}")
    return Exit.FINE
