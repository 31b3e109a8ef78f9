"""What a script does not show: the code in the source tree of CPython."""

from __future__ import annotations

from collections.abc import Iterator

from sbom.components.versions import vendored_components
from sbom.manifest.model import Manifest


def describe_unread(manifest: Manifest) -> Iterator[str]:
    """Yield the names of the code that is in the source tree, if that was not read."""
    version, known = manifest.cpython.version, manifest.cpython.vendored_from
    if known == version:
        return
    names = vendored_components(manifest)
    yield (
        f"{manifest.file}: of CPython {version}, only what the script fetches is recorded; "
        f"not the code in its source tree: {', '.join(names)}\n"
        f"    run: nox -s regen -- --cpython DIR, with the source tree of {version}\n"
    )
