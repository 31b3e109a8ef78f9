"""``verify``: shipped files held against a document or the manifest, and the evidence in them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from sbom.bom.ownership import FileOwnership, assign_owners, expected_contents
from sbom.components.build import Build
from sbom.components.model import Component
from sbom.components.resolve import resolve_components
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing, sort_diagnostics
from sbom.diagnostics.run_messages import usage_error
from sbom.files.patterns import PathPatterns
from sbom.inputs import Inputs, read_inputs, read_tree_vendored, script_changes, script_problems
from sbom.manifest.channels import DEFAULT, version_named
from sbom.manifest.diff import described_externals as accounted_for
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range
from sbom.manifest.read import read_manifest
from sbom.manifest.toml_lines import Value
from sbom.options import Environment, VerifyOptions
from sbom.selection import selected_platforms, selected_variant
from sbom.verification.compare import FileComparison, compare_files, differing_digests
from sbom.verification.document_index import DocumentIndex, index_document
from sbom.verification.expectations import Expectations
from sbom.verification.identify import Identification
from sbom.verification.rendering import Verified, shown
from sbom.verification.report import identification_text, result_diagnostics
from sbom.verification.restated import expectations_from_document
from sbom.verification.target import VerifyTarget, document_of, open_target
from sbom.verification.verifier import (
    BinaryVerifier,
    BuildContext,
    all_expectations,
    build_expectations,
)


def run(arguments: VerifyOptions, _environment: Environment) -> int:
    """Print verdicts on shipped files, or what they were built from."""
    if arguments.identify:
        _refuse_claims(arguments)
    inputs = read_inputs(arguments)
    examiner = BinaryVerifier(inputs.manifest)
    place = open_target(arguments.path, examiner.inspect)
    identified = examiner.identified(place.files)
    if arguments.identify:
        form = arguments.output_format
        said = asdict(identified)
        print(json.dumps(said, indent=2) if form == "json" else identification_text(identified))
        return Exit.OK if identified.cpython or identified.externals else Exit.ERRORS
    manifest = _with_copies(_of_script(inputs, arguments.cpython, identified))
    verified = _verified(arguments, manifest, examiner, place, identified)
    found = triage_diagnostics(verified.problems, manifest, set())
    failed = failing(found.active, strict=arguments.strict)
    verified = replace(verified, problems=found.active)
    print(shown(verified, arguments.output_format, strict=arguments.strict), end="")
    return Exit.ERRORS if failed else Exit.OK


def _of_script(inputs: Inputs, tree: Path | None, identified: Identification) -> Manifest:
    """Return the manifest as ``regen`` would write it from the script, where there is one."""
    if inputs.script is None:
        return inputs.manifest
    # tomlkit is for those who name a script.
    from sbom.manifest import write as edit  # noqa: PLC0415

    version = inputs.version or next(iter(identified.cpython), inputs.manifest.cpython.version)
    facts: dict[str, Value] = {"version": version}
    vendored = read_tree_vendored(inputs, tree)
    if vendored is not None:
        facts["vendored-from"] = version
    if blocking := failing(script_problems(inputs)):
        raise SbomError(blocking)
    found = script_changes(inputs)
    # Of what no component is known for, nothing can be claimed: a file that holds it is unknown.
    accounted = accounted_for(inputs.manifest) | {change.key for change in found}
    text = edit.update_manifest(inputs.text, found, facts, accounted, vendored=vendored)
    return read_manifest(text, str(inputs.path))


def _with_copies(manifest: Manifest) -> Manifest:
    """Return a manifest that knows of vendored code, of no version where it has another CPython's.

    What is vendored is in the same files in every release; only a tree tells its versions.
    """
    version = manifest.cpython.version
    if manifest.cpython.vendored_from == version:
        return manifest
    return replace(
        manifest,
        cpython=replace(manifest.cpython, vendored_from=version),
        vendored=tuple(replace(one, version="") for one in manifest.vendored),
    )


def _verified(
    arguments: VerifyOptions,
    manifest: Manifest,
    examiner: BinaryVerifier,
    place: VerifyTarget,
    identified: Identification,
) -> Verified:
    document = document_of(arguments.path, arguments.sbom)
    listed = index_document(*document) if document else None
    if listed:
        # Names of files go by the line that the binaries are of, all else by the document.
        version = next(iter(identified.cpython), manifest.cpython.version)
        manifest = replace(manifest, cpython=replace(manifest.cpython, version=version))
    builds = _builds(arguments, manifest, identified)
    if listed:
        claims = expectations_from_document(
            all_expectations(manifest, builds, place.files, place.root), listed, manifest
        )
    else:
        claims = build_expectations(_said(manifest, builds, place), place.files, place.root)
    installer = _installer(place, manifest)
    later = _added(place, claims, listed, manifest)
    files = [file for file in place.files if file.path not in {installer, *later}]
    rows = examiner.verdicts(files, claims)
    compared = FileComparison(0, ())
    problems = list(result_diagnostics(rows, place.name))
    if installer:
        message = "is an installer, whose contents nobody looked at"
        hint = "verify what it installs"
        problems.append(_problem(Code.NOT_INSPECTED, place, message, hint))
    if listed:
        compared = compare_files(place.files, listed, place.name, manifest.layout.runtime_files)
        problems += [*compared.problems, *_whole(place, listed)]
    else:
        problems += _of_another_version(place, identified, manifest)
    return Verified(
        place=place,
        cpython=identified.cpython,
        variants=identified.variants,
        against=document[1] if document else _against(manifest),
        build=builds[0],
        rows=rows,
        compared=compared,
        later=len(later),
        problems=sort_diagnostics(problems),
    )


def _said(manifest: Manifest, builds: tuple[Build, ...], place: VerifyTarget) -> BuildContext:
    """Return what the manifest says of the files of these builds."""
    paths = [file.path for file in place.files]
    found: dict[str, Component] = {}
    ties: dict[FileOwnership, None] = {}
    for build in builds:
        here = resolve_components(manifest, build)
        found |= {one.id: one for one in here}
        expectation = replace(expected_contents(manifest, build, here), root=place.root)
        ties |= dict.fromkeys(assign_owners(paths, (), expectation).ties)
    return BuildContext(
        manifest=manifest, builds=builds, components=tuple(found.values()), ties=tuple(ties)
    )


def _builds(
    arguments: VerifyOptions, manifest: Manifest, identified: Identification
) -> tuple[Build, ...]:
    """Return the build that is named, or all that the binaries can be of."""
    named = [arguments.platform] if arguments.platform else None
    known = selected_platforms(named, manifest)
    platform = next((one for one in known if one in identified.platforms), known[0])
    line = manifest.cpython.line
    every = [DEFAULT, *(one.name for one in manifest.variants if line_in_range(line, one.lines))]
    variants = [selected_variant(arguments.variant, manifest)] if arguments.variant else every
    return tuple(Build(platform=platform, variant=one) for one in variants)


def _refuse_claims(arguments: VerifyOptions) -> None:
    """Raise UnusableError where something is named that evidence alone has no use for."""
    for flag in ("script", "cpython", "sbom", "platform", "variant"):
        if getattr(arguments, flag) is not None:
            hint = "leave one of the two out"
            raise usage_error(f"--{flag}", "is of no use to --identify, which asks the files", hint)


def _added(
    place: VerifyTarget, claims: Expectations, listed: DocumentIndex | None, manifest: Manifest
) -> frozenset[str]:
    """Return the binaries in an installed Python that came to be there later."""
    known = {*claims.by_path, *claims.own, *(listed.files if listed else ())}
    usual = PathPatterns(manifest.layout.runtime_files)
    return frozenset(
        file.path
        for file in place.files
        if file.binary
        and file.path not in known
        and usual.matches(file.path.removeprefix(place.root))
    )


def _installer(place: VerifyTarget, manifest: Manifest) -> str:
    """Return the name of a file that is one of the manifest's installers, or an empty text."""
    name = place.own.path if place.own else ""
    installers = [channel for channel in manifest.channels if channel.format == "installer"]
    return name if version_named(installers, name) else ""


def _whole(place: VerifyTarget, listed: DocumentIndex) -> list[Diagnostic]:
    """Return how an archive itself differs from what the document says of it."""
    name = place.own.path if place.own else ""
    digests = listed.packages.get(name)
    wrong = differing_digests(place.own, digests) if place.own and digests else ""
    if not wrong:
        return []
    message = f"is another file than the document describes: its {wrong}"
    return [_problem(Code.FILE_MISMATCH, place, message, "fetch both again from where they were")]


def _of_another_version(
    place: VerifyTarget, identified: Identification, manifest: Manifest
) -> list[Diagnostic]:
    version = manifest.cpython.version.rstrip("+")
    if not identified.cpython or version in identified.cpython:
        return []
    message = f"is of CPython {identified.cpython[0]}, and {manifest.file} is of {version}"
    hint = "add --script or --cpython of that version, or ask with --identify what it is"
    return [_problem(Code.VERSION_CHANGED, place, message, hint)]


def _problem(code: Code, place: VerifyTarget, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file=place.name, message=message, hint=hint)


def _against(manifest: Manifest) -> str:
    return f"{manifest.file} for CPython {manifest.cpython.version}"
