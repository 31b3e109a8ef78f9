"""``regen``: the manifest brought up to date with a script, a source tree and archives."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

from sbom import io
from sbom.changes.change import ChangeSet
from sbom.changes.manifests import compare_manifests
from sbom.changes.render_json import changes_object
from sbom.changes.render_text import render_text
from sbom.checks.entries import check_manifest
from sbom.checks.unread_code import describe_unread
from sbom.components.provenance import download_location
from sbom.diagnostics import Diagnostic, Exit, InputError, OperationalError, SbomError, failing
from sbom.diagnostics.catalog import Area, names_in
from sbom.diagnostics.io_messages import input_error, usage_error
from sbom.files.targz import ArchiveInfo
from sbom.inputs import (
    Environment,
    Inputs,
    check_tree_wheels,
    read_inputs,
    read_tree_vendored,
    script_changes,
    script_diagnostics,
)
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.external_key import ExternalKey
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
from sbom.options.regen import RegenOptions
from sbom.reports import print_note, print_report
from sbom.script.analysis import analyze_script
from sbom.script.run import decode_script
from sbom.source_tree.tree import parse_python_version

# The modules that need urllib3, which takes 0.2 s to import, are imported where they are used.
# ruff: noqa: PLC0415

#: The two files of a CPython tree that ``--ref`` needs, and the most bytes that they may have.
_SCRIPT, _VERSION = "PCbuild/get_externals.bat", "Include/patchlevel.h"
_SCRIPT_LIMIT = 1_000_000


def run(options: RegenOptions, environment: Environment) -> int:
    """Update the manifest from a script and from archives, and print what changed."""
    _check_options(options)
    with io.locked(options.manifest, partial(print_note, options)):
        return _run(options, environment)


def _run(options: RegenOptions, environment: Environment) -> int:
    inputs = _read_inputs(options, environment)
    if blocking := failing(
        triage_diagnostics(script_diagnostics(inputs), inputs.manifest, ()).active
    ):
        raise SbomError(blocking)
    changes = script_changes(inputs)
    manifest = _update(inputs, changes, options.cpython)
    archives, warnings = _fetch_archives(manifest, inputs.manifest, options, environment)
    manifest, unlisted = _look_up_vendored(manifest, options)
    pinned = record_known_checksums(record_archives(manifest, archives, _mirror(options)))
    text = write_manifest(inputs.text, pinned)
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
        [*remaining, *warnings],
        text=_describe(compared, inputs, manifest),
        results={"changes": changes_object(compared), "file": str(inputs.path)},
    )
    if notes := "".join((*unlisted, *describe_unread(written))):
        print_note(options, notes.removesuffix("\n"))
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
    version = options.python_version
    if version is not None and not re.fullmatch(VERSION, version):
        hint = "write a CPython version such as 3.14.7 or 3.15.0rc1"
        raise usage_error(f"--python-version {version}", "is not a version", hint)


def _read_inputs(options: RegenOptions, environment: Environment) -> Inputs:
    """Return the inputs, with the script of ``--ref`` downloaded."""
    inputs = read_inputs(options, options.python_version or "")
    if options.ref is None:
        return inputs
    text, sha256, version = _fetch_script(options.ref, inputs.manifest, options, environment)
    path = Path(f"get_externals.bat of {options.ref}")
    return replace(
        inputs,
        script=analyze_script(text, str(path)),
        script_path=path,
        script_sha256=sha256,
        version=options.python_version or version,
    )


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


def _fetch_archives(
    manifest: Manifest, before: Manifest, options: RegenOptions, environment: Environment
) -> tuple[Mapping[ExternalKey, ArchiveInfo], Sequence[Diagnostic]]:
    """Return the archives without a checksum or, with ``--verify``, all, and warnings about them.

    ``before`` is the manifest before any bump: what it records of other tags must not come again.
    Raises SbomError with every archive that
    failed; the cache has the others then.
    """
    pins = [pin for pin in manifest.pins if (options.verify or not pin.sha256) and pin.is_archive]
    if not pins or options.offline or options.dry_run:
        return {}, ()
    from sbom.download.archives import (
        ArchiveFetcher,
        open_progress,
        raise_failures,
        reject_other_tags,
    )
    from sbom.download.cache import Cache, default_cache_dir
    from sbom.download.client import Client

    urls = [_on_server(download_location(manifest, pin), options.base_url) for pin in pins]
    progress = open_progress(sys.stderr, len(pins), environment)
    cache = Cache(None if options.no_cache else default_cache_dir(), progress.note)
    token = environment.get("GITHUB_TOKEN", "")
    with closing(Client(token=token, on_data=progress.advance)) as client:
        fetcher = ArchiveFetcher(client=client, cache=cache, progress=progress, file=manifest.file)
        fetched = fetcher.fetch(pins, urls)
    results = reject_other_tags(fetched, urls, (*before.pins, *manifest.pins), manifest.file)
    raise_failures(results)
    archives = {result.pin.key: result.archive for result in results if result.archive}
    return archives, [warning for result in results for warning in result.diagnostics]


def _look_up_vendored(manifest: Manifest, options: RegenOptions) -> tuple[Manifest, Sequence[str]]:
    """Return the manifest with the distributions of vendored packages, and what has none.

    Raises SbomError with every lookup that failed.
    """
    from sbom.download.client import Client, DownloadLimits
    from sbom.download.package_index import ANSWER_LIMIT, JSON, look_up, unknown_distributions

    wanted = unknown_distributions(manifest)
    if not wanted or options.offline or options.dry_run:
        return manifest, ()

    def url_of(project: str) -> str:
        url = manifest.cpython.package_index.format(project=project)
        return _on_server(url, options.base_url)

    with closing(Client(accept=JSON, limits=DownloadLimits(size=ANSWER_LIMIT))) as client:
        found = look_up(client, wanted, url_of)
    if failed := [diagnostic for lookup in found for diagnostic in lookup.diagnostics]:
        raise OperationalError(failed)
    distributions = {
        one.code.key: (one.distribution.url, one.distribution.sha256)
        for one in found
        if one.distribution
    }
    unlisted = [
        f"{one.code.key}: {url_of(one.project)} has no {one.project} {one.code.version}\n"
        for one in found
        if not one.distribution
    ]
    return record_distributions(manifest, distributions), unlisted


def _mirror(options: RegenOptions) -> str:
    """Return the server of ``--base-url`` without credentials; empty without that flag."""
    if options.base_url is None:
        return ""
    from sbom.download.connections import redact_url

    return redact_url(options.base_url)


def _fetch_script(
    ref: str, manifest: Manifest, options: RegenOptions, environment: Environment
) -> tuple[str, str, str]:
    """Return text, SHA-256 and version of the script of a CPython branch, tag or commit."""
    from sbom.download.client import Client
    from sbom.download.connections import redact_url

    def read(body: IO[bytes], _: object) -> bytes:
        data = body.read(_SCRIPT_LIMIT + 1)
        if len(data) > _SCRIPT_LIMIT:
            message = f"is larger than {_SCRIPT_LIMIT:,} bytes"
            hint = "name a branch, a tag or a commit of CPython"
            raise InputError([input_error(redact_url(url), message, hint)])
        return data

    template, bodies = manifest.cpython.file_url, []
    with closing(Client(token=environment.get("GITHUB_TOKEN", ""))) as client:
        for path in (_SCRIPT, _VERSION):
            url = template.format(
                organization=manifest.cpython.organization, ref=quote(ref), path=path
            )
            url = _on_server(url, options.base_url)
            bodies.append(client.get(url, read) or b"")
    text, digest = decode_script(bodies[0])
    return text, digest, parse_python_version(bodies[1])


def _on_server(url: str, base_url: str | None) -> str:
    """Return a URL on another server: a mirror, or one of a test."""
    return base_url.rstrip("/") + urlsplit(url).path if base_url else url
