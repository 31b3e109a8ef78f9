"""Platforms and variants as a command line names them."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics import InputError
from sbom.diagnostics.io_messages import usage_error
from sbom.manifest.model import Manifest


def select_platforms(names: Sequence[str] | None, manifest: Manifest) -> list[str]:
    """Return the platforms that are named, or all of the release's line. Raises InputError."""
    known = manifest.platform_names()
    for name in names or ():
        if name not in known:
            raise _unknown_choice("platform", name, known, manifest)
    return [name for name in known if not names or name in names]


def select_variant(name: str, manifest: Manifest) -> str:
    """Return a variant by its name, where the release's line has it. Raises InputError."""
    known = manifest.variant_names()
    if name not in known:
        raise _unknown_choice("variant", name, known, manifest)
    return name


def _unknown_choice(what: str, name: str, known: Sequence[str], manifest: Manifest) -> InputError:
    hint = f"use one of {', '.join(known)}, which are those of CPython {manifest.cpython.line}"
    return usage_error(f"--{what} {name}", f"unknown {what}", hint)
