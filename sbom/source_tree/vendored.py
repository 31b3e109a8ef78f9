"""Third-party code checked in to CPython: read out of the tree's SBOM, headers and wheels.

What a redistributor removed from a tree is left out. Where the SBOM and the code state different
versions, the code is what ships.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from installer.records import InvalidRecordEntry, RecordEntry, parse_record_file
from msgspec import structs
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.release_messages import invalid_document
from sbom.diagnostics.source_tree_messages import (
    ChecksumRecord,
    checksum_mismatch,
    invalid_wheel,
    missing_files,
)
from sbom.files.shipped_file import verification_code
from sbom.formats.cpython_sbom import SbomFile, SbomPackage, read_sbom_packages
from sbom.manifest.model import Vendored
from sbom.manifest.ranges import version_key
from sbom.source_tree.tree import VENDORED_SBOM, WHEEL_LIMIT, WHEELS, SourceTree

#: The largest member of a bundled wheel has 0.5 MB; more than this is a decompression bomb.
_MEMBER_LIMIT = 32_000_000
#: What pip allows behind a requirement: a comment, hashes, a continued line.
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
    """A wheel; ``vendored`` are the names and versions that its vendor.txt pins.

    Names are normalized.
    """

    file: str
    sha256: str
    name: str
    version: str
    vendored: tuple[tuple[str, str], ...]


def read_wheel(file: str, data: bytes) -> Wheel | None:
    """Return the wheel that a file's bytes are, or None if they are not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            metadata = _read_member(archive, r"[^/]+\.dist-info/METADATA")
            pins = _read_member(archive, r"[^/]+/_vendor/vendor\.txt")
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
        vendored=tuple(parse_pins(pins.decode("utf-8", "replace"))),
    )


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
            path,
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
                path,
                entry.path,
                ChecksumRecord.WHEEL,
                algorithm=entry.hash_.name,
                expected=entry.hash_.value,
                found="other contents",
            )


_ALGORITHMS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}


def read_vendored(tree: SourceTree, compiled: Mapping[str, str]) -> tuple[Vendored, ...]:
    """Return the vendored code of a tree, sorted by name.

    ``compiled`` are the versions by name that the code itself states. An SBOM or a wheel that
    cannot be read counts as absent; ``require_readable`` refuses it.
    """
    wheels = (
        read_wheel(path.rpartition("/")[2], data)
        for path in tree.glob(WHEELS)
        if (data := tree.read(path, WHEEL_LIMIT)) is not None
    )
    return find_vendored(
        _packages_present(tree, read_sbom_packages(tree.read(VENDORED_SBOM)) or ()),
        compiled,
        [wheel for wheel in wheels if wheel is not None],
    )


def require_readable(tree: SourceTree) -> None:
    """Raise SbomError for an SBOM or wheels that cannot be read: damaged is not removed."""
    damaged = [
        invalid_wheel(path, "is damaged, or not a wheel")
        for path in tree.glob(WHEELS)
        if (data := tree.read(path, WHEEL_LIMIT)) is None or read_wheel(path, data) is None
    ]
    if tree.has(VENDORED_SBOM) and read_sbom_packages(tree.read(VENDORED_SBOM)) is None:
        damaged.append(_invalid_sbom(VENDORED_SBOM))
    if damaged:
        raise SbomError(
            [replace(diagnostic, file=str(tree.root / diagnostic.file)) for diagnostic in damaged]
        )


def _invalid_sbom(path: str) -> Diagnostic:
    hint = "correct the file, or remove it from the tree"
    return invalid_document(path, path, "is not an SPDX document in JSON", hint)


def _packages_present(tree: SourceTree, packages: Iterable[SbomPackage]) -> list[SbomPackage]:
    """Return the packages of which the tree has a file."""
    return [package for package in packages if any(tree.has(file.path) for file in package.files)]


