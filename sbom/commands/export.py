"""``export``: Misc/externals.spdx.json in the form CPython keeps it."""

from __future__ import annotations

from sbom import io
from sbom.diagnostics import Exit, SbomError, failing
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.render import OutputFormat, printable
from sbom.inputs import read_inputs, require_output_file, triage_script
from sbom.options.shared import InputOptions
from sbom.options.verbs import ExportOptions
from sbom.reports import print_report
from sbom.source_tree.tree import EXTERNALS_SBOM, SourceTree
from sbom.source_tree.upstream_packages import export_externals


def run(options: ExportOptions) -> int:
    """Write the SBOM of a tree's source externals, and print whether it changed."""
    is_printed = str(options.output) == "-"
    if is_printed and options.output_format is not OutputFormat.TEXT:
        hint = "name a file, or remove --output-format"
        raise usage_error("--output -", "prints the document, and not how it was written", hint)
    if options.output is not None and not is_printed:
        require_output_file(options.output, "--output")
    inputs = read_inputs(
        InputOptions(
            manifest=options.manifest,
            script=None,
            cpython=options.cpython,
            quiet=options.quiet,
            verbose=options.verbose,
        )
    )
    if blocking := failing(triage_script(inputs)):
        raise SbomError(blocking, exemptible=True)
    data, diagnostics = export_externals(
        inputs.manifest,
        inputs.script.externals if inputs.script else (),
        inputs.version.rstrip("+"),
        SourceTree(options.cpython).read(EXTERNALS_SBOM),
        fixed=options.fixed,
    )
    if diagnostics:
        raise SbomError(diagnostics)
    if is_printed:
        print(data.decode())
        return Exit.OK
    path = options.output or options.cpython / EXTERNALS_SBOM
    existing = io.read_bytes(path) if path.is_file() else b""
    if 0 < existing.count(b"\n") == existing.count(b"\r\n"):
        data = data.replace(b"\n", b"\r\n")  # as git checks text out on Windows
    unchanged = existing == data
    if not unchanged:
        io.write_all({path: data})
    print_report(
        options,
        (),
        text=f"{printable(str(path))}: {'unchanged' if unchanged else 'written'}\n",
        results={"file": str(path), "changed": not unchanged},
    )
    return Exit.OK
