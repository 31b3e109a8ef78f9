"""What names one entry of the manifest: the key path ``source.openssl`` as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sbom.script.externals import ExternalKind, split_tag

#: Behind a kind: every entry of it.
ANY_NAME = "*"
_KEY = re.compile(r"(source|binary|vendored)\.([A-Za-z0-9][\w.+-]*|\*)")


class EntryKind(StrEnum):
    """The table of the manifest that an entry is in."""

    SOURCE = "source"
    BINARY = "binary"
    VENDORED = "vendored"


@dataclass(frozen=True, order=True, slots=True)
class ExternalKey:
    """The key path of an external, or of vendored code; its text is ``source.openssl``."""

    kind: EntryKind
    name: str

    def __str__(self) -> str:
        """Return the key path as the manifest and diagnostics write it."""
        return f"{self.kind}.{self.name}"

    @property
    def is_fetched(self) -> bool:
        """Return whether the script fetches it, as opposed to code checked in to CPython."""
        return self.kind is not EntryKind.VENDORED


def parse_external_key(text: str) -> ExternalKey:
    """Return the key that a key path is the text of. Raises ValueError."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return ExternalKey(EntryKind(match[1]), match[2])


def key_of_tag(kind: ExternalKind, tag: str) -> ExternalKey:
    """Return the key that a tag has in the manifest: a bare version is its own name."""
    return ExternalKey(EntryKind(kind), split_tag(tag)[0] or tag)
