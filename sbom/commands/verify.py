"""``verify``: shipped files compared with an SBOM, the manifest or a script; identification."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from sbom.components.component import Build
from sbom.diagnostics import Diagnostic, Exit, SbomError, failing, only_read, sort_diagnostics
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.script_messages import unknown_release
from sbom.files.hash_ahead import HashAhead
from sbom.inputs import (
    Environment,
    Inputs,
    creation_time,
    read_inputs,
    read_tree_vendored,
    script_changes,
    select_platforms,
    select_variant,
    triage_script,
)
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.model import Manifest
from sbom.manifest.updates import apply_pin_changes, record_vendored
from sbom.options.verbs import VerifyOptions
from sbom.reports import escape_lines, text_style
from sbom.script.run import SCRIPT_NAME
from sbom.source_tree.tree import find_python_version
from sbom.verification.comparison import verify_target, without_cpython_version
from sbom.verification.expectations import assume_vendored
from sbom.verification.identification import Identification, identify
from sbom.verification.inspection import make_inspector
from sbom.verification.output import render_identification, render_verification
from sbom.verification.target import choose_python, open_target, read_sbom
from sbom.verification.trust import assess_signatures, read_root_file, untrusted_signers


def run(options: VerifyOptions, environment: Environment, ahead: HashAhead | None = None) -> int:
    """Print how shipped files compare with what is declared, or what they were built from.

    ``ahead`` hashes them already.
    """
    if options.identify:
        _refuse_declarations(options)
    with only_read():
        inputs = read_inputs(options)
    more_roots = read_root_file(options.root) if options.root else []
    target = open_target(options.path, make_inspector(inputs.manifest), ahead)
    identification = identify(target.files, inputs.manifest, target.prefix)
    if options.identify:
        text = render_identification(identification, options.output_format)
        print(escape_lines(text), end="")
        return Exit.OK if identification.cpython or identification.externals else Exit.ERRORS
    manifest = assume_vendored(_apply_script(options, inputs, identification))
    chosen = choose_python(target, manifest)
    if chosen is not target:
        identification = identify(chosen.files, inputs.manifest, chosen.prefix)
        target = chosen
    document = read_sbom(options.path, options.sbom)
    unknown = () if document else _unknown_release(inputs, identification)
    if document and identification.cpython:
        # The SBOM declares versions; names of files depend on the CPython that they are of.
        manifest = manifest.for_version(identification.cpython[0])
    builds = _possible_builds(options, manifest, identification)
    verification = verify_target(target, manifest, builds, identification, document)
    if unknown:
        verification = without_cpython_version(verification, manifest.cpython.component)
    signatures = assess_signatures(target, more_roots, creation_time(environment))
    untrusted = untrusted_signers(target.name, signatures)
    diagnostics = sort_diagnostics([*verification.diagnostics, *untrusted, *unknown])
    active = triage_diagnostics(diagnostics, manifest, set()).active
    verification = replace(verification, diagnostics=active, signatures=signatures)
    style = text_style(options, sys.stdout)
    text = render_verification(
        verification, options.output_format, strict=options.strict, style=style
    )
    print(text, end="")
    return Exit.ERRORS if failing(active, strict=options.strict) else Exit.OK


def _refuse_declarations(options: VerifyOptions) -> None:
    """Raise InputError for a flag that declares something: --identify goes by evidence alone."""
    for flag in ("script", "cpython", "sbom", "platform", "variant", "root"):
        if getattr(options, flag) is not None:
            message = "cannot be used with --identify, which goes by evidence alone"
            raise usage_error(f"--{flag}", message, "remove one of the two")


def _apply_script(
    options: VerifyOptions, inputs: Inputs, identification: Identification
) -> Manifest:
    """Return the manifest with the externals of the script and the tree that are named, if any."""
    if inputs.script is None:
        return inputs.manifest
    if blocking := failing(triage_script(inputs)):
        raise SbomError(blocking, exemptible=True)
    version = _script_version(inputs) or next(
        iter(identification.cpython), inputs.manifest.cpython.version
    )
    manifest = apply_pin_changes(inputs.manifest, script_changes(inputs)).for_version(version)
    vendored = read_tree_vendored(inputs, options.cpython)
    return manifest if vendored is None else record_vendored(manifest, vendored, version)


def _unknown_release(inputs: Inputs, identification: Identification) -> tuple[Diagnostic, ...]:
    """Return the diagnostic of a script whose release is not known, if there is such a script."""
    if inputs.script is None or _script_version(inputs):
        return ()
    file = str(inputs.script_path) if inputs.script_path else SCRIPT_NAME
    return (unknown_release(file, next(iter(identification.cpython), "")),)


def _script_version(inputs: Inputs) -> str:
    """Return the CPython version that the script is of; empty where nothing tells it.

    That is its source tree's, or the manifest's, if it is the script that this was made from or
    fetches the same: whatever the binaries are, they have to be of that release.
    """
    cpython, path = inputs.manifest.cpython, inputs.script_path
    if inputs.version or path is None:
        return inputs.version
    if inputs.script_sha256 == cpython.script_sha256:
        return cpython.version
    return find_python_version(path) or ("" if script_changes(inputs) else cpython.version)


def _possible_builds(
    options: VerifyOptions, manifest: Manifest, identification: Identification
) -> tuple[Build, ...]:
    """Return the build that is named, or every one that the binaries can be of."""
    platforms = select_platforms([options.platform] if options.platform else None, manifest)
    platform = next(
        (platform for platform in platforms if platform in identification.platforms), platforms[0]
    )
    variants: Sequence[str] = manifest.variant_names()
    if options.variant:
        variants = [select_variant(options.variant, manifest)]
    return tuple(Build(platform=platform, variant=variant) for variant in variants)
