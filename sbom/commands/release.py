"""``release``: one Windows SBOM for all channels, and a slice of it for every artifact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sbom import io
from sbom.bom.bom import Bom, BomFile
from sbom.bom.license_texts import check_licenses
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.render import count, printable
from sbom.files.shipped_file import ShippedFile
from sbom.formats import is_document, select_formats
from sbom.formats.json_document import parse_json
from sbom.inputs import (
    Environment,
    Inputs,
    creation_time,
    read_inputs,
    read_vex_file,
    require_output_directory,
    require_output_file,
    triage_inputs,
)
from sbom.manifest.exemptions import Triage, triage_diagnostics
from sbom.manifest.model import Manifest
from sbom.options.verbs import ReleaseOptions
from sbom.release.artifact_inspection import inspect_artifacts, list_artifact_paths
from sbom.release.artifact_set import classify_artifacts
from sbom.release.attestations import write_attestations
from sbom.release.consistency import check_published_release
from sbom.release.contents import (
    ReleaseContents,
    compose_builds,
    inspect_layouts,
)
from sbom.release.documents import (
    Outputs,
    list_documents,
    previous_created,
    release_comment,
    write_sboms,
)
from sbom.release.index import INDEX, read_index
from sbom.release.parts import check_part, check_part_agreement, part_boms, read_parts
from sbom.release.published_directory import (
    read_published_documents,
    read_published_release,
    stale_documents,
)
from sbom.release.release_bom import compose_release, release_name
from sbom.reports import print_note, print_report
from sbom.validation.invariants import check_document_invariants
from sbom.vex.document import apply_statements, write_vex
from sbom.vex.read import read_statements
from sbom.vex.statement import Statement


def run(options: ReleaseOptions, environment: Environment) -> int:
    """Write the documents of a release, or compare published ones with each other."""
    inputs = read_inputs(options)
    manifest = inputs.manifest
    if options.check:
        return _check_published(options, manifest)
    require_output_directory(options.output, "--output")
    for vex_file in options.vex_file:
        require_output_file(vex_file, "--vex-file")
    unpinned, blockers = _release_blockers(options, inputs)
    outputs = Outputs(
        options.artifacts if options.in_place else options.output,
        select_formats(options.format),
        in_place=options.in_place,
    )
    created = _creation_time(outputs, release_name(manifest), environment)
    statements, vex_path = _read_statements(options, inputs)
    contents, triage = _inspect_release(options, inputs, created, blockers)
    comment = release_comment(manifest, unpinned, contents)
    bom, conflicts = compose_release(manifest, contents, created, comment)
    if invalid := [*conflicts, *check_licenses(bom)]:
        raise SbomError(invalid)
    written = write_sboms(manifest, bom, contents, outputs)
    documents = list_documents(written, manifest.cpython.version, contents.missing, outputs)
    vex, unmatched = _write_vex(
        options,
        inputs,
        statements,
        vex_path,
        bom=bom,
        missing=contents.missing,
        namespaces=written.namespaces,
    )
    triage = triage.merge(unmatched)
    if options.attest:
        attestations = write_attestations(documents, contents, outputs)
        triage = triage.merge(_stop_for_errors(inputs, attestations.diagnostics, ()))
        documents = {**attestations.documents, **documents}
    writes = outputs.plan_writes(documents, vex, replace_existing=options.replace)
    stale = stale_documents(outputs.directory, documents)
    io.write_all(writes)
    for name in stale:
        print_note(options, f"{outputs.directory / name}: was written by an earlier run; delete it")
    slices = sum(artifact.is_standalone for artifact in contents.artifacts)
    text = "\n".join(printable(str(path)) for path in writes)
    text = text or f"{printable(str(outputs.directory))} is up to date"
    text += (
        f"\nCPython {manifest.cpython.version}: {count(slices, 'artifact')}, "
        f"{count(len(bom.components), 'package')}, {count(len(bom.files), 'file')}"
        f"{_partial_note(contents.missing)}\n"
    )
    results = {
        "written": [str(path) for path in writes],
        "artifacts": slices,
        "packages": len(bom.components),
        "files": len(bom.files),
        "missing": list(contents.missing),
    }
    print_report(options, triage.active, text=text, results=results, exempted=triage.exempted)
    return Exit.OK


def _read_statements(options: ReleaseOptions, inputs: Inputs) -> tuple[tuple[Statement, ...], str]:
    """Return the statements of vex.toml, if they are asked for, and the path of the file."""
    if not options.vex_file:
        return (), ""
    text, path = read_vex_file(inputs)
    if not text:
        hint = "write one; docs/vex.md explains it"
        raise usage_error("--vex-file", f"there are no statements: {path} is missing", hint)
    return read_statements(text, path), path


def _write_vex(
    options: ReleaseOptions,
    inputs: Inputs,
    statements: Sequence[Statement],
    vex_path: str,
    *,
    bom: Bom,
    missing: Sequence[str],
    namespaces: Mapping[str, str],
) -> tuple[dict[Path, bytes], Triage]:
    """Return the VEX documents that are asked for, by path, and statements that match nothing.

    ``namespaces`` are those of the artifacts' SBOMs. Raises SbomError for statements that
    contradict each other.
    """
    if not options.vex_file:
        return {}, Triage(active=(), exempted=())
    found = apply_statements(
        statements, vex_path, inputs.manifest, bom, namespaces, partial=bool(missing)
    )
    triage = _stop_for_errors(inputs, found.diagnostics, ())
    if not found.statements:
        paths = ", ".join(map(str, options.vex_file))
        print_note(options, f"{paths}: not written: no statement is true of this release")
        return {}, triage
    written = {
        path: write_vex(path.name, found.statements, bom, namespaces) for path in options.vex_file
    }
    return written, triage


def _partial_note(artifacts: Sequence[str]) -> str:
    """Return how many artifacts of a partial release are missing; empty if none is."""
    return f"; partial: {count(len(artifacts), 'artifact')} missing" if artifacts else ""


def _release_blockers(
    options: ReleaseOptions, inputs: Inputs
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return the missing checksums that are allowed, and what stops a release."""
    active = triage_inputs(inputs).active
    blockers = failing(active, strict=True)
    if not options.allow_unpinned:
        return [], [_with_alternative(diagnostic) for diagnostic in blockers]
    unpinned = [diagnostic for diagnostic in active if diagnostic.code is Code.MISSING_CHECKSUM]
    for diagnostic in unpinned:
        print_note(options, f"{diagnostic} [allowed by --allow-unpinned]")
    return unpinned, [diagnostic for diagnostic in blockers if diagnostic not in unpinned]


