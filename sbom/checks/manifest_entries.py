"""The manifest by itself: what is missing, undescribed, unused or contradictory in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.bom.licenses import unknown_licenses
from sbom.components.versions import (
    applies,
    is_source_mismatch,
    resolve_version,
    shipped_version,
    vendored_components,
)
from sbom.diagnostics import Diagnostic, Location, sort_diagnostics
from sbom.diagnostics import manifest_messages as messages
from sbom.manifest.component_spec import PLACEHOLDER, ComponentSpec, Inclusion
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.manifest.tables import KeyPath, find_texts, format_key_path

#: A purl without qualifiers and escapes: the form of nearly all.
_PLAIN_PURL = re.compile(r"pkg:[a-z]+(/[a-z0-9._-]+){1,2}(#[a-z_]+)?")
_LICENSE_REF = re.compile(r"LicenseRef-[\w.-]+")
_LICENSES = ("license-concluded", "license-declared")
_LICENSE_HINT = "use ids of spdx.org/licenses, joined by AND, OR and WITH, or a LicenseRef"


def check_manifest(manifest: Manifest) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong inside the manifest, exempted or not, in order."""
    return sort_diagnostics(
        [
            *_missing_checksums(manifest),
            *_mirror_checksums(manifest),
            *_conflicting_references(manifest),
            *_placeholders(manifest),
            *_invalid_licenses(manifest),
            *_invalid_purls(manifest),
            *_undescribed_externals(manifest),
            *_undescribed_vendored(manifest),
            *_missing_vendored(manifest),
            *_unused_components(manifest),
            *_missing_references(manifest),
            *_unknown_versions(manifest),
            *_source_mismatches(manifest),
        ]
    )


def _missing_checksums(manifest: Manifest) -> Iterator[Diagnostic]:
    for pin in manifest.pins:
        if not pin.sha256 and pin.is_archive:
            hint = "run with network access: nox -s regen"
            yield messages.missing_checksum(manifest.file, str(pin.key), pin.tag, hint)
    cpython = manifest.cpython
    if not cpython.sha256:
        hint = "set 'sha256' to what python.org publishes"
        yield messages.missing_checksum(manifest.file, "cpython", cpython.source_location, hint)


def _mirror_checksums(manifest: Manifest) -> Iterator[Diagnostic]:
    for pin in manifest.pins:
        if pin.mirror:
            yield messages.mirror_checksum(manifest.file, str(pin.key), pin.tag, pin.mirror)


