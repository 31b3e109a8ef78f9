"""The manifest held against itself: what is unpinned, unfilled, unclaimed, unused or askew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from sbom.components.versions import applies, is_source_mismatch, resolve_version, shipped_version
from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest, Pin, Vendored
from sbom.manifest.ranges import line_in_range, version_in_range

_LICENSE_REF = re.compile(r"LicenseRef-[\w.-]+")


def check_manifest(manifest: Manifest) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong inside the manifest, acknowledged or not, in order."""
    return sort_diagnostics(
        [
            *_unpinned(manifest),
            *_unpinned_release(manifest),
            *_unfilled(manifest),
            *_unclaimed(manifest),
            *_unused(manifest),
            *_references(manifest),
            *_versionless(manifest),
            *_skews(manifest),
        ]
    )


def _unpinned(manifest: Manifest) -> Iterator[Diagnostic]:
    for pin in manifest.pins:
        if not pin.sha256:
            message = f"no checksum of {pin.tag} is known"
            yield _at(
                manifest, Code.MISSING_CHECKSUM, str(pin.key), message, "run: nox -s regen, online"
            )


def _unpinned_release(manifest: Manifest) -> Iterator[Diagnostic]:
    if not manifest.cpython.sha256:
        message = f"no checksum of {manifest.cpython.source_location} is known"
        hint = "write 'sha256' as python.org publishes it"
        yield _at(manifest, Code.MISSING_CHECKSUM, "cpython", message, hint)


def _unfilled(manifest: Manifest) -> Iterator[Diagnostic]:
    for identity in manifest.components:
        for place, value in _texts(identity, f"component.{identity.key}"):
            if value == PLACEHOLDER:
                message = "nobody has said yet what this is"
                hint = "look it up and write it into the manifest"
                yield _at(manifest, Code.PLACEHOLDER, place, message, hint)


def _texts(value: object, place: str) -> Iterator[tuple[str, object]]:
    """Yield every text below a value with its key path."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _texts(item, f"{place}[{n}]")
    elif is_dataclass(value):
        for field in fields(value):
            name = field.name.replace("_", "-")
            yield from _texts(getattr(value, field.name), f"{place}.{name}")


def _unclaimed(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield externals that no component accounts for, or not at their revision."""
    rows = [(row.external, row) for one in manifest.components for row in one.ships]
    sources = {built.source for one in manifest.components for built in one.built_from}
    for pin in manifest.pins:
        mine = [row for external, row in rows if external == pin.key]
        if not mine and (pin.default or pin.key not in sources):
            message = f"no component says what {pin.tag} holds"
            hint = f"add [[component.<name>.ships]] with external = '{pin.key}'"
            yield _at(manifest, Code.UNDESCRIBED_EXTERNAL, str(pin.key), message, hint)
        elif pin.default and not any(version_in_range(pin.revision, row.revisions) for row in mine):
            message = f"no [[component.<name>.ships]] covers the revision of {pin.tag}"
            hint = "find out what it holds and add a row, or widen 'revisions' of one"
            yield _at(manifest, Code.UNDESCRIBED_EXTERNAL, str(pin.key), message, hint)
    claimed = {external for external, _ in rows}
    for vendored in manifest.current_vendored:
        if vendored.key not in claimed:
            message = f"no component says what {vendored.name} is"
            hint = f"add [[component.<name>.ships]] with external = '{vendored.key}'"
            yield _at(manifest, Code.UNDESCRIBED_EXTERNAL, str(vendored.key), message, hint)


def _unused(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield components that nothing brings on this CPython line, though they say it would.

    What only vendored code brings comes and goes with pip, and is no mistake of anybody's.
    """
    keys = {pin.key for pin in manifest.pins} | {one.key for one in manifest.current_vendored}
    for identity in manifest.components:
        externals = {row.external for row in identity.ships if row.external}
        externals |= {built.source for built in identity.built_from}
        alone = any(row.external is None for row in identity.ships)
        expected = line_in_range(manifest.cpython.line, identity.lines)
        copied = not any(key.is_fetched for key in externals)
        if externals and not copied and not alone and expected and not externals & keys:
            message = "nothing the script fetches holds this component any more"
            hint = "remove it, or say with 'lines' which CPython lines had it"
            yield _at(manifest, Code.UNUSED_ENTRY, f"component.{identity.key}", message, hint)


def _references(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield names that lead nowhere."""
    cpython = manifest.cpython
    if cpython.component not in {identity.key for identity in manifest.components}:
        message = f"there is no [component.{cpython.component}]"
        hint = "it is the root of every document: add it"
        yield _at(manifest, Code.INVALID_MANIFEST, "cpython.component", message, hint)
    if not manifest.platforms:
        message = "there is no [platform.<name>], so there is nothing to build"
        yield _at(manifest, Code.INVALID_MANIFEST, "platform", message, "add the platforms")
    texts = {text.id for text in manifest.license_texts}
    for identity in manifest.components:
        for place, value in _texts(identity, f"component.{identity.key}"):
            if place.endswith((".license-concluded", ".license-declared")):
                for missing in sorted(set(_LICENSE_REF.findall(str(value))) - texts):
                    message = f"there is no text of {missing}"
                    hint = f"add [license-text.{missing}]"
                    yield _at(manifest, Code.INVALID_MANIFEST, place, message, hint)


def _versionless(manifest: Manifest) -> Iterator[Diagnostic]:
    held: dict[ExternalKey, Pin | Vendored] = {pin.key: pin for pin in manifest.pins if pin.default}
    held |= {vendored.key: vendored for vendored in manifest.current_vendored}
    revisions = {key: one.revision for key, one in held.items()}
    for identity in manifest.components:
        for n, row in enumerate(identity.ships):
            one = held.get(row.external) if row.external else None
            here = any(
                applies(row, revisions, platform.name, manifest.cpython.line)
                for platform in manifest.platforms
            )
            if here and not resolve_version(identity, row, one.revision if one else None):
                source = f"{_said(one)} does not tell" if one else "no script tells"
                yield _at(
                    manifest,
                    Code.UNKNOWN_VERSION,
                    f"component.{identity.key}.ships[{n}]",
                    f"{source} which version of {identity.name} ships",
                    "find out and write 'version' into the row",
                )


def _said(held: Pin | Vendored) -> str:
    return held.tag if isinstance(held, Pin) else str(held.key)


def _skews(manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield prebuilt binaries whose source tag, in the same script, is another revision."""
    for identity in manifest.components:
        for built in identity.built_from:
            binary, source = manifest.get_pin(built.binary), manifest.get_pin(built.source)
            if binary is None or source is None:
                continue
            line = manifest.cpython.line
            if is_source_mismatch(identity, binary, source, line):
                ours = shipped_version(identity, binary.key, binary.revision, line)
                yield _at(
                    manifest,
                    Code.SOURCE_BINARY_MISMATCH,
                    str(built.binary),
                    f"{binary.tag} ships {_called(identity.name, ours)}, "
                    f"but the script names {source.tag} as its source",
                    "the document states what ships; ask who builds the binaries",
                )


def _called(name: str, version: tuple[str, str]) -> str:
    return f"{name} {version[0]}" + (f" (rebuild {version[1]})" if version[1] else "")


def _at(manifest: Manifest, code: Code, where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file=manifest.file, subject=where, message=message, hint=hint)