def _with_alternative(blocker: Diagnostic) -> Diagnostic:
    """Return what stops a release, that of a missing checksum with what this verb offers."""
    if blocker.code is not Code.MISSING_CHECKSUM:
        return blocker
    hint = f"{blocker.hint}; or release without it: --allow-unpinned"
    return replace(blocker, hint=hint)


def _creation_time(outputs: Outputs, name: str, environment: Environment) -> datetime:
    """Return the time of creation: that of an earlier run, so that a run again is the same."""
    previous = None if environment.get("SOURCE_DATE_EPOCH") else previous_created(outputs, name)
    return previous or creation_time(environment)


def _inspect_release(
    options: ReleaseOptions,
    inputs: Inputs,
    created: datetime,
    blockers: Sequence[Diagnostic],
) -> tuple[ReleaseContents, Triage]:
    """Return what a release is made of, and the warnings about it.

    Raises SbomError with the ``blockers`` and all that is wrong with the artifacts.
    """
    manifest = inputs.manifest
    artifact_set = classify_artifacts(
        list_artifact_paths(options.artifacts),
        manifest,
        str(options.artifacts),
        partial=options.partial,
    )
    layouts = inspect_layouts(options.layout, manifest)
    read = read_parts(options.platform_sbom, layouts, manifest)
    of_parts = [
        diagnostic
        for part in read.values()
        for diagnostic in (
            *check_part(part, manifest),
            *check_document_invariants(parse_json(part.data, str(part.path)), str(part.path)),
            *check_part_agreement(part, manifest),
        )
    ]
    build_boms = part_boms(read)
    known: dict[str, dict[str, str]] = {
        **{name: _by_path(layout.files) for name, (_, layout) in layouts.items()},
        **{
            name: _by_path(build.bom.files) for name, build in build_boms.items() if build.bom.files
        },
    }
    artifacts, diagnostics = inspect_artifacts(
        options.artifacts, artifact_set.artifacts, manifest, known
    )
    of_layouts = [diagnostic for _, layout in layouts.values() for diagnostic in layout.diagnostics]
    of_builds = [*of_layouts, *of_parts]
    found = [*artifact_set.diagnostics, *diagnostics, *of_builds]
    triage = _stop_for_errors(inputs, found, blockers)
    builds = {
        contents.build.name: (replace(contents.build, channel=""), None) for contents in artifacts
    }
    unstated = {name: build for name, build in builds.items() if name not in build_boms}
    build_boms |= compose_builds(manifest, {**unstated, **layouts}, created, artifacts)
    missing = tuple(sorted(artifact.file for artifact in artifact_set.missing))
    return ReleaseContents(artifacts, tuple(build_boms.values()), missing), triage


