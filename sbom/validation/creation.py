"""The invariant of who made a document, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbom.validation.view import Document, table, text, texts
from sbom.validation.wording import Finding


def check_creation_info(read: Document) -> Iterator[Finding]:
    """Ask for an organization, a tool with its version, and a comment on how it was made."""
    where, info = text(read.data, "SPDXID"), table(read.data, "creationInfo")
    creators = texts(info, "creators")
    if not any(re.fullmatch(r"Organization: *[^\s(].*", one) for one in creators):
        yield where, "no creator is an organization", "add 'Organization: Name (mail)'"
    if not any(re.fullmatch(r"Tool: *\S.*-[^-]*\d[^-]*", one) for one in creators):
        yield where, "no creator is a tool with its version", "add 'Tool: name-1.2.3'"
    if not text(info, "comment"):
        yield where, "has no creationInfo.comment", "say what it was generated from, and when"
