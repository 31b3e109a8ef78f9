"""Where facts are stated: file, line and column of key paths in the manifest and the data files."""

from __future__ import annotations

from functools import cache
from itertools import count

from sbom.data import read_data_text
from sbom.diagnostics import Location
from sbom.explanation.explanation import Locate
from sbom.manifest.key_locations import BYTE_ORDER_MARK, KeyLocations
from sbom.manifest.model import Manifest
from sbom.manifest.reference import COMPONENTS
from sbom.manifest.tables import KeyPath

#: The length of a path to a table of rows: ``component.openssl.ships``.
_ROW = 3


class Origins:
    """The places of facts, by the manifest's text; data files are read when they are needed."""

    def __init__(self, manifest: Manifest, text: str) -> None:
        """Take the manifest and the text that it was read from."""
        self._manifest = manifest
        self._locations = KeyLocations(text.removeprefix(BYTE_ORDER_MARK), manifest.file)

    def locate(self, path: KeyPath) -> Location:
        """Return where the value of a key of the manifest stands, or the table it would be in.

        For a component it is the reference data, where they have the whole component, or the
        row of one; rows of the manifest come before those of the reference data.
        """
        if path[0] != "component":
            return self._locations.locate(path)
        if path[1] in self._manifest.reference_components:
            return locate_in_data(COMPONENTS, path)
        number = path[3] if len(path) > _ROW else None
        rows = self._manifest.reference.component_rows(str(path[1]))
        if rows and isinstance(number, int) and not self._locations.has(path[:4]):
            table = path[:3]
            own = next(n for n in count() if not self._locations.has((*table, n)))
            return locate_in_data(rows[0], (*table, number - own, *path[4:]))
        return self._locations.locate(path)


def locate_in_data(name: str, path: KeyPath) -> Location:
    """Return where a key of ``sbom/data/NAME.toml`` stands."""
    return _data_locations(name).locate(path)


@cache
def _data_locations(name: str) -> KeyLocations:
    return KeyLocations(read_data_text(name), f"sbom/data/{name}.toml")


def text_locator(text: str, file: str) -> Locate:
    """Return what locates keys in the text of a TOML file."""
    return KeyLocations(text.removeprefix(BYTE_ORDER_MARK), file).locate