def find_vendored(
    packages: Iterable[SbomPackage], compiled: Mapping[str, str], wheels: Sequence[Wheel]
) -> tuple[Vendored, ...]:
    """Return the vendored code of a tree, sorted by name.

    ``packages`` are those of its SBOM that it has files of, ``compiled`` the versions by name
    that the code itself states, ``wheels`` all that it bundles.
    """
    found = {code.name: code for code in map(_listed, packages)}
    for name, version in compiled.items():
        listed = found.get(name)
        if listed is None:
            found[name] = Vendored(name=name, version=version)
        elif listed.version != version:
            # The archive that is listed is of the other version; the files are these.
            found[name] = structs.replace(
                listed, version=version, download_location="NOASSERTION", sha256=""
            )
    for wheel in _installed(wheels):
        found |= {code.name: code for code in _bundled(wheel)}
    return tuple(found[name] for name in sorted(found))


def _listed(package: SbomPackage) -> Vendored:
    return Vendored(
        name=canonicalize_name(package.name),
        version=package.version.value,
        download_location=package.download_location.value or "NOASSERTION",
        sha256=package.sha256.value.lower(),
        file_count=len(package.files),
        verification_code=verification_code(
            [file.checksums.get("SHA1", "").lower() for file in package.files]
        ),
    )


def _installed(wheels: Iterable[Wheel]) -> Collection[Wheel]:
    """Return the wheels that ensurepip installs: of two of one name, the newer one.

    CPython 3.8.17 and 3.8.18 bundle pip 22.0.4 beside the 23.0.1 that is installed.
    """
    ordered = sorted(wheels, key=lambda wheel: (version_key(wheel.version), wheel.file))
    return {wheel.name: wheel for wheel in ordered}.values()


def _bundled(wheel: Wheel) -> Iterator[Vendored]:
    """Yield a wheel, and the packages that it vendors itself."""
    yield Vendored(name=wheel.name, version=wheel.version, sha256=wheel.sha256, wheel=wheel.file)
    for name, version in wheel.vendored:
        yield Vendored(name=f"{wheel.name}-{name}", version=version, vendored_by=wheel.name)


def check_listed_files(tree: SourceTree, path: str) -> Iterator[Diagnostic]:
    """Yield the files that differ from the checksums in the SBOM at a path, or are missing.

    Line ends count as LF in every file without a NUL, as CPython's own tool counts them. Where
    all files of a package are missing, the package was removed, which is not an error.
    """
    if not tree.has(path):
        return
    packages = read_sbom_packages(tree.read(path))
    if packages is None:
        yield _invalid_sbom(path)
    for package in _packages_present(tree, packages or ()):
        missing = [file.path for file in package.files if not tree.has(file.path)]
        if missing:
            yield missing_files(path, package.name, missing, len(package.files))
        for file in package.files:
            if file.path in missing:
                continue
            if difference := _differing_checksum(file, tree.read(file.path)):
                algorithm, found = difference
                yield checksum_mismatch(
                    path,
                    file.path,
                    ChecksumRecord.TREE_SBOM,
                    algorithm=algorithm,
                    expected=file.checksums.get(algorithm, ""),
                    found=found,
                    line=file.line,
                )


def _differing_checksum(file: SbomFile, data: bytes | None) -> tuple[str, str] | None:
    """Return the first algorithm whose checksum differs, and what was found instead."""
    if data is None:
        return next(iter(file.checksums), "checksum"), "no readable file"
    if b"\0" not in data:
        data = data.replace(b"\r\n", b"\n")
    for algorithm, expected in file.checksums.items():
        function = _ALGORITHMS.get(algorithm)
        if function is not None and (found := function(data).hexdigest()) != expected.lower():
            return algorithm, found
    return None


def check_bundled_wheels(tree: SourceTree, known: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the wheels that ensurepip bundles.

    ``known`` maps file names of wheels to their recorded SHA-256.
    """
    for path in tree.glob(WHEELS):
        data = tree.read(path, WHEEL_LIMIT)
        yield from check_wheel(path, data, known.get(path.rpartition("/")[2], ""))
