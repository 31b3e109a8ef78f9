"""What a release is told of its builds: layouts on this machine, documents made on another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sbom.bom.compose import compose_build
from sbom.components.resolve import Build
from sbom.diagnostics.run_messages import usage_error
from sbom.formats import SPDX2
from sbom.io import input_error
from sbom.manifest.channels import DEFAULT
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range
from sbom.release.parts import PlatformSbom
from sbom.verification.layout import LayoutContents, inspect_layout


def layouts_of(
    wanted: Sequence[str], manifest: Manifest
) -> dict[str, tuple[Build, LayoutContents]]:
    """Return the layouts of a command line, by the name of their build. Raises SbomError."""
    known = builds_of(manifest)
    found: dict[str, tuple[Build, LayoutContents]] = {}
    for text in wanted:
        name, sign, folder = text.partition("=")
        if not sign or name not in known:
            hint = f"write PLATFORM=DIR with one of {', '.join(known)}"
            raise usage_error(f"--layout {text}", "names no build of the manifest", hint)
        if name in found:
            raise usage_error(f"--layout {text}", "is a second layout of that build", "keep one")
        found[name] = known[name], inspect_layout(Path(folder), manifest, known[name])
    return found


def builds_of(manifest: Manifest) -> dict[str, Build]:
    """Return every build that the manifest's CPython line has, by its name."""
    line = manifest.cpython.line
    variants = [one.name for one in manifest.variants if line_in_range(line, one.lines)]
    found = [
        Build(platform=platform.name, variant=variant)
        for platform in manifest.platforms
        if line_in_range(line, platform.lines)
        for variant in (DEFAULT, *variants)
    ]
    return {build.name: build for build in found}


def parts_of(
    paths: Sequence[Path],
    layouts: Mapping[str, tuple[Build, LayoutContents]],
    manifest: Manifest,
    when: datetime,
) -> dict[str, PlatformSbom]:
    """Return documents of builds: those of a command line, and those of its layouts."""
    known = builds_of(manifest)
    prefix = f"python-{manifest.cpython.version}-"
    found: dict[str, PlatformSbom] = {}
    for path in paths:
        data = _document(path)
        name = str(data.get("name", "")).removeprefix(prefix)
        if name not in known:
            hint = f"name what build wrote for {', '.join(known)} of {manifest.cpython.version}"
            raise usage_error(f"--platform-sbom {path}", "is of no build of the manifest", hint)
        if name in found or name in layouts:
            raise usage_error(f"--platform-sbom {path}", f"is a second part for {name}", "keep one")
        found[name] = PlatformSbom(known[name], data)
    for name, (build, looked) in layouts.items():
        found[name] = part_of(manifest, build, when, looked)
    return found


def part_of(
    manifest: Manifest, build: Build, when: datetime, looked: LayoutContents | None = None
) -> PlatformSbom:
    """Return the part of a build."""
    return PlatformSbom(
        build, json.loads(SPDX2.write(compose_build(manifest, build, when, contents=looked)))
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise input_error(path, f"cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, RecursionError) as error:
        raise input_error(path, "is no JSON document", "name what build wrote") from error
    lists = ("packages", "files", "relationships")
    if not isinstance(data, dict) or not all(isinstance(data.get(key), list) for key in lists):
        raise input_error(path, "is no SPDX document of ours", "name what build wrote")
    return data
