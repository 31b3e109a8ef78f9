"""An externals directory compared with the manifest."""

from __future__ import annotations

from collections.abc import Iterator

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.source_tree_messages import (
    ambiguous_external,
    missing_external,
    modified_external,
    other_directory,
    unexpected_external,
)
from sbom.manifest.model import Manifest
from sbom.script.externals import split_tag
from sbom.source_tree.fetched_externals import ExternalsDir


def check_externals_dir(directory: ExternalsDir, manifest: Manifest) -> Iterator[Diagnostic]:
    """Yield what an externals directory contains, or lacks, contrary to the manifest.

    One without any of its externals is another directory, and all there is to say of it.
    """
    path = directory.path
    if directory.is_other:
        tags = sorted({pin.tag for pin in directory.absent})
        yield other_directory(path, tags, directory.unexpected)
        return
    for name in directory.unexpected:
        tags = [pin.tag for pin in manifest.pins if pin.name == split_tag(name)[0]]
        yield unexpected_external(path, name, tags)
    for name in directory.ambiguous:
        yield ambiguous_external(path, name)
    for external in directory.externals:
        if external.is_modified:
            yield modified_external(path, external.pin.tag, external.difference)
    for pin in directory.absent:
        yield missing_external(path, str(pin.key), pin.tag, str(pin.condition))
