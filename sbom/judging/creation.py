"""The invariant of who made a document, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.judging.reading import Document, table, text, texts
from sbom.judging.wording import Finding


def creation_is_told(read: Document) -> Iterator[Finding]:
    """Ask for an organisation, a tool with its version, and a comment on how it was made."""
    where, info = text(read.data, "SPDXID"), table(read.data, "creationInfo")
    creators = texts(info, "creators")
    if not any(re.fullmatch(r"Organization: *[^\s(].*", one) for one in creators):
        yield where, "no creator is an organisation", "add 'Organization: Name (mail)'"
    if not any(re.fullmatch(r"Tool: *\S.*-[^-]*\d[^-]*", one) for one in creators):
        yield where, "no creator is a tool with its version", "add 'Tool: name-1.2.3'"
    if not text(info, "comment"):
        yield where, "has no creationInfo.comment", "say what it was generated from, and when"
