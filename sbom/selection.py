"""Platforms and variants as a command line names them."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.io_messages import usage_error
from sbom.manifest.channels import DEFAULT
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range


def selected_platforms(wanted: Sequence[str] | None, manifest: Manifest) -> list[str]:
    """Return the platforms that are asked for, all of the line where none is. Raises SbomError."""
    line = manifest.cpython.line
    known = [
        platform.name for platform in manifest.platforms if line_in_range(line, platform.lines)
    ]
    for name in wanted or ():
        if name not in known:
            hint = f"the manifest has {', '.join(known)} for CPython {line}"
            raise usage_error(f"--platform {name}", "is no platform of the manifest", hint)
    return [name for name in known if not wanted or name in wanted]


def selected_variant(wanted: str, manifest: Manifest) -> str:
    """Return a variant by its name, where the line has it. Raises SbomError."""
    line = manifest.cpython.line
    known = [DEFAULT, *(one.name for one in manifest.variants if line_in_range(line, one.lines))]
    if wanted not in known:
        hint = f"the manifest has {', '.join(known)} for CPython {line}"
        raise usage_error(f"--variant {wanted}", "is no variant of the manifest", hint)
    return wanted