def _by_path(files: Iterable[ShippedFile | BomFile]) -> dict[str, str]:
    return {file.path: file.sha256 for file in files}


def _stop_for_errors(
    inputs: Inputs, diagnostics: Sequence[Diagnostic], blockers: Sequence[Diagnostic]
) -> Triage:
    """Raise SbomError with what is not exempted; return warnings and what is exempted."""
    triage = triage_inputs(inputs, diagnostics, (Area.SHIPPED_FILES, Area.RELEASE))
    found = set(diagnostics)
    active = tuple(diagnostic for diagnostic in triage.active if diagnostic in found)
    if errors := [*blockers, *failing(active)]:
        raise SbomError(errors, strict=True, exemptible=True)
    exempted = tuple(pair for pair in triage.exempted if pair[0] in found)
    return Triage(active=active, exempted=exempted)


def _check_published(options: ReleaseOptions, manifest: Manifest) -> int:
    """Print everything that is wrong with a published release."""
    directory = options.artifacts
    is_in_place = (directory / INDEX).is_file() or options.in_place
    documents_directory = directory if is_in_place else options.output
    documents = read_published_documents(documents_directory)
    # The release that was published, not the one of the manifest.
    index = read_index(documents.get(INDEX))
    version = index.version if index else manifest.cpython.version
    manifest = manifest.for_version(version)
    published, wrong = read_published_release(directory, documents_directory, documents, manifest)
    found = [*wrong, *check_published_release(published), *_check_documents(documents)]
    triage = triage_diagnostics(found, manifest, ())
    diagnostics = triage.active
    errors = count(len(diagnostics), "error")
    artifacts = len(published.files)
    missing = index.missing if index else ()
    counted = ", ".join([count(artifacts, "artifact"), count(len(documents), "document"), errors])
    results = {
        "artifacts": artifacts,
        "documents": len(documents),
        "missing": list(missing),
    }
    text = f"{printable(str(directory))}: {counted}{_partial_note(missing)}\n"
    print_report(
        options, diagnostics, text=text, results=results, exempted=triage.exempted, is_check=True
    )
    return Exit.ERRORS if diagnostics else Exit.OK


def _check_documents(documents: Mapping[str, bytes]) -> Iterator[Diagnostic]:
    """Yield violations of invariants in each document that can be read at all."""
    for path, data in documents.items():
        if is_document(path):
            with suppress(SbomError):
                yield from check_document_invariants(parse_json(data, path), path)
