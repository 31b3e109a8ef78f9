"""``release``: one Windows SBOM for all channels, and a slice of it for every artifact."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sbom import io as files
from sbom.bom.compose import creation_info
from sbom.diagnostics import Code, Diagnostic, Exit, SbomError, failing, sort_diagnostics
from sbom.diagnostics.catalog import Area
from sbom.diagnostics.render import render
from sbom.formats.spdx2 import Built
from sbom.formats.spdx2_json import Renderer
from sbom.inputs import Inputs, creation_time, read_inputs, triage_inputs
from sbom.manifest.model import Manifest
from sbom.options import Environment
from sbom.release.artifact_set import classify_artifacts
from sbom.release.artifacts import describe, paths_below
from sbom.release.builds import layouts_of, part_of, parts_of
from sbom.release.contents import DescribedArtifact
from sbom.release.document import build_release_document
from sbom.release.index import Written, index, index_bytes
from sbom.release.outputs import Outputs, previous_created
from sbom.release.packages import basis_of
from sbom.release.parts import PlatformSbom
from sbom.release.published import INDEX, SUMS
from sbom.release.published_dir import check_published
from sbom.release.slices import SliceExtractor


@dataclass(frozen=True, slots=True)
class Inside:
    """Everything that a release is made of."""

    described: tuple[DescribedArtifact, ...]
    parts: tuple[PlatformSbom, ...]


def run(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write the documents of a release, or hold published ones against themselves."""
    inputs = read_inputs(arguments)
    if arguments.check:
        return check_published(arguments, inputs.manifest)
    unpinned, closed = _gate(inputs, allow_unpinned=arguments.allow_unpinned)
    inputs = replace(inputs, manifest=_with_comment(inputs.manifest, unpinned))
    outputs = Outputs.named(arguments, inputs.manifest)
    when = previous_created(outputs, environment) or creation_time(environment)
    inside = _look(arguments, inputs, when, closed)
    documents, summary = _documents(inputs.manifest, inside, outputs, when)
    written = outputs.place(documents, replace_all=arguments.replace)
    files.write_all(written)
    lines = [str(path) for path in written] or [f"{outputs.folder} is up to date"]
    print("\n".join([*lines, summary]))
    return Exit.OK


def _gate(inputs: Inputs, *, allow_unpinned: bool) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return what is unpinned and allowed to be, and what a release has to wait for."""
    judged = triage_inputs(inputs)
    unpinned = [problem for problem in judged.active if problem.code is Code.MISSING_CHECKSUM]
    blocking = failing(judged.active, strict=True)
    if allow_unpinned:
        blocking = [problem for problem in blocking if problem not in unpinned]
        for problem in unpinned:
            print(f"RELEASED UNPINNED: {problem}", file=sys.stderr)
    return unpinned if allow_unpinned else [], blocking


def _with_comment(manifest: Manifest, unpinned: Sequence[Diagnostic]) -> Manifest:
    """Return the manifest whose documents say what a release's say."""
    parts = [manifest.release.comment or manifest.document.comment]
    if unpinned:
        named = ", ".join(sorted(problem.subject for problem in unpinned))
        parts.append(f"Released with --allow-unpinned; no checksum is known of {named}.")
    comment = " ".join(part.strip() for part in parts)
    creation = creation_info(manifest, datetime.now(UTC), comment)
    return replace(manifest, document=replace(manifest.document, comment=creation.comment))


def _look(
    arguments: argparse.Namespace, inputs: Inputs, when: datetime, closed: Sequence[Diagnostic]
) -> Inside:
    """Return what a release is made of.

    Raises SbomError with what nobody has accepted of it, and with what the gate is ``closed``
    for.
    """
    manifest = inputs.manifest
    found = classify_artifacts(
        paths_below(arguments.artifacts), manifest, partial=arguments.partial
    )
    layouts = layouts_of(arguments.layout, manifest)
    parts = parts_of(arguments.platform_sbom, layouts, manifest, when)
    described, wrong = describe(arguments.artifacts, found.artifacts, manifest)
    of_layouts = [problem for _, looked in layouts.values() for problem in looked.problems]
    _refuse(inputs, sort_diagnostics([*found.problems, *wrong, *of_layouts]), closed)
    for one in described:
        if one.build.name not in parts:
            build = replace(one.build, channel="")
            parts[build.name] = part_of(manifest, build, when)
    return Inside(described, tuple(parts.values()))


def _refuse(inputs: Inputs, problems: Sequence[Diagnostic], closed: Sequence[Diagnostic]) -> None:
    """Raise SbomError with what nobody has accepted of the artifacts; print what is accepted."""
    judged = triage_inputs(inputs, problems, (Area.SHIPPED_FILES, Area.RELEASE))
    mine = [one for one in judged.active if one in set(problems)]
    if blocking := [*closed, *failing(mine)]:
        raise SbomError(blocking, strict=True)
    print(render(mine, "text"), end="", file=sys.stderr)
    for problem, reason in judged.exempted:
        if problem in set(problems):
            print(f"{problem} [exempted: {problem.code}]\n    {' '.join(reason.split())}")


def _documents(
    manifest: Manifest, inside: Inside, outputs: Outputs, when: datetime
) -> tuple[dict[str, bytes], str]:
    """Return everything a release writes, by its path, and a line that sums it up."""
    built = build_release_document(manifest, inside.parts, inside.described, when)
    if built.problems:
        raise SbomError(built.problems)
    renderer = Renderer()
    data = renderer.rendered(built.data)
    first = Written(outputs.whole, built.data["documentNamespace"], data)
    slices = list(_slices(built, inside, outputs, renderer))
    documents = {one.path: one.data for one in (first, *(written for *_, written in slices))}
    version = manifest.cpython.version
    documents[INDEX] = index_bytes(index(version, first, slices))
    documents[SUMS] = outputs.sums(documents, inside.described)
    told = f"{len(slices)} artifacts, {len(built.data['packages'])} packages"
    return documents, f"CPython {version}: {told}, {len(built.data['files'])} files"


def _slices(
    built: Built, inside: Inside, outputs: Outputs, renderer: Renderer
) -> Iterator[tuple[DescribedArtifact, str, Written]]:
    cutter = SliceExtractor(built.data)
    roots = {package["name"]: package["SPDXID"] for package in built.data["packages"]}
    with_files = {part.build.name for part in inside.parts if part.data["files"]}
    for one in sorted(inside.described, key=lambda one: one.path):
        if one.alone:
            file = one.artifact.file
            namespace = f"{outputs.address(one)}.spdx.json"
            data = renderer.rendered(cutter.slice(roots[file], file, namespace))
            written = Written(outputs.beside(one), namespace, data)
            yield one, basis_of(one, with_files).word, written
