"""``check``: everything that is wrong, found without using the network or writing."""

from __future__ import annotations

from pathlib import Path

from sbom.diagnostics import Diagnostic, Exit, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.render import count, printable
from sbom.inputs import Inputs, read_inputs, read_vex_file, triage_inputs
from sbom.manifest.pin_changes import pin_external
from sbom.options.verbs import CheckOptions
from sbom.reports import print_report
from sbom.vex.statement_checks import check_vex_file


def run(options: CheckOptions) -> int:
    """Print what is wrong with the manifest, and with what it is compared with."""
    inputs = read_inputs(options)
    diagnostics: list[Diagnostic] = []
    areas: list[Area] = []
    summary = ""
    # Hashing a directory and looking into archives is for those who ask for it.
    if options.externals is not None:
        from sbom.checks.externals_directory import check_externals_dir  # noqa: PLC0415
        from sbom.download.cache import Cache  # noqa: PLC0415
        from sbom.io import default_cache_dir  # noqa: PLC0415
        from sbom.source_tree.fetched_externals import read_externals_dir  # noqa: PLC0415

        cache = Cache(default_cache_dir())
        directory = read_externals_dir(options.externals, inputs.manifest, cache.read)
        diagnostics += check_externals_dir(directory, inputs.manifest)
        areas.append(Area.EXTERNALS_DIRECTORY)
        summary = f"{directory.summary}\n"
    if options.cpython is not None:
        diagnostics += check_tree(inputs, options.cpython)
        # Of another script's tree, it is not known what an exemption was for.
        if inputs.script_sha256 == inputs.manifest.cpython.script_sha256:
            areas.append(Area.SOURCE_TREE)
    vex, vex_path = read_vex_file(inputs)
    if vex:
        diagnostics += check_vex_file(vex, vex_path, inputs.manifest)
        areas.append(Area.DOCUMENT)
    triage = triage_inputs(inputs, diagnostics, areas)
    failed = failing(triage.active, strict=options.strict)
    warnings = len(triage.active) - len(failed)
    print_report(
        options,
        triage.active,
        text=f"{summary}{_summarize(inputs, len(failed), warnings)}\n",
        results={},
        exempted=triage.exempted,
        strict=options.strict,
        is_check=True,
    )
    return Exit.ERRORS if failed else Exit.OK


def check_tree(inputs: Inputs, root: Path) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of the source tree at ``root``, which the inputs were read from."""
    # packaging and installer, for wheels, are for those who have a tree.
    from sbom.checks.source_tree import check_source_tree  # noqa: PLC0415
    from sbom.source_tree.tree_contents import read_tree_contents  # noqa: PLC0415

    manifest = inputs.manifest
    externals = inputs.script.externals if inputs.script else ()
    pins = [pin_external(external, inputs.manifest) for external in externals]
    wheels = {code.wheel: code.sha256 for code in manifest.current_vendored}
    contents = read_tree_contents(root, inputs.version, pins, manifest.reference, wheels)
    return check_source_tree(manifest, contents, inputs.regen_command)


def _summarize(inputs: Inputs, errors: int, warnings: int) -> str:
    manifest = inputs.manifest
    script = f", compared with {printable(str(inputs.script_path))}" if inputs.script else ""
    return (
        f"{printable(manifest.file)}: CPython {manifest.cpython.version}, "
        f"{len(manifest.pins)} externals, "
        f"{len(manifest.components)} components, {len(manifest.platforms)} platforms{script}: "
        f"{count(errors, 'error')}, {count(warnings, 'warning')}"
    )
