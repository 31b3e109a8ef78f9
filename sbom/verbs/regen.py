"""``regen``: the manifest brought up to date with a script."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sbom import edit, files
from sbom.acknowledged import judge_acknowledged
from sbom.faults import MANIFEST_CODES, faults
from sbom.manifest import read_manifest
from sbom.problems import Exit, SbomError, render
from sbom.reconcile import Change, What
from sbom.schema import Manifest
from sbom.verbs.inputs import (
    Environment,
    Inputs,
    differences,
    read,
    script_problems,
    serious,
    usage,
)


def run(arguments: argparse.Namespace, _: Environment) -> int:
    """Update the manifest from a script and print what changed."""
    inputs = read(arguments)
    if inputs.script is None:
        raise usage("regen", "is given no script", "add --cpython DIR or --script FILE")
    judged = judge_acknowledged(script_problems(inputs), inputs.manifest, set())
    if blocking := serious(judged.open):
        raise SbomError(blocking)
    found = differences(inputs)
    facts = {"script-sha256": inputs.digest}
    if inputs.version:
        facts |= _release(inputs)
    claimed = {row.external for one in inputs.manifest.identities for row in one.ships}
    claimed |= {built.source for one in inputs.manifest.identities for built in one.built_from}
    text = edit.apply(inputs.text, found, facts, claimed)
    manifest = read_manifest(text, str(inputs.path))
    print(_changed(inputs, found, manifest), end="")
    if text != inputs.text and not arguments.dry_run:
        files.write_all({inputs.path: text.encode()})
    remaining = judge_acknowledged(faults(manifest), manifest, set(MANIFEST_CODES)).open
    print(render(remaining, "text"), end="", file=sys.stderr)
    return Exit.FINE


def _release(inputs: Inputs) -> dict[str, str]:
    """Return the facts of another version; what was known of the one before goes."""
    if inputs.version == inputs.manifest.cpython.version:
        return {}
    known = ("commit", "sha256")
    gone = {key: "" for key in known if getattr(inputs.manifest.cpython, key)}
    return {"version": inputs.version, **gone}


def _changed(inputs: Inputs, found: Sequence[Change], manifest: Manifest) -> str:
    old, new = inputs.manifest.cpython, manifest.cpython
    lines = [_line(change) for change in found]
    if old.version != new.version:
        lines.insert(0, f"cpython: {old.version} -> {new.version}")
    if not lines and old.script_sha256 != new.script_sha256:
        lines.append(f"{inputs.script_path} has changed, but not what it fetches")
    if not lines:
        lines.append(f"{inputs.path} is up to date with {inputs.script_path}")
    return "".join(f"{line}\n" for line in lines)


def _line(change: Change) -> str:
    match change.what:
        case What.ADD:
            guard = f", {change.guard}" if change.guard else ""
            return f"{change.key}: new, {change.new}{guard}"
        case What.REMOVE:
            return f"{change.key}: removed, was {change.old}"
        case What.RETAG:
            return f"{change.key}: {change.old} -> {change.new}"
        case What.REPOSITORY:
            return f"{change.key}: from {change.old or 'usual'} -> {change.new or 'usual'}"
        case What.GUARD:
            return f"{change.key}: fetched {change.old or 'always'} -> {change.new or 'always'}"
