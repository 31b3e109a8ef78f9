"""A CPython tree as several verbs read it: what it vendors, and what it states."""

from __future__ import annotations

from pathlib import Path

from sbom.cpython.folder import WHEEL_LIMIT, Folder
from sbom.cpython.msbuild import Properties
from sbom.cpython.statements import statements
from sbom.schema import Vendored
from sbom.vendored import sbom_of, vendored_in
from sbom.verbs.inputs import Inputs

#: Where a tree keeps the SBOM of what it vendors, and the wheels it bundles.
SBOM, WHEELS = "Misc/sbom.spdx.json", "Lib/ensurepip/_bundled/*.whl"


def line_of(version: str) -> str:
    """Return the release line: ``3.14`` of ``3.14.7``."""
    return ".".join(version.split(".")[:2])


def vendored_of(inputs: Inputs, root: Path | None) -> tuple[Vendored, ...] | None:
    """Return the vendored code of a tree, or None where there is no tree."""
    if root is None:
        return None
    folder = Folder(root)
    places = [place for place in inputs.manifest.stated if place.of.startswith("vendored.")]
    deciding = [place for place in places if place.decides]
    said = statements(folder, deciding, line_of(inputs.version), Properties())
    packages = sbom_of(folder.read(SBOM))
    listed = (packages or {}).get("files")
    names = [str(one.get("fileName")) for one in listed or [] if isinstance(one, dict)]
    wheels = {
        path.rpartition("/")[2]: data
        for path in folder.paths(WHEELS)
        if (data := folder.read(path, WHEEL_LIMIT)) is not None
    }
    return vendored_in(
        packages,
        {one.place.of.removeprefix("vendored."): one.value for one in said},
        [name for name in names if folder.has(name)],
        wheels,
    )
