"""Diagnostics of a CPython source tree (SBM6xx) and of its externals directory (SBM5xx).

Files are paths in the tree. A subject is the path and what it is about, such as
``PCbuild/readme.txt xz``: an exemption does not depend on the tree's path or on line numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import PurePath

from sbom.diagnostics.diagnostic import Code, Diagnostic, Location
from sbom.diagnostics.io_messages import input_error

#: How many names a message has of a list.
_NAMED = 3


def unexpected_external(directory: str, name: str, known_tags: Sequence[str]) -> Diagnostic:
    """Report that a directory is not named after an external of the manifest.

    ``known_tags`` are those of externals with the same name.
    """
    instead = f": expected {' or '.join(known_tags)}" if known_tags else ""
    return Diagnostic(
        code=Code.UNEXPECTED_EXTERNAL,
        location=Location(name).below(PurePath(directory)),
        message=f"is not an external of externals.toml{instead}",
        hint="remove it if nothing uses it, or run regen with the script that fetches it",
    )


def modified_external(directory: str, tag: str, difference: str) -> Diagnostic:
    """Report that the files of an external differ from those of its archive."""
    return Diagnostic(
        code=Code.MODIFIED_EXTERNAL,
        location=Location(tag).below(PurePath(directory)),
        message=f"differs from the archive of {tag}: {difference}",
        hint="fetch it again, or find out why it differs",
    )


def ambiguous_external(directory: str, tag: str) -> Diagnostic:
    """Report that a directory can be the source or the binary of its tag."""
    return Diagnostic(
        code=Code.AMBIGUOUS_EXTERNAL,
        location=Location(tag).below(PurePath(directory)),
        message="could be the source or the binary of this tag, and matches neither",
        hint="run 'nox -s regen', which downloads the archives to compare it with",
    )


def missing_external(directory: str, key: str, tag: str, condition: str) -> Diagnostic:
    """Report that the directory does not contain an external that the script fetches."""
    return Diagnostic(
        code=Code.MISSING_EXTERNAL,
        location=Location(directory),
        subject=key,
        message=f"does not contain {tag} (fetched {condition})",
        hint="run get_externals.bat again",
    )


def other_directory(directory: str, tags: Sequence[str], found: Sequence[str]) -> Diagnostic:
    """Report a directory that has none of the externals of the manifest, whose ``tags`` are given.

    ``found`` are the names of the directories in it.
    """
    return Diagnostic(
        code=Code.OTHER_DIRECTORY,
        location=Location(directory),
        message=f"contains no external of externals.toml: expected {_first(tags)}; "
        f"found {_first(found) if found else 'no directory'}",
        hint="name the directory that get_externals.bat filled, and the manifest of that release",
    )


def _first(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many others it has."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def subject_in(file: str, name: str) -> str:
    """Return the subject of a diagnostic about a name in a file of the tree."""
    return f"{file} {name}"


class Staleness(Enum):
    """What a stated version disagrees with: the message, and the hint."""

    NOT_FETCHED = (
        "{stated}, but the script does not fetch it{where}",
        "remove it: nothing is built from it",
    )
    FETCHED = (
        "states {stated}, but {where} fetches {actual}",
        "update it: what the script fetches is what ships",
    )
    COMPILED = (
        "states {stated}, but {actual} is compiled ({where})",
        "update it, or correct the code that is compiled",
    )
    CONTRADICTED = (
        "states {stated}, but {where} states {actual}",
        "find out which of the two is right",
    )
    OTHER_BINARY = (
        "names {stated}, but {where} fetches the binary {actual}",
        "check the tags: the binary is what ships, and no SBOM of CPython states its revision",
    )
    REPLACED = (
        "lists {stated}, but Windows builds compile {actual} ({where})",
        "leave it out of SBOMs of Windows builds",
    )
    LOCATION = (
        "states {stated} is at {actual}, which is not its archive",
        "update the location together with the version",
    )


def stale_version(
    location: Location,
    name: str,
    staleness: Staleness,
    *,
    stated: str,
    actual: str = "",
    where: str = "",
) -> Diagnostic:
    """Report that a file states another version of ``name`` than what ships."""
    message, hint = staleness.value
    return Diagnostic(
        code=Code.STALE_VERSION,
        location=location,
        subject=subject_in(location.path, name),
        message=message.format(stated=stated, actual=actual, where=where),
        hint=hint,
    )


def also_in(places: Sequence[str]) -> str:
    """Return the end of a message that names more places, if there are any."""
    return f"; so do {', '.join(places)}" if places else ""


class ChecksumRecord(Enum):
    """Where the expected checksum is recorded: the end of the message, and the hint."""

    TREE_SBOM = ("", "find out how the file changed; then run CPython's own 'make regen-sbom'")
    ARCHIVE = (
        " as in {where}",
        "find out which of the two is right; 'nox -s regen -- --verify' downloads it again",
    )
    MANIFEST = (
        " as in {where}",
        "compare the wheel with the one on PyPI; then run: nox -s regen -- --cpython DIR",
    )
    WHEEL = (" as in the wheel's RECORD", "restore the wheel, or find out who changed it")


def checksum_mismatch(
    location: Location,
    name: str,
    record: ChecksumRecord,
    *,
    algorithm: str,
    expected: str,
    found: str,
    where: str = "externals.toml",
) -> Diagnostic:
    """Report that ``name`` has another checksum than is recorded.

    ``found`` is its checksum, or words where it has none.
    """
    end, hint = record.value
    return Diagnostic(
        code=Code.CHECKSUM_MISMATCH,
        location=location,
        subject=subject_in(location.path, name),
        message=f"expected {algorithm} {_shorten(expected)} of {name}{end.format(where=where)}, "
        f"found {_shorten(found)}",
        hint=hint,
    )


def incomplete_package(file: str, name: str, missing: Sequence[str], total: int) -> Diagnostic:
    """Report that some files of a package are missing that an SBOM of the tree lists."""
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    are = "are" if more else "is"
    return Diagnostic(
        code=Code.INCOMPLETE_PACKAGE,
        location=Location(file),
        subject=subject_in(file, name),
        message=f"expected {total} files of {name}, found {total - len(missing)}: "
        f"{missing[0]}{more} {are} missing",
        hint="restore them, or remove all of the package; then run 'make regen-sbom'",
    )


#: What to do where a redistributor removed code.
_EXEMPTION = 'exempt it: diagnostic = "unrecorded-code", key = "{}"'


def incomplete_tree(file: str, code: str, missing: Sequence[str]) -> Diagnostic:
    """Report that files are missing without which it is not known what a tree vendors.

    ``code`` is the key path of the vendored code that they are of; empty if they are of all.
    """
    otherwise = f"; if {code} was removed on purpose, {_EXEMPTION.format(code)}" if code else ""
    is_or_are = "are" if len(missing) > 1 else "is"
    return Diagnostic(
        code=Code.INCOMPLETE_TREE,
        location=Location(file),
        subject=code,
        message=f"incomplete source tree: {_first(missing)} {is_or_are} missing",
        hint=f"check out the whole tree, or unpack its archive{otherwise}",
    )


def _shorten(checksum: str) -> str:
    return checksum if " " in checksum else f"{checksum[:12]}…"


class LinkFault(Enum):
    """How the tree and the manifest disagree about a shipped file: message and hint."""

    UNDECLARED = (
        "puts {tag} into {shipped}, which no 'ships' row of externals.toml states",
        "add the file to the [[component.<name>.ships]] of the external",
    )
    ELSEWHERE = (
        "expected {external} in {shipped}, but the projects of the tree put it into {actual}",
        "correct the [[component.<name>.ships]] of the external",
    )
    UNOWNED = (
        "installs {shipped}, which belongs to no component of externals.toml",
        "add it to the files of a component, or to what CPython owns",
    )


def link_mismatch(
    location: Location,
    subject: str,
    fault: LinkFault,
    *,
    shipped: str,
    tag: str = "",
    external: str = "",
    actual: str = "",
) -> Diagnostic:
    """Report that an external is in another shipped file than externals.toml states."""
    message, hint = fault.value
    return Diagnostic(
        code=Code.LINK_MISMATCH,
        location=location,
        subject=subject,
        message=message.format(shipped=shipped, tag=tag, external=external, actual=actual),
        hint=hint,
    )


def invalid_wheel(file: str, reason: str) -> Diagnostic:
    """Report that a bundled wheel is not what its file name promises."""
    return Diagnostic(
        code=Code.INVALID_WHEEL,
        location=Location(file),
        subject=file,
        message=reason,
        hint="restore the wheel, or remove it from the tree",
    )


def unlisted_component(file: str, name: str, version: str, shipped: str, tag: str) -> Diagnostic:
    """Report that an SBOM of the tree does not list a component that ships as a file of its own."""
    return Diagnostic(
        code=Code.UNLISTED_COMPONENT,
        location=Location(file),
        subject=subject_in(file, name),
        message=f"does not list {name} {version}, which ships as {shipped} out of {tag}",
        hint="scan with the SBOM that 'nox -s sbom' writes, which lists it",
    )


def vendored_changed(file: str, key: str, *, found: str, recorded: str, command: str) -> Diagnostic:
    """Report that externals.toml (``file``) records another version than the tree has."""
    return Diagnostic(
        code=Code.VENDORED_CHANGED,
        location=Location(file),
        subject=key,
        message=f"expected {recorded or 'nothing'} as recorded, found {found} in the source tree",
        hint=f"run: {command}",
    )


def absent_code(file: str, key: str, *, recorded: str, contained: int, command: str) -> Diagnostic:
    """Report that a tree lacks vendored code that externals.toml (``file``) records.

    ``recorded`` is its name and version; ``contained`` counts the packages that come with it.
    """
    packages = "package" if contained == 1 else "packages"
    more = f" and the {contained} {packages} in it" if contained else ""
    return Diagnostic(
        code=Code.ABSENT_CODE,
        location=Location(file),
        subject=key,
        message=f"the source tree lacks {recorded}{more}",
        hint=f"restore it, or run: {command}",
    )


def invalid_msbuild_file(file: str, reason: str) -> Diagnostic:
    """Report that a file that MSBuild reads is not XML."""
    return input_error(file, f"is not an MSBuild file: {reason}", "correct the file")


def altered_wheel(file: str, url: str, expected: str, found: str) -> Diagnostic:
    """Report that a bundled wheel is not the file of its name in the package index."""
    return Diagnostic(
        code=Code.ALTERED_WHEEL,
        location=Location(file),
        message=f"expected SHA-256 {expected} as {url} has, found {found} in the source tree",
        hint="restore the wheel, or find out who changed it",
    )
