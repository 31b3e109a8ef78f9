"""``regen``: the manifest brought up to date with a script, a source tree and archives."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sbom import io
from sbom.changes.change import ChangeSet
from sbom.changes.manifests import compare_manifests
from sbom.changes.render_json import changes_object
from sbom.changes.render_text import render_text
from sbom.checks.manifest_entries import check_manifest
from sbom.components.versions import vendored_components
from sbom.diagnostics import Diagnostic, Exit, SbomError, failing
from sbom.diagnostics.catalog import Area, names_in
from sbom.diagnostics.io_messages import usage_error
from sbom.inputs import (
    Environment,
    Inputs,
    check_tree_wheels,
    read_inputs,
    read_tree_vendored,
    script_changes,
    triage_script,
)
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.key_locations import locate_keys
from sbom.manifest.model import VERSION, Manifest
from sbom.manifest.pin_changes import PinChange
from sbom.manifest.read import read_manifest
from sbom.manifest.updates import (
    apply_pin_changes,
    change_version,
    record_archives,
    record_distributions,
    record_known_checksums,
    record_script,
    record_vendored,
)
from sbom.manifest.write import write_manifest
from sbom.options.verbs import RegenOptions
from sbom.reports import print_note, print_report
from sbom.script.locations import analyze_with_locations
from sbom.script.run import decode_script
from sbom.source_tree.tree import parse_python_version

if TYPE_CHECKING:
    from sbom.download.regen_downloads import Downloader


@dataclass(frozen=True, slots=True)
class _Downloaded:
    """A manifest with what was downloaded; ``unlisted`` are packages that have no distribution."""

    manifest: Manifest
    warnings: tuple[Diagnostic, ...] = ()
    unlisted: tuple[str, ...] = ()


def run(options: RegenOptions, environment: Environment) -> int:
    """Update the manifest from a script and from archives, and print what changed."""
    _check_options(options)
    with io.locked(options.manifest, partial(print_note, options)):
        return _run(options, environment)


def _run(options: RegenOptions, environment: Environment) -> int:
    inputs = _read_inputs(options, environment)
    if blocking := failing(triage_script(inputs)):
        raise SbomError(blocking, exemptible=True)
    changes = script_changes(inputs)
    manifest = _update(inputs, changes, options.cpython)
    downloaded = _download(manifest, inputs.manifest, options, environment)
    text = write_manifest(inputs.text, record_known_checksums(downloaded.manifest))
    # What a tree states may be nothing that a manifest can: such a one is never written.
    written = read_manifest(text, str(inputs.path))
    if text != inputs.text and not options.dry_run:
        io.write_all({inputs.path: text.encode()})
    compared = compare_manifests(inputs.manifest, written, f"{inputs.path} before", written.file)
    problems = [*check_manifest(written), *check_tree_wheels(inputs, options.cpython)]
    active = triage_diagnostics(problems, written, names_in(Area.MANIFEST)).active
    remaining = locate_keys(active, written.file, text)
    print_report(
        options,
        [*remaining, *downloaded.warnings],
        text=_describe(compared, inputs, manifest),
        results={"changes": changes_object(compared), "file": str(inputs.path)},
    )
    for note in filter(None, (*downloaded.unlisted, _describe_unread(written))):
        print_note(options, note)
    return Exit.OK


def _describe(changes: ChangeSet, inputs: Inputs, manifest: Manifest) -> str:
    """Return what changed, or in one sentence that nothing of importance did."""
    if changes.components:
        return render_text(changes)
    if inputs.manifest.cpython.script_sha256 != manifest.cpython.script_sha256:
        return f"{inputs.script_path} has changed, but not what it fetches\n"
    if not changes.is_empty:
        return render_text(changes)
    compared = f" with {inputs.script_path}" if inputs.script else ""
    return f"{inputs.path} is up to date{compared}\n"


def _describe_unread(manifest: Manifest) -> str:
    """Return which code is in the source tree, if that was not read; empty if it was."""
    version = manifest.cpython.version
    if manifest.cpython.vendored_from == version:
        return ""
    names = ", ".join(vendored_components(manifest))
    return (
        f"{manifest.file}: of CPython {version}, only what the script fetches is recorded; "
        f"not the code in its source tree: {names}\n"
        f"    run: nox -s regen -- --cpython DIR, with the source tree of {version}"
    )


# What the command line asks for.


def _check_options(options: RegenOptions) -> None:
    """Raise InputError for flags that contradict each other, and an invalid version."""
    for flag in ("offline", "dry_run"):
        if options.verify and getattr(options, flag):
            name = f"--{flag.replace('_', '-')}"
            message = f"fetches archives, which {name} rules out"
            raise usage_error("--verify", message, "remove one of the two")
    if options.ref is not None and options.offline:
        message = "downloads the script, which --offline rules out"
        raise usage_error("--ref", message, "remove one of the two")
    if options.offline and not (options.ref or options.script or options.cpython):
        hint = "add --cpython DIR or --script FILE, or remove --offline to fetch archives"
        raise usage_error("--offline", "expected a script to compare with", hint)
    if options.base_url is not None and not _is_address(options.base_url):
        hint = "write it as https://mirror.example.org"
        raise usage_error("--base-url", "is not the address of a server", hint)
    version = options.python_version
    if version is not None and not re.fullmatch(VERSION, version):
        hint = "write a CPython version such as 3.14.7 or 3.15.0rc1"
        raise usage_error(f"--python-version {version}", "is not a version", hint)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _read_inputs(options: RegenOptions, environment: Environment) -> Inputs:
    """Return the inputs, with the script of ``--ref`` downloaded."""
    inputs = read_inputs(options, options.python_version or "")
    if options.ref is None:
        return inputs
    return _fetch_script(options.ref, inputs, options, environment)


def _update(inputs: Inputs, changes: Sequence[PinChange], tree: Path | None) -> Manifest:
    """Return the manifest with what the script and the source tree state."""
    manifest = apply_pin_changes(inputs.manifest, changes)
    if inputs.script:
        manifest = record_script(manifest, inputs.script_sha256)
    if inputs.version:
        manifest = change_version(manifest, inputs.version)
    vendored = read_tree_vendored(inputs, tree)
    return manifest if vendored is None else record_vendored(manifest, vendored, inputs.version)


# What is downloaded.


def _download(
    manifest: Manifest, before: Manifest, options: RegenOptions, environment: Environment
) -> _Downloaded:
    """Return what is downloaded for a manifest: nothing if that is not wanted.

    It is the archives without a checksum or, with ``--verify``, all, and the distributions of
    vendored packages. ``before`` is the manifest before any bump.
    """
    if options.offline or options.dry_run:
        return _Downloaded(manifest)
    downloader = _make_downloader(options, environment)
    warnings: Sequence[Diagnostic] = ()
    pins = [pin for pin in manifest.pins if (options.verify or not pin.sha256) and pin.is_archive]
    if pins:
        archives, warnings = downloader.fetch_archives(manifest, before, pins)
        manifest = record_archives(manifest, archives, downloader.mirror)
    distributions, unlisted = downloader.look_up_vendored(manifest)
    manifest = record_distributions(manifest, distributions)
    return _Downloaded(manifest, tuple(warnings), tuple(unlisted))


def _make_downloader(options: RegenOptions, environment: Environment) -> Downloader:
    # It needs urllib3, which takes 0.2 s to import.
    from sbom.download.regen_downloads import Downloader  # noqa: PLC0415

    return Downloader(
        base_url=options.base_url or "",
        use_cache=not options.no_cache,
        environment=environment,
        stream=sys.stderr,
    )


def _fetch_script(
    ref: str, inputs: Inputs, options: RegenOptions, environment: Environment
) -> Inputs:
    """Return the inputs with the script of a CPython branch, tag or commit."""
    downloader = _make_downloader(options, environment)
    script, version = downloader.fetch_script(ref, inputs.manifest)
    path = Path(f"get_externals.bat of {ref}")
    text, digest = decode_script(script, str(path))
    return replace(
        inputs,
        script=analyze_with_locations(text, str(path)),
        script_path=path,
        script_sha256=digest,
        version=options.python_version or parse_python_version(version),
    )
