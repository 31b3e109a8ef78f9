"""What regen changed in a manifest, in words: one line for each change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sbom.components.versions import vendored_components
from sbom.manifest.model import Manifest
from sbom.manifest.pin_changes import PinChange, PinChangeKind
from sbom.manifest.pins import Vendored
from sbom.script.externals import ALWAYS


def describe_changes(
    before: Manifest, updated: Manifest, after: Manifest, changes: Sequence[PinChange]
) -> Iterator[str]:
    """Yield what changed: by a script or tree, and then by what was known or looked up.

    ``changes`` and ``updated`` are by the script or tree, ``after`` is with all.
    """
    if before.cpython.version != after.cpython.version:
        yield f"cpython: {before.cpython.version} -> {after.cpython.version}"
    yield from map(_change_line, changes)
    yield from _vendored_lines(before, after)
    yield from _distribution_lines(before, after)
    yield from _pin_lines(updated, after)


def describe_unread(manifest: Manifest) -> Iterator[str]:
    """Yield what a script does not show: the code in the source tree, if that was not read."""
    version, known = manifest.cpython.version, manifest.cpython.vendored_from
    if known == version:
        return
    names = vendored_components(manifest)
    yield (
        f"{manifest.file}: of CPython {version}, only what the script fetches is recorded; "
        f"not the code in its source tree: {', '.join(names)}\n"
        f"    run: nox -s regen -- --cpython DIR, with the source tree of {version}\n"
    )


def _change_line(change: PinChange) -> str:
    match change.kind:
        case PinChangeKind.ADD:
            condition = change.pin.condition if change.pin else ALWAYS
            return f"{change.key}: new, {change.new}" + (
                "" if condition == ALWAYS else f", {condition}"
            )
        case PinChangeKind.REMOVE:
            return f"{change.key}: removed, was {change.old}"
        case PinChangeKind.TAG:
            return f"{change.key}: {change.old} -> {change.new}"
        case PinChangeKind.REPOSITORY:
            return f"{change.key}: from {change.old} -> {change.new}"
        case PinChangeKind.CONDITION:
            return f"{change.key}: fetched {change.old} -> {change.new}"


def _vendored_lines(before: Manifest, after: Manifest) -> Iterator[str]:
    if after.cpython.vendored_from != after.cpython.version:
        return  # it was not read, which is not a change
    old = {code.key: code.version for code in before.current_vendored}
    new = {code.key: code.version for code in after.current_vendored}
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield f"{key}: new, {new[key]}"
        elif key not in new:
            yield f"{key}: removed, was {old[key]}"
        elif old[key] != new[key]:
            yield f"{key}: {old[key]} -> {new[key]}"


def _distribution_lines(before: Manifest, after: Manifest) -> Iterator[str]:
    """Yield a line for each distribution that was not recorded."""
    known = {(code.key, code.sha256, code.download_location) for code in before.vendored}
    for code in after.current_vendored:
        if code.sha256 and (code.key, code.sha256, code.download_location) not in known:
            yield f"{code.key}: SHA-256 {code.sha256} of {_distribution(code)}"


def _distribution(code: Vendored) -> str:
    """Return where a distribution is: in the package index, or only in the source tree."""
    return code.wheel if code.download_location == "NOASSERTION" else code.download_location


def _pin_lines(before: Manifest, after: Manifest) -> Iterator[str]:
    """Yield a line for each archive that was not known, or not all of it."""
    for old, new in zip(before.pins, after.pins, strict=True):
        if old != new:
            counted = f", files: {new.file_count}" if new.file_count else ", known without download"
            yield f"{new.key}: {new.tag} pinned, SHA-256 {new.sha256}{counted}"
