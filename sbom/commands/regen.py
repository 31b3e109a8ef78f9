"""``regen``: the manifest brought up to date with a script."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sbom import io as files
from sbom.checks.entries import check_manifest
from sbom.diagnostics import Exit, SbomError, failing
from sbom.diagnostics.catalog import Area, names_in
from sbom.diagnostics.io_messages import usage_error
from sbom.diagnostics.render import render
from sbom.download.pins import (
    DownloadOptions,
    FetchedArchives,
    dll_digests,
    fetch_archives,
    fetch_script,
    pin_values,
)
from sbom.inputs import (
    Environment,
    InputOptions,
    Inputs,
    read_inputs,
    read_tree_vendored,
    script_changes,
    script_diagnostics,
)
from sbom.manifest import write as edit
from sbom.manifest.diff import ChangeKind, ManifestChange, described_externals
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import VERSION, Manifest
from sbom.manifest.read import read_manifest
from sbom.manifest.toml_lines import Value
from sbom.script.analysis import analyze_script
from sbom.script.externals import ALWAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class RegenOptions(InputOptions):
    """Options of ``regen``."""

    ref: str | None
    python_version: str | None
    offline: bool
    verify: bool
    base_url: str | None
    no_cache: bool
    dry_run: bool


def run(options: RegenOptions, environment: Environment) -> int:
    """Update the manifest from a script and from archives, and print what changed."""
    _refuse(options)
    with files.locked(options.manifest, lambda note: print(note, file=sys.stderr)):
        return _run(options, environment)


def _run(options: RegenOptions, environment: Environment) -> int:
    inputs = _with_script(read_inputs(options, options.python_version or ""), options, environment)
    judged = triage_diagnostics(script_diagnostics(inputs), inputs.manifest, set())
    if blocking := failing(judged.active):
        raise SbomError(blocking)
    found = script_changes(inputs)
    facts: dict[str, Value] = {"script-sha256": inputs.script_sha256} if inputs.script else {}
    facts |= _release(inputs)
    vendored = read_tree_vendored(inputs, options.cpython)
    if vendored is not None:
        facts["vendored-from"] = inputs.version
    accounted = described_externals(inputs.manifest)
    text = edit.update_manifest(inputs.text, found, facts, accounted, vendored=vendored)
    manifest = read_manifest(text, str(inputs.path))
    fetched = FetchedArchives({})
    pinned: dict[ExternalKey, dict[str, Value]] = {}
    if not options.offline and not options.dry_run:
        download = _download_options(options, environment)
        fetched = fetch_archives(manifest, download, verify=options.verify)
        pinned = {key: pin_values(archive) for key, archive in fetched.archives.items()}
        digests = {
            key: found
            for key, found in dll_digests(manifest.pins, fetched.archives).items()
            if (pin := manifest.get_pin(key)) and manifest.dll_digests.get(pin.tag) != found
        }
        text = edit.update_manifest(text, (), {}, set(), pinned, digests=digests)
    lines = [
        *_changed(inputs, found, manifest),
        *_copies(inputs.manifest, manifest),
        *_pinned(manifest, pinned),
    ]
    manifest = read_manifest(text, str(inputs.path))
    if text != inputs.text and not options.dry_run:
        files.write_all({inputs.path: text.encode()})
    print("\n".join(lines or [f"{inputs.path} is up to date{_with(inputs)}"]))
    remaining = triage_diagnostics(
        check_manifest(manifest), manifest, names_in(Area.MANIFEST)
    ).active
    print(render([*remaining, *fetched.warnings], "text"), end="", file=sys.stderr)
    return Exit.OK


def _download_options(options: RegenOptions, environment: Environment) -> DownloadOptions:
    return DownloadOptions(
        base_url=options.base_url or "",
        token=environment.get("GITHUB_TOKEN", ""),
        use_cache=not options.no_cache,
        environment=environment,
    )


def _refuse(options: RegenOptions) -> None:
    """Raise UnusableError for flags that contradict each other, and a version that is none."""
    for flag in ("offline", "dry_run"):
        if options.verify and getattr(options, flag):
            name = f"--{flag.replace('_', '-')}"
            raise usage_error(
                "--verify", f"fetches archives, which {name} forbids", "leave one out"
            )
    version = options.python_version
    if version is not None and not re.fullmatch(VERSION, version):
        hint = "write a CPython version such as 3.14.7 or 3.15.0rc1"
        raise usage_error(f"--python-version {version}", "is no version", hint)


def _with_script(inputs: Inputs, options: RegenOptions, environment: Environment) -> Inputs:
    """Return the inputs with the script of ``--ref``; any other is there already."""
    if options.ref is None:
        if inputs.script is None and options.offline:
            hint = "add --cpython DIR or --script FILE, or leave --offline out to fetch pins"
            raise usage_error("regen --offline", "is given no script", hint)
        return inputs
    if options.offline:
        raise usage_error("--ref", "downloads, which --offline forbids", "leave one of them out")
    path = Path(f"get_externals.bat of {options.ref}")
    download = _download_options(options, environment)
    text, digest, version = fetch_script(options.ref, inputs.manifest, download)
    script = analyze_script(text, str(path))
    version = options.python_version or version
    return replace(inputs, script=script, script_path=path, script_sha256=digest, version=version)


def _release(inputs: Inputs) -> dict[str, Value]:
    """Return the facts of another version; what was known of the one before goes."""
    if inputs.version in ("", inputs.manifest.cpython.version):
        return {}
    gone = [key for key in ("commit", "sha256") if getattr(inputs.manifest.cpython, key)]
    return {"version": inputs.version, **dict.fromkeys(gone, "")}


def _changed(inputs: Inputs, found: Sequence[ManifestChange], manifest: Manifest) -> list[str]:
    old, new = inputs.manifest.cpython, manifest.cpython
    lines = [_line(change) for change in found]
    if old.version != new.version:
        lines.insert(0, f"cpython: {old.version} -> {new.version}")
    if not lines and old.script_sha256 != new.script_sha256:
        lines.append(f"{inputs.script_path} has changed, but not what it fetches")
    return lines


def _copies(before: Manifest, after: Manifest) -> list[str]:
    """Return a line for each piece of vendored code that came, went or changed."""
    old = {one.key: one.version for one in before.current_vendored}
    new = {one.key: one.version for one in after.current_vendored}
    return [
        f"{key}: new, {new[key]}"
        if key not in old
        else f"{key}: removed, was {old[key]}"
        if key not in new
        else f"{key}: {old[key]} -> {new[key]}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _with(inputs: Inputs) -> str:
    return f" with {inputs.script_path}" if inputs.script else ""


def _pinned(manifest: Manifest, pinned: Mapping[ExternalKey, Mapping[str, Value]]) -> list[str]:
    """Return a line for each external whose archive was not known, or not all of it."""
    return [
        f"{pin.key}: {pin.tag} pinned, SHA-256 {found['sha256']}, files: {found['file-count']}"
        for pin in manifest.pins
        if (found := pinned.get(pin.key))
        and any(getattr(pin, key.replace("-", "_")) != value for key, value in found.items())
    ]


def _line(change: ManifestChange) -> str:
    match change.what:
        case ChangeKind.ADD:
            condition = "" if change.condition == ALWAYS else f", {change.condition}"
            return f"{change.key}: new, {change.new}{condition}"
        case ChangeKind.REMOVE:
            return f"{change.key}: removed, was {change.old}"
        case ChangeKind.RETAG:
            return f"{change.key}: {change.old} -> {change.new}"
        case ChangeKind.REPOSITORY:
            return f"{change.key}: from {change.old or 'usual'} -> {change.new or 'usual'}"
        case ChangeKind.CONDITION:
            return f"{change.key}: fetched {change.old} -> {change.new}"
