"""``release --check``: a published folder, read from outside."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from sbom.diagnostics import Exit
from sbom.diagnostics.render import render
from sbom.manifest.model import Manifest
from sbom.release.artifact_set import classify_artifacts
from sbom.release.artifacts import digested, paths_below
from sbom.release.published import INDEX, SUMS, Published, check_published_release, names_of


def check_published(arguments: argparse.Namespace, manifest: Manifest) -> int:
    """Print everything that is wrong with a published release."""
    folder = arguments.artifacts
    beside = (folder / INDEX).is_file() or arguments.in_place
    documents = _documents(folder if beside else arguments.output)
    version = _version(documents.get(INDEX, b""), manifest)
    paths = [path for path in paths_below(folder) if path not in documents]
    found = classify_artifacts(paths, version, partial=True)
    artifacts = {}
    for path in found.artifacts:
        own = digested(folder / path)
        artifacts[path] = {"sha256": own.sha256, "sha512": own.sha512}
    problems = (*found.problems, *check_published_release(Published(artifacts, documents)))
    print(render(problems, "text"), end="")
    print(f"{folder}: {len(artifacts)} artifacts, {len(documents)} documents, "
          f"{len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")  # fmt: skip
    return Exit.ERRORS if problems else Exit.OK


def _version(index: bytes, manifest: Manifest) -> Manifest:
    """Return the manifest as of the release that was published, whatever it is of now."""
    try:
        version = str(json.loads(index)["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return manifest
    return replace(manifest, cpython=replace(manifest.cpython, version=version))


def _documents(folder: Path) -> dict[str, bytes]:
    """Return what a release has written there, by path: the index names it."""
    found: dict[str, bytes] = {}
    for name in (INDEX, SUMS):
        if (folder / name).is_file():
            found[name] = (folder / name).read_bytes()
    try:
        names = names_of(json.loads(found.get(INDEX, b"{}")))
    except (ValueError, AttributeError, RecursionError):
        names = []
    for name in names:
        path = folder / name
        if ".." not in Path(name).parts and not Path(name).is_absolute() and path.is_file():
            found[name] = path.read_bytes()
    return found
