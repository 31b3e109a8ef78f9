"""``build``: one SBOM for each platform."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from sbom import io
from sbom.bom.bom import incomplete_sentence
from sbom.bom.compose import TOOL, compose_build
from sbom.bom.license_texts import check_licenses
from sbom.components.component import Build
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.inspection_messages import other_python_version
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.render import count, printable
from sbom.files.hash_ahead import HashAhead
from sbom.formats import select_formats
from sbom.inputs import (
    Environment,
    Inputs,
    creation_time,
    read_inputs,
    require_output_directory,
    select_platforms,
    select_variant,
    triage_inputs,
    triage_unlocated,
)
from sbom.manifest.channels import DEFAULT
from sbom.manifest.exemptions import Triage
from sbom.manifest.model import Manifest
from sbom.options.verbs import BuildOptions
from sbom.release.build_record import (
    BuildRecord,
    compose_record,
    digest_files,
    digest_text,
    record_path,
    write_record,
)
from sbom.reports import print_note, print_report
from sbom.source_tree.build_externals import BuildExternals, list_build_externals
from sbom.verification.inspection import Inspection, inspect_layout
from sbom.verification.results import ResultStatus

#: What an externals directory can have of which no document is written, not even an incomplete one.
_NEVER_WRITTEN = (Code.AMBIGUOUS_EXTERNAL, Code.OTHER_DIRECTORY)


def run(options: BuildOptions, environment: Environment, ahead: HashAhead | None = None) -> int:
    """Write one SBOM for each platform, and a record beside it.

    ``ahead`` hashes the layout already.
    """
    formats = select_formats(options.format)
    require_output_directory(options.output, "--output")
    inputs = read_inputs(options)
    warnings = triage_unlocated(inputs).active
    if failing(warnings):
        raise SbomError(failing(triage_inputs(inputs).active), exemptible=True)
    manifest = inputs.manifest
    externals, externals_diagnostics = _select_externals(options, manifest)
    builds = [
        Build(platform=platform, variant=variant, pins=externals.pins, notes=externals.notes)
        for variant in [select_variant(options.variant or DEFAULT, manifest)]
        for platform in select_platforms(options.platform, manifest)
    ]
    layout = None
    if options.layout is not None:
        build, layout = _inspect_layout(options, options.layout, manifest, builds, ahead)
        builds = [build]
    created = creation_time(environment)
    of_layout = layout.diagnostics if layout else ()
    triage = _triage_described(inputs, (*externals_diagnostics, *of_layout))
    errors = failing(triage.active)
    _print_warnings(options, len(warnings))
    if errors and not options.keep_going:
        print_report(options, triage.active, text="", results={"documents": []})
        print_note(options, "no document was written; --keep-going writes incomplete ones")
        return Exit.ERRORS
    comment = externals.comment or manifest.document.comment
    if errors:
        comment = f"{comment.strip()} {incomplete_sentence(count(len(errors), 'error'))}"
    boms = [
        compose_build(manifest, build, created, comment=comment, contents=layout)
        for build in builds
    ]
    if invalid := [diagnostic for bom in boms for diagnostic in check_licenses(bom)]:
        raise SbomError(invalid)
    recorded = replace(triage, active=(*warnings, *triage.active))
    record = structs.replace(
        _record(options, inputs, externals, layout, recorded),
        digest_cache=layout is not None and options.digest_cache,
    )
    written = [
        (
            bom,
            {
                options.output / f"{bom.name}{document_format.suffix}": document_format.write(bom)
                for document_format in formats
            },
        )
        for bom in boms
    ]
    writes: dict[Path, bytes] = {}
    for _, documents in written:
        writes |= documents | _record_documents(record, documents)
    io.write_all(writes)
    rows = [(path, bom) for bom, documents in written for path in documents]
    text = ""
    for path, bom in rows:
        counted = f", {count(len(bom.files), 'file')}" if layout else ""
        text += f"{printable(str(path))}: {count(len(bom.components), 'package')}{counted}\n"
    results = [
        {"file": str(path), "packages": len(bom.components), "files": len(bom.files)}
        for path, bom in rows
    ]
    print_report(options, triage.active, text=text, results={"documents": results})
    return Exit.ERRORS if errors else Exit.OK


def _record_documents(record: BuildRecord, documents: Mapping[Path, bytes]) -> dict[Path, bytes]:
    """Return the record of the documents of one build, by its path."""
    digests = {path.name: hashlib.sha256(data).hexdigest() for path, data in documents.items()}
    [path] = {record_path(path) for path in documents}
    return {path: write_record(structs.replace(record, documents=digests))}


def _triage_described(inputs: Inputs, diagnostics: Sequence[Diagnostic]) -> Triage:
    """Return what is wrong with the directories that are described."""
    areas = (Area.EXTERNALS_DIRECTORY, Area.SHIPPED_FILES)
    triage = triage_unlocated(inputs, diagnostics, areas)
    found = set(diagnostics)
    return replace(
        triage, active=tuple(diagnostic for diagnostic in triage.active if diagnostic in found)
    )


def _print_warnings(options: BuildOptions, warnings: int) -> None:
    """Print how many warnings the manifest has."""
    if warnings:
        them = "it" if warnings == 1 else "them"
        text = f"{options.manifest}: {count(warnings, 'warning')}"
        print_note(options, f"{text}; run 'nox -s check' to see {them}")


def _record(
    options: BuildOptions,
    inputs: Inputs,
    externals: BuildExternals,
    layout: Inspection | None,
    triage: Triage,
) -> BuildRecord:
    """Return the record of a build, for no document yet."""
    named = {"layout": options.layout, "externals": options.externals}
    return compose_record(
        tool=TOOL,
        digests={
            "manifest": digest_text(inputs.text),
            "script": inputs.script_sha256,
            "externals": externals.digest,
            "layout": digest_files(layout.files) if layout else "",
        },
        triage=triage,
        directories={str(path): name for name, path in named.items() if path is not None},
    )


def _select_externals(
    options: BuildOptions, manifest: Manifest
) -> tuple[BuildExternals, tuple[Diagnostic, ...]]:
    """Return the externals of a build, and what is wrong with the directory that has them.

    Without one, they are those of the manifest. Raises SbomError where it is not known which
    external a directory is, or none is there.
    """
    if options.externals is None:
        comment = manifest.layout.comment if options.layout else ""
        return BuildExternals(comment=comment), ()
    # What reads archives takes 12 ms to import, and is needed with --externals only.
    from sbom.checks.externals_directory import check_externals_dir  # noqa: PLC0415
    from sbom.download.cache import Cache  # noqa: PLC0415
    from sbom.source_tree.fetched_externals import read_externals_dir  # noqa: PLC0415

    cache = Cache(io.default_cache_dir())
    directory = read_externals_dir(options.externals, manifest, cache.read)
    diagnostics = tuple(check_externals_dir(directory, manifest))
    if errors := [diagnostic for diagnostic in diagnostics if diagnostic.code in _NEVER_WRITTEN]:
        raise SbomError(errors)
    return list_build_externals(directory, manifest), diagnostics


def _inspect_layout(
    options: BuildOptions,
    directory: Path,
    manifest: Manifest,
    builds: Sequence[Build],
    ahead: HashAhead | None,
) -> tuple[Build, Inspection]:
    """Return the build of the layout, and its contents: of all variants, if none is named."""
    if len(builds) != 1:
        hint = "add --platform with one of " + ", ".join(build.platform for build in builds)
        raise usage_error("--layout", "is the layout of one platform", hint)
    every = options.variant is None
    found = inspect_layout(directory, manifest, builds[0], all_variants=every, ahead=ahead)
    _refuse_other_cpython(directory, manifest, found[1])
    return found


def _refuse_other_cpython(directory: Path, manifest: Manifest, layout: Inspection) -> None:
    """Raise SbomError if binaries show another CPython version, and none the manifest's.

    Name, identifiers and namespace of a document are those of the manifest's version, so that not
    even an incomplete one can describe these files.
    """
    results = [result for result in layout.results if result.key == manifest.cpython.component]
    others = [
        result.found_text for result in results if result.status is ResultStatus.VERSION_MISMATCH
    ]
    if others and not any(result.status is ResultStatus.CONFIRMED for result in results):
        found = max(others, key=lambda version: (others.count(version), version))
        recorded = manifest.cpython.version.rstrip("+")
        hint = f"name the manifest of {found} with --manifest; regen makes it from a script or tree"
        raise SbomError([other_python_version(str(directory), recorded, found, hint)])