def _conflicting_references(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield checksums and digests of a tag that the reference data state otherwise."""
    reference = manifest.reference
    for pin in manifest.pins:
        is_usual = manifest.is_usual_archive(pin)
        known = reference.archives[pin.key.kind].get(pin.tag) if is_usual else ""
        if pin.sha256 and known and known != pin.sha256:
            yield messages.conflicting_reference(
                manifest.file, f"{pin.key}.sha256", pin.tag, "sbom/data/archives.toml"
            )
        digests = reference.dll_digests.get(pin.tag, {}) if pin.dll_digests else {}
        if any(digests.get(path, digest) != digest for path, digest in pin.dll_digests.items()):
            yield messages.conflicting_reference(
                manifest.file, f"{pin.key}.dll-digests", pin.tag, "sbom/data/dll_digests.toml"
            )


def _own_components(manifest: Manifest) -> Iterator[ComponentSpec]:
    """Yield the components that the manifest itself has."""
    return (spec for spec in manifest.components if spec.key not in manifest.reference_components)


def _texts(spec: ComponentSpec) -> Iterator[tuple[KeyPath, str]]:
    return find_texts(spec, ("component", spec.key))


def _placeholders(manifest: Manifest) -> Iterator[Diagnostic]:
    for spec in _own_components(manifest):
        for path, text in _texts(spec):
            if text == PLACEHOLDER:
                yield messages.placeholder(manifest.file, format_key_path(path))


def _invalid_licenses(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield what is neither on the SPDX license list nor a ``LicenseRef-`` in an expression."""
    for spec in _own_components(manifest):
        for path, text in _texts(spec):
            if path[-1] in _LICENSES and text != PLACEHOLDER:
                for unknown in unknown_licenses(text):
                    if not _LICENSE_REF.fullmatch(unknown):
                        message = f"expected an SPDX license expression, found '{unknown}'"
                        yield messages.invalid_manifest(
                            Location(manifest.file), format_key_path(path), message, _LICENSE_HINT
                        )


def _invalid_purls(manifest: Manifest) -> Iterator[Diagnostic]:
    for spec in _own_components(manifest):
        if spec.purl in ("", PLACEHOLDER) or _PLAIN_PURL.fullmatch(spec.purl):
            continue
        from packageurl import PackageURL  # noqa: PLC0415 - for purls that are not plain

        try:
            PackageURL.from_string(spec.purl)
        except ValueError as error:
            message = f"expected a package URL, found '{spec.purl}': {error}"
            hint = "write it as github.com/package-url/purl-spec describes"
            key_path = format_key_path(("component", spec.key, "purl"))
            yield messages.invalid_manifest(Location(manifest.file), key_path, message, hint)


def _undescribed_externals(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield externals that no component describes, or not at their revision."""
    sources = {built.source for spec in manifest.components for built in spec.built_from}
    for pin in manifest.pins:
        rows = [row for row in _rows(manifest) if row.external == pin.key]
        described = any(version_in_range(pin.revision, row.revisions) for row in rows)
        is_needed = pin.default or not (rows or pin.key in sources)
        if is_needed and not described:
            yield messages.undescribed_external(
                manifest.file, str(pin.key), pin.tag, revision=bool(rows)
            )


def _undescribed_vendored(manifest: Manifest) -> Iterator[Diagnostic]:
    described = {row.external for row in _rows(manifest)}
    for vendored in manifest.current_vendored:
        if vendored.key not in described:
            yield messages.undescribed_external(
                manifest.file, str(vendored.key), vendored.name, revision=False
            )


def _missing_vendored(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield components that the source tree of the line has, and did not show when it was read."""
    if manifest.cpython.vendored_from != manifest.cpython.version:
        return  # it was not read; regen says so
    recorded = {vendored.key for vendored in manifest.vendored}
    for component, keys in vendored_components(manifest).items():
        if recorded.isdisjoint(keys):
            yield messages.unrecorded_code(
                manifest.file, str(keys[0]), component, manifest.cpython.version
            )


def _rows(manifest: Manifest) -> Iterator[Inclusion]:
    return (row for spec in manifest.components for row in spec.ships)


def _unused_components(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield components that nothing brings on this CPython line, though they say it would.

    What only vendored code brings comes and goes with pip, and is not an error. What the source
    tree may bring is not known before it was read.
    """
    line = manifest.cpython.line
    is_read = manifest.cpython.vendored_from == manifest.cpython.version
    unread = {} if is_read else vendored_components(manifest)
    keys = {pin.key for pin in manifest.pins}
    keys |= {vendored.key for vendored in manifest.current_vendored}
    for spec in _own_components(manifest):
        externals = {row.external for row in spec.ships}
        externals |= {built.source for built in spec.built_from}
        fetched = {key for key in externals if key is not None and key.is_fetched}
        is_expected = line_in_range(line, spec.lines) and bool(fetched) and None not in externals
        if is_expected and spec.name not in unread and not externals & keys:
            yield messages.unused_component(manifest.file, f"component.{spec.key}", line)


def _missing_references(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield names of tables that are not there."""
    file, root = manifest.file, manifest.cpython.component
    if root not in {spec.key for spec in manifest.components}:
        yield messages.missing_reference(file, "cpython.component", f"component.{root}")
    if not manifest.platforms:
        yield messages.missing_reference(file, "platform", "platform.<name>")
    known = {text.id for text in manifest.license_texts}
    for spec in manifest.components:
        for path, text in _texts(spec):
            if path[-1] in _LICENSES:
                for name in sorted(set(_LICENSE_REF.findall(text)) - known):
                    key_path = format_key_path(path)
                    yield messages.missing_reference(file, key_path, f"license-text.{name}")


def _unknown_versions(manifest: Manifest) -> Iterator[Diagnostic]:
    line = manifest.cpython.line
    externals = manifest.default_externals
    revisions = {key: external.revision for key, external in externals.items()}
    for spec in manifest.components:
        for n, row in enumerate(spec.ships):
            external = externals.get(row.external) if row.external else None
            revision = external.revision if external else None
            ships = any(
                applies(row, revisions, platform.name, line) for platform in manifest.platforms
            )
            if ships and not resolve_version(spec, row, revision):
                yield messages.unknown_version(
                    manifest.file,
                    f"component.{spec.key}.ships[{n}]",
                    spec.name,
                    getattr(external, "tag", str(row.external or "")),
                )


def _source_mismatches(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield prebuilt binaries whose source tag, in the same script, is another revision."""
    line = manifest.cpython.line
    for spec in manifest.components:
        for built in spec.built_from:
            binary, source = manifest.get_pin(built.binary), manifest.get_pin(built.source)
            if binary and source and is_source_mismatch(spec, binary, source, line):
                version = shipped_version(spec, binary.key, binary.revision, line)
                shipped = f"{binary.tag} ships {_title(spec.name, version)}"
                yield messages.source_binary_mismatch(
                    manifest.file, str(built.binary), shipped, source.tag
                )


def _title(name: str, version: tuple[str, str]) -> str:
    return f"{name} {version[0]}" + (f" (rebuild {version[1]})" if version[1] else "")
