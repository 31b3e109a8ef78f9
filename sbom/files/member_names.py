"""Names in archives: those that may be members, and why the others may not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)


def validate_member_name(name: str) -> str:
    """Return why a member's name cannot be that of a file in a folder, or an empty text."""
    if not name or name.startswith("/"):
        return "is an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "names a drive"
    if "\\" in name:
        return "has a backslash, which is a folder for some and a letter for others"
    if any(ord(letter) < 32 or letter in '<>:"|?*' for letter in name):  # noqa: PLR2004
        return "has a character that no file name of Windows may have"
    parts = name.removesuffix("/").split("/")
    if ".." in parts:
        return "leads out of the archive with '..'"
    if "" in parts or "." in parts:
        return "has an empty part or '.'"
    if any(part.endswith((".", " ")) for part in parts):
        return "has a part that ends with a dot or a blank, which Windows drops"
    if any(_DEVICES.fullmatch(part) for part in parts):
        return "is the name of a device on Windows"
    return ""


def unescape_names(names: Iterable[str]) -> dict[str, str]:
    """Return what each member is called: packages of the OPC escape letters, other zips do not.

    ECMA-376-2, clause 10.2: a package has ``[Content_Types].xml``, and the names of its other
    parts are percent-encoded; NuGet and MSIX are such packages.
    """
    known = list(names)
    package = any(unquote(name) == "[Content_Types].xml" for name in known)
    return {name: unquote(name) if package else name for name in known}


def duplicate_names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names that are there more than once, or would be one file on Windows."""
    found = sorted(names)
    exact = Counter(found)
    folded = Counter(name.lower() for name in exact)
    for name, times in exact.items():
        if times > 1:
            yield name, f"is there {times} times"
        elif folded[name.lower()] > 1:
            yield name, "is there in another case too, which is one file on Windows"
