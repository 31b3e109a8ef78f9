"""A source tree without files that show which code it vendors, such as a sparse checkout."""

from __future__ import annotations

from sbom.diagnostics import SbomError
from sbom.diagnostics.manifest_messages import unrecorded_code
from sbom.diagnostics.source_tree_messages import incomplete_tree
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.source_tree.tree import SourceTree
from sbom.source_tree.vendored import find_missing_code


def require_complete(tree: SourceTree, manifest: Manifest) -> None:
    """Raise SbomError for vendored code that a tree should have and that is not there.

    ``manifest`` is of the tree's version. Redistributors remove code on purpose: what its
    exemptions of ``unrecorded-code`` name is not missing.
    """
    missing = [
        incomplete_tree(str(tree.root), str(key or ""), paths)
        for key, paths in find_missing_code(tree, manifest.cpython.line)
        if key is None or not _is_exempted(key, manifest)
    ]
    if missing:
        raise SbomError(missing)


def _is_exempted(key: ExternalKey, manifest: Manifest) -> bool:
    """Return whether an exemption accepts that a tree does not have some code."""
    diagnostic = unrecorded_code(manifest.file, str(key), key.name, manifest.cpython.version)
    return not triage_diagnostics([diagnostic], manifest, ()).active
