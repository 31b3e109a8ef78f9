"""Documents that ``build`` wrote on other machines, read and checked as parts of a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from sbom.bom.bom import Bom
from sbom.bom.compose import compose_build, derived_namespace
from sbom.bom.expected_contents import expected_contents
from sbom.bom.ownership import assign_owners, present_components
from sbom.components.component import Build, Component
from sbom.diagnostics import Code, Diagnostic, InputError, Location
from sbom.diagnostics.io_messages import invalid_usage
from sbom.diagnostics.release_messages import rejected_part
from sbom.formats import read_document
from sbom.io import DOCUMENT_LIMIT, read_bytes
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.model import Manifest
from sbom.release.build_record import BuildRecord, read_record, record_path
from sbom.release.contents import BuildBom, builds_of
from sbom.verification.shown_components import key_found_by_evidence

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A document of ``--platform-sbom`` with the record that ``build`` wrote beside it."""

    path: Path
    data: bytes
    bom: Bom
    build: Build
    record: BuildRecord


def read_parts(
    paths: Sequence[Path], layouts: Mapping[str, object], manifest: Manifest
) -> dict[str, Part]:
    """Return the parts at paths, by the name of their build.

    Raises InputError with every one that cannot be read, is not of this release, or is of a build
    that has a layout or a part already.
    """
    parts: dict[str, Part] = {}
    diagnostics: list[Diagnostic] = []
    for path in paths:
        try:
            part = _read_part(path, manifest)
        except InputError as error:
            diagnostics += error.diagnostics
            continue
        name = part.build.name
        if name in parts or name in layouts:
            hint, what = "give each build one layout or SBOM", f"is a second part for {name}"
            diagnostics.append(invalid_usage(f"--platform-sbom {path}", what, hint))
        else:
            parts[name] = part
    if diagnostics:
        raise InputError(diagnostics)
    return parts


def _read_part(path: Path, manifest: Manifest) -> Part:
    data = read_bytes(path, DOCUMENT_LIMIT)
    bom = read_document(data, str(path))
    builds = builds_of(manifest)
    name = bom.name.removeprefix(f"python-{manifest.cpython.version}-")
    if name not in builds or len(bom.roots) != 1:
        hint = f"name what build wrote for {', '.join(builds)} of {manifest.cpython.version}"
        what = "is not the SBOM of a build of the manifest"
        raise InputError([invalid_usage(f"--platform-sbom {path}", what, hint)])
    record = read_record(record_path(path))
    return Part(path=path, data=data, bom=bom, build=builds[name], record=record)


def check_part(part: Part, manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield why a part must not be in a release that a manifest describes."""
    file, record = str(part.path), part.record
    sha256 = hashlib.sha256(part.data).hexdigest()
    recorded = record.documents.get(part.path.name)
    if recorded is None:
        message = f"{record_path(part.path).name} is not the record of this document"
        yield rejected_part(file, message)
    elif sha256 != recorded:
        yield rejected_part(
            file,
            f"expected SHA-256 {recorded[:12]}… as {record_path(part.path).name} records, "
            f"found {sha256[:12]}…",
        )
    if record.digest_cache:
        hint = "run build again without --digest-cache"
        yield rejected_part(file, "checksums in it are those of an earlier run", hint=hint)
    for error in record.errors:
        where = ": ".join(filter(None, (error.file, error.subject)))
        yield rejected_part(
            file, f"was built although {where}: {error.message} [{error.id} {error.name}]"
        )
    accepted = [
        Diagnostic(
            code=Code(exempted.name),
            location=Location(exempted.file),
            message=exempted.message,
            subject=exempted.subject,
        )
        for exempted in record.exempted
        if exempted.name in {*Code} and exempted.severity == "error"
    ]
    for diagnostic in triage_diagnostics(accepted, manifest, ()).active:
        yield rejected_part(
            file,
            f"was built with an exemption of {diagnostic.code} for {diagnostic.exemption_key}, "
            f"which {manifest.file} does not have",
        )
    if part.bom.is_incomplete and not record.errors:
        yield rejected_part(file, "states that it is incomplete: errors were found in its build")


def check_part_agreement(part: Part, manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield where a part is not what the manifest of the release describes.

    A part with files may state other versions that these show, and lack what the layout lacked.
    """
    file, actual = str(part.path), {component.id: component for component in part.bom.components}
    bom = compose_build(manifest, part.build, part.bom.creation.created or _EPOCH)
    expected = {component.id: component for component in bom.components}
    shown = set(filter(None, map(key_found_by_evidence, actual)))
    hint = "run build again with the externals.toml of the release"
    absent = set() if not part.bom.files else _absent_components(part, manifest)
    for id_ in sorted(expected.keys() - actual.keys() - absent):
        if not (part.bom.files and id_ in shown):
            message = f"expected {expected[id_].title} as the manifest describes it, found none"
            yield rejected_part(file, message, subject=id_, hint=hint)
    for id_ in sorted(actual.keys() - expected.keys()):
        if not (part.bom.files and key_found_by_evidence(id_)):
            message = f"lists {actual[id_].title}, which the manifest does not describe"
            yield rejected_part(file, message, subject=id_, hint=hint)
    changeable = ("comment", "source_info", "checksums", "annotation", "purl", "file_name")
    skipped = changeable if "externals" in part.record.inputs else ()
    for id_ in sorted(expected.keys() & actual.keys()):
        for field in fields(Component):
            wanted, found = (getattr(side, field.name) for side in (expected[id_], actual[id_]))
            if wanted != found and field.name not in skipped:
                name = field.name.replace("_", " ")
                message = (
                    f"expected {name} {_in_words(wanted)} as in the manifest, "
                    f"found {_in_words(found)}"
                )
                yield rejected_part(file, message, subject=id_, hint=hint)
    if derived_namespace(manifest, part.bom) != part.bom.namespace:
        message = "its namespace is not that of its contents: it was changed after build wrote it"
        yield rejected_part(file, message, hint=hint)


def _in_words(value: object) -> str:
    """Return a value of a component as people write it; "none" if it is empty."""
    if isinstance(value, tuple):
        parts = (" ".join(part) if isinstance(part, tuple) else str(part) for part in value)
        return ", ".join(parts) or "none"
    return str(value) or "none"


def _absent_components(part: Part, manifest: Manifest) -> set[str]:
    """Return the ids of components none of whose files are in the layout of a part."""
    contents = expected_contents(manifest, [part.build])
    inventory = assign_owners([file.path for file in part.bom.files], contents)
    present = {component.id for component in present_components(contents, inventory)}
    codes = (Code.MISSING_FILE, Code.MISSING_COMPONENT)
    exempted = {each.subject for each in part.record.exempted if each.name in codes}
    names = {component.id: component.name for component in contents.components}
    missing = {id_ for id_, file in inventory.missing if exempted.isdisjoint((file, names[id_]))}
    return {component.id for component in contents.components} - present - missing


def part_boms(parts: Mapping[str, Part]) -> dict[str, BuildBom]:
    """Return the BOMs of parts, by the name of their build."""
    return {name: BuildBom(part.build, part.bom) for name, part in parts.items()}
