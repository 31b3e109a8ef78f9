"""The diagnostics of a CPython source tree: where it disagrees with itself and the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sbom.checks.project_links import (
    check_component_files,
    check_installed_files,
    check_project_links,
)
from sbom.checks.stated_versions import check_archives, check_versions
from sbom.diagnostics import Diagnostic, sort_diagnostics
from sbom.diagnostics.source_tree_messages import vendored_changed
from sbom.manifest.component_spec import PLACEHOLDER
from sbom.manifest.model import Manifest
from sbom.source_tree.tree_contents import TreeContents


def check_source_tree(
    manifest: Manifest, contents: TreeContents, regen_command: str
) -> tuple[Diagnostic, ...]:
    """Return where a tree disagrees with itself, its script, its checksums and the manifest.

    ``regen_command`` makes the manifest agree with the tree.
    """
    complete = _without_placeholders(manifest)
    in_tree = [
        *contents.damaged,
        *check_versions(complete, contents),
        *check_archives(complete, contents),
        *check_project_links(complete, contents),
        *check_installed_files(complete, contents),
    ]
    return sort_diagnostics(
        [
            *contents.locate(in_tree),
            *check_component_files(complete, contents),
            *_check_vendored(manifest, contents, regen_command),
        ]
    )


def _without_placeholders(manifest: Manifest) -> Manifest:
    """Return the manifest without components to be filled in, which have their own diagnostic."""
    complete = (
        one
        for one in manifest.components
        if PLACEHOLDER not in (one.purl, *(row.link for row in one.ships))
    )
    return replace(manifest, components=tuple(complete))


def _check_vendored(
    manifest: Manifest, contents: TreeContents, regen_command: str
) -> Iterator[Diagnostic]:
    """Yield vendored code that the manifest records another version of, for the same CPython."""
    if manifest.cpython.vendored_from != contents.version:
        return
    recorded = {one.key: one.version for one in manifest.vendored}
    for one in contents.vendored:  # what a redistributor removed from the tree is not there
        if recorded.get(one.key) != one.version:
            yield vendored_changed(
                manifest.file,
                str(one.key),
                found=one.version,
                recorded=recorded.get(one.key, ""),
                command=regen_command,
            )
