"""What is wrong with a script by itself, and where it and the manifest disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.script_messages import (
    condition_changed,
    duplicate_name,
    no_externals,
    not_in_manifest,
    not_in_script,
    repository_changed,
    script_changed,
    tag_changed,
    version_changed,
)
from sbom.manifest.model import Manifest
from sbom.manifest.pin_changes import PinChange, PinChangeKind
from sbom.script.externals import ScriptAnalysis, ScriptExternal


def check_script(script: ScriptAnalysis, file: str) -> list[Diagnostic]:
    """Return what is wrong with a script by itself; ``file`` is its name."""
    if not script.externals:
        return [no_externals(file)]
    return [*script.diagnostics, *_check_names(script.externals, file)]


def _check_names(externals: Iterable[ScriptExternal], file: str) -> Iterator[Diagnostic]:
    """Yield each name that two tags of one kind would both have."""
    tags: dict[str, list[str]] = {}
    for external in externals:
        tags.setdefault(f"{external.kind}.{external.name}", []).append(external.tag)
    for key, same in tags.items():
        if len(same) > 1:
            yield duplicate_name(file, key, same)


def check_agreement(
    manifest: Manifest,
    changes: Sequence[PinChange],
    *,
    script_sha256: str,
    version: str,
    command: str,
) -> list[Diagnostic]:
    """Return where a script and the manifest disagree.

    ``changes`` are what would make them agree, ``version`` the CPython version of the script's
    source tree, or an empty text if it is unknown; ``command`` is what makes the changes.
    """
    cpython, file = manifest.cpython, manifest.file
    diagnostics = [_change_diagnostic(file, change, command) for change in changes]
    if version not in ("", cpython.version):
        diagnostics.append(version_changed(file, cpython.version, version, command))
    if not changes and script_sha256 != cpython.script_sha256:
        diagnostics.append(script_changed(file, command))
    return diagnostics


def _change_diagnostic(file: str, change: PinChange, command: str) -> Diagnostic:
    key = str(change.key)
    match change.kind:
        case PinChangeKind.ADD:
            return not_in_manifest(file, key, change.new, command)
        case PinChangeKind.REMOVE:
            return not_in_script(file, key, change.old, command)
        case PinChangeKind.TAG:
            return tag_changed(file, key, change.old, change.new, command)
        case PinChangeKind.CONDITION:
            return condition_changed(file, key, change.old, change.new, command)
        case PinChangeKind.REPOSITORY:
            return repository_changed(file, key, change.old, change.new, command)
