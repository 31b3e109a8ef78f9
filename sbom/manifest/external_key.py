"""What names one entry of the manifest: the key path ``source.openssl`` as a value."""

from __future__ import annotations

import re
from enum import StrEnum

from sbom.script.externals import ExternalKind, split_tag

#: After a kind: every entry of it.
ANY_NAME = "*"
KEY_PATTERN = r"(source|binary|vendored)\.([A-Za-z0-9][\w.+-]*|\*)"


class EntryKind(StrEnum):
    """The table of the manifest that an entry is in."""

    SOURCE = "source"
    BINARY = "binary"
    VENDORED = "vendored"


# Not a dataclass: msgspec would read one from a table, and the manifest has these as texts.
class ExternalKey:
    """The key path of an external, or of vendored code; its text is ``source.openssl``."""

    __slots__ = ("_parts",)

    def __init__(self, kind: EntryKind, name: str) -> None:
        """Take the table and the name in it."""
        self._parts = (kind, name)

    @property
    def kind(self) -> EntryKind:
        """Return the table that the entry is in."""
        return self._parts[0]

    @property
    def name(self) -> str:
        """Return the name of the entry."""
        return self._parts[1]

    def __str__(self) -> str:
        """Return the key path as the manifest and diagnostics write it."""
        return ".".join(self._parts)

    def __repr__(self) -> str:
        """Return the call that makes it."""
        return f"ExternalKey({self.kind!r}, {self.name!r})"

    def __eq__(self, other: object) -> bool:
        """Return whether the other one is of the same entry."""
        return self._parts == other._parts if isinstance(other, ExternalKey) else NotImplemented

    def __lt__(self, other: ExternalKey) -> bool:
        """Return whether it comes first in alphabetical order."""
        return self._parts < other._parts

    def __hash__(self) -> int:
        """Return the hash of its parts."""
        return hash(self._parts)

    @property
    def is_fetched(self) -> bool:
        """Return whether the script fetches it, as opposed to code checked in to CPython."""
        return self.kind is not EntryKind.VENDORED


def parse_external_key(text: str) -> ExternalKey:
    """Return the key that a key path is the text of. Raises ValueError."""
    match = re.fullmatch(KEY_PATTERN, text)
    if match is None:
        raise ValueError(text)
    return ExternalKey(EntryKind(match[1]), match[2])


def key_of_tag(kind: ExternalKind, tag: str) -> ExternalKey:
    """Return the key that a tag has in the manifest: a bare version is its own name."""
    return ExternalKey(EntryKind(kind), split_tag(tag)[0] or tag)
