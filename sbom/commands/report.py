"""``report``: one HTML page about a release, read from its index and its SBOM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

from sbom import io
from sbom.diagnostics import Diagnostic, Exit, only_read
from sbom.diagnostics.render import count, printable
from sbom.inputs import read_inputs, require_output_file, triage_inputs
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.options.shared import InputOptions
from sbom.options.verbs import ReleaseReportOptions
from sbom.release.published_directory import read_release
from sbom.release_report.changes import compare_releases
from sbom.release_report.composition import compose_report
from sbom.release_report.page import render_page
from sbom.release_report.rows import ManifestNotes
from sbom.reports import print_report


def run(options: ReleaseReportOptions) -> int:
    """Write the page about a release, and print how much is on it."""
    require_output_file(options.output, "--output")
    index, document, bom = read_release(options.release)
    with only_read():
        notes = _read_notes(options.manifest, index.version)
    report = compose_report(bom, index, document, manifest=notes)
    if options.since is not None:
        index, document, earlier = read_release(options.since)
        changes = compare_releases(compose_report(earlier, index, document), report)
        report = replace(report, changes=changes)
    io.write_all({options.output: render_page(report)})
    counted = {
        "artifact": len(report.artifacts),
        "component": len(report.components),
        "file": len(bom.files),
    }
    totals = ", ".join(count(number, noun) for noun, number in counted.items())
    print_report(
        options,
        (),
        text=f"{printable(str(options.output))}: {totals}\n",
        results={"page": str(options.output)}
        | {f"{noun}s": number for noun, number in counted.items()},
    )
    return Exit.OK


def _read_notes(path: Path, version: str) -> ManifestNotes:
    """Return what a manifest states about the release of a version; nothing, if it is of another.

    No local path is in it.
    """
    inputs = read_inputs(InputOptions(manifest=path, quiet=True, verbose=False))
    manifest = inputs.manifest
    if manifest.cpython.version != version:
        return ManifestNotes(file=path.name, version=manifest.cpython.version)
    triage = triage_inputs(inputs)
    return ManifestNotes(
        file=path.name,
        version=version,
        diagnostics=tuple(_without_directory(diagnostic) for diagnostic in triage.active),
        exempted=tuple(
            (_without_directory(diagnostic), reason) for diagnostic, reason in triage.exempted
        ),
        exemptions=tuple(
            exemption
            for exemption in manifest.exemptions
            if line_in_range(manifest.cpython.line, exemption.lines)
            and version_in_range(version, exemption.versions)
        ),
    )


def _without_directory(diagnostic: Diagnostic) -> Diagnostic:
    location = diagnostic.location
    return replace(diagnostic, location=replace(location, path=PurePath(location.path).name))
