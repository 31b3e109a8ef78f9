"""Manifests for tests: one of their own, in tests/data, and edits of it as text.

Tests use a frozen copy of the manifest of 3.14.7, so that a tag bump in externals.toml, which is
``RELEASED`` here, changes none of their results.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from conftest import FACTS, ROOT
from scripts import get_external_script, git_script, svn_script

from sbom.manifest.model import Manifest
from sbom.manifest.pin_changes import find_pin_changes
from sbom.manifest.read import read_manifest
from sbom.manifest.updates import apply_pin_changes, change_version, record_script
from sbom.manifest.write import write_manifest
from sbom.script.analysis import analyze_script

#: The manifest that tests use.
COMMITTED = ROOT / "tests/data/externals.toml"
#: The manifest of the current release: only that it is sound is tested.
RELEASED = ROOT / "externals.toml"


@cache
def committed() -> Manifest:
    """Return the manifest that tests use."""
    return read_manifest(COMMITTED.read_text(encoding="utf-8"))


@cache
def entries() -> list[dict[str, Any]]:
    """Return the facts of 161 real scripts."""
    found: list[dict[str, Any]] = json.loads((FACTS / "get_externals.json").read_text())
    return found


def entry_of(version: str) -> dict[str, Any]:
    """Return the facts of one script by the CPython version it came with."""
    return next(entry for entry in entries() if entry["cpython"] == version)


def script_of(entry: dict[str, Any]) -> str:
    """Render a script of an entry's era."""
    if entry["era"] == "svn":
        return svn_script(entry)
    newer = entry["cpython"].startswith(("3.8", "3.9", "3.1"))
    return get_external_script(entry) if newer else git_script(entry)


def digest_of(script: str) -> str:
    """Return what the manifest records of a script's text."""
    return hashlib.sha256(script.replace("\r\n", "\n").encode()).hexdigest()


def regenerated(text: str, script: str, version: str = "") -> str:
    """Return a manifest's text after ``regen`` with a script."""
    manifest = read_manifest(text)
    changes = find_pin_changes(analyze_script(script).externals, manifest)
    manifest = record_script(apply_pin_changes(manifest, changes), digest_of(script))
    return write_manifest(text, change_version(manifest, version or manifest.cpython.version))


def for_entry(entry: dict[str, Any]) -> Manifest:
    """Return the committed manifest, regenerated from an entry's script."""
    return _for_script(json.dumps(entry, sort_keys=True))


@cache
def _for_script(entry_json: str) -> Manifest:
    entry: dict[str, Any] = json.loads(entry_json)
    text = COMMITTED.read_text(encoding="utf-8")
    version = entry["cpython"].rstrip("+")
    version = version if version.count(".") == 2 else f"{version}.0"
    return read_manifest(regenerated(text, script_of(entry), version))


def changed_lines(old: str, new: str) -> tuple[Sequence[str], Sequence[str]]:
    """Return the lines that went and the lines that came."""
    delta = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return (
        [line[2:] for line in delta if line.startswith("- ")],
        [line[2:] for line in delta if line.startswith("+ ")],
    )
