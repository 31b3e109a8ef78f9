"""Wheels that ensurepip bundles: what they are, what they vendor, and whether they are intact."""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from installer.records import InvalidRecordEntry, RecordEntry, parse_record_file
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from sbom.diagnostics import Diagnostic, Location
from sbom.diagnostics.source_tree_messages import ChecksumRecord, checksum_mismatch, invalid_wheel

#: The largest member of a bundled wheel has 0.5 MB; more than this is a decompression bomb.
_MEMBER_LIMIT = 32_000_000
_VENDORED_MODULE = re.compile(r"[^/]+/_vendor/(?!__init__\.py$).+\.py")
_VENDORED_METADATA = re.compile(
    r"[^/]+/_vendor/(?P<name>[^/-]+)-(?P<version>[^/-]+)\.dist-info/METADATA"
)
#: What pip allows after a requirement: a comment, hashes, a continued line.
_NO_REQUIREMENT = re.compile(r"(^|\s)(#|--|\\$).*")
#: What zipfile raises of an archive that is damaged, or compressed in a way it does not know.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,  # what bz2 raises of damaged data
    NotImplementedError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """A wheel, and whether it ``vendors`` packages.

    ``vendored`` are their normalized names and versions, if its vendor.txt or their metadata
    state them.
    """

    file: str
    sha256: str
    name: str
    version: str
    vendors: bool
    vendored: tuple[tuple[str, str], ...]


def read_wheel(file: str, data: bytes) -> Wheel | None:
    """Return the wheel that a file's bytes are, or None if they are not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            metadata = _read_member(archive, r"[^/]+\.dist-info/METADATA")
            pins = _read_member(archive, r"[^/]+/_vendor/vendor\.txt")
            members = archive.namelist()
        fields, _ = parse_email(metadata)
    except _ZIP_ERRORS:
        return None
    name, version = fields.get("name"), fields.get("version")
    if not name or not version:
        return None
    return Wheel(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        name=canonicalize_name(name),
        version=version,
        vendors=any(_VENDORED_MODULE.fullmatch(member) for member in members),
        vendored=tuple(parse_pins(pins.decode("utf-8", "replace")))
        or tuple(sorted(_vendored_distributions(members).items())),
    )


def _vendored_distributions(members: Iterable[str]) -> dict[str, str]:
    """Return the versions of the distributions whose metadata are in a ``_vendor`` directory."""
    found = (_VENDORED_METADATA.fullmatch(member) for member in members)
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def _read_member(archive: zipfile.ZipFile, pattern: str) -> bytes:
    """Return the only member whose path matches, or nothing."""
    names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
    if len(names) != 1:
        return b""
    with archive.open(names[0]) as member:
        return member.read(_MEMBER_LIMIT)


def parse_pins(text: str) -> Iterator[tuple[str, str]]:
    """Yield normalized names and versions of the requirements in a vendor.txt that pin one."""
    for line in text.splitlines():
        try:
            requirement = Requirement(_NO_REQUIREMENT.sub("", line).strip())
        except InvalidRequirement:  # blank, or an option of pip
            continue
        match [*requirement.specifier]:
            case [pin] if pin.operator in ("==", "===") and not pin.version.endswith(".*"):
                yield canonicalize_name(requirement.name), pin.version


def check_wheel(path: str, data: bytes | None, recorded_sha256: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with a bundled wheel.

    ``data`` is None if it is too large to be one. ``recorded_sha256`` is that of its file name
    in externals.toml, or empty; without it, the wheel's own RECORD still shows a modified member.
    """
    file = path.rpartition("/")[2]
    wheel = None if data is None else read_wheel(file, data)
    if data is None or wheel is None:
        yield invalid_wheel(path, "is damaged, or not a wheel")
        return
    if recorded_sha256 and wheel.sha256 != recorded_sha256:
        yield checksum_mismatch(
            Location(path),
            file,
            ChecksumRecord.MANIFEST,
            algorithm="SHA-256",
            expected=recorded_sha256,
            found=wheel.sha256,
        )
    if not _is_named(file, wheel):
        yield invalid_wheel(path, f"contains {wheel.name} {wheel.version}, not what it is named")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from _check_record(path, archive)
    except (InvalidRecordEntry, *_ZIP_ERRORS) as error:
        yield invalid_wheel(path, f"is damaged: {error}")


def _is_named(file: str, wheel: Wheel) -> bool:
    """Return whether a wheel has the name and version that its file name states."""
    try:
        name, version, _, _ = parse_wheel_filename(file)
    except InvalidWheelFilename:
        return False
    return (name, str(version)) == (wheel.name, wheel.version)


def _check_record(path: str, archive: zipfile.ZipFile) -> Iterator[Diagnostic]:
    """Yield the members that differ from the wheel's RECORD.

    Not by installer's ``WheelFile.validate_record``: it decompresses members of any size.
    """
    record = _read_member(archive, r"[^/]+\.dist-info/RECORD").decode("utf-8", "replace")
    entries = [RecordEntry.from_elements(*row) for row in parse_record_file(record.splitlines())]
    if not entries:
        yield invalid_wheel(path, "does not contain a RECORD")
    for entry in entries:
        if entry.hash_ is None:  # RECORD itself
            continue
        with archive.open(entry.path) as member:
            content = member.read(_MEMBER_LIMIT)
        if not entry.validate_stream(io.BytesIO(content)):
            yield checksum_mismatch(
                Location(path),
                entry.path,
                ChecksumRecord.WHEEL,
                algorithm=entry.hash_.name,
                expected=entry.hash_.value,
                found="other contents",
            )
