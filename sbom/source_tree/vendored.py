"""Third-party code checked in to CPython: read out of the tree's SBOM, headers and wheels.

What a redistributor removed from a tree is left out. Where the SBOM and the code state different
versions, the code is what ships.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from msgspec import structs
from packaging.utils import canonicalize_name

from sbom.diagnostics import Diagnostic, Location, SbomError
from sbom.diagnostics.manifest_messages import unknown_wheel_contents
from sbom.diagnostics.release_messages import invalid_document
from sbom.diagnostics.source_tree_messages import (
    ChecksumRecord,
    checksum_mismatch,
    incomplete_package,
    invalid_wheel,
)
from sbom.files.shipped_file import verification_code
from sbom.formats.cpython_sbom import SbomFile, SbomPackage, read_sbom_packages
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.pins import Vendored
from sbom.manifest.ranges import line_in_range, version_key
from sbom.source_tree.tree import VENDORED_SBOM, WHEEL_LIMIT, WHEELS, SourceTree
from sbom.source_tree.wheels import Wheel, check_wheel, read_wheel

_ALGORITHMS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}

#: The wheel of pip that every CPython bundles.
_PIP = "Lib/ensurepip/_bundled/pip-*.whl"
#: The lines of which each release has the SBOM of vendored code.
_LINES_WITH_SBOM = "3.13-"

#: What wheels vendor that do not say so: versions by name, by version and name of the wheel.
WheelContents = Mapping[str, Mapping[str, Mapping[str, str]]]


def read_vendored(
    tree: SourceTree, compiled: Mapping[str, str], contents: WheelContents
) -> tuple[Vendored, ...]:
    """Return the vendored code of a tree, sorted by name.

    ``compiled`` are the versions by name that the code itself states, ``contents`` what is known of
    wheels that do not say what they vendor. An SBOM or a wheel that cannot be read counts as
    absent; ``require_readable`` refuses it.
    """
    return find_vendored(
        _packages_present(tree, read_sbom_packages(tree.read(VENDORED_SBOM)) or ()),
        compiled,
        _read_wheels(tree),
        contents,
    )


def _read_wheels(tree: SourceTree) -> list[Wheel]:
    wheels = (
        read_wheel(path.rpartition("/")[2], data)
        for path in tree.glob(WHEELS)
        if (data := tree.read(path, WHEEL_LIMIT)) is not None
    )
    return [wheel for wheel in wheels if wheel is not None]


def check_wheel_contents(
    tree: SourceTree, contents: WheelContents, file: str
) -> Iterator[Diagnostic]:
    """Yield the wheels that vendor packages whose versions are not known.

    ``file`` is the manifest, which does not list those packages.
    """
    for wheel in _installed(_read_wheels(tree)):
        if wheel.vendors and not _contained(wheel, contents):
            yield unknown_wheel_contents(file, f"vendored.{wheel.name}", wheel.file)


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
            [
                replace(diagnostic, location=diagnostic.location.below(tree.root))
                for diagnostic in damaged
            ]
        )


def find_missing_code(
    tree: SourceTree, line: str
) -> Iterator[tuple[ExternalKey | None, list[str]]]:
    """Yield vendored code of which a tree of a line has no file, with the paths that are missing.

    The tree says itself what it vendors: it is in CPython's SBOM, whose own tests compare it with
    the files, and the bundled pip. Where that SBOM itself is missing, the key is None.
    """
    if not line_in_range(line, _LINES_WITH_SBOM):
        return
    if not tree.has(VENDORED_SBOM):
        yield None, [VENDORED_SBOM]
    for package in read_sbom_packages(tree.read(VENDORED_SBOM)) or ():
        paths = [file.path for file in package.files]
        if paths and not any(map(tree.has, paths)):
            yield ExternalKey(EntryKind.VENDORED, canonicalize_name(package.name)), paths
    if not tree.glob(_PIP):
        yield ExternalKey(EntryKind.VENDORED, "pip"), [_PIP]


def _invalid_sbom(path: str) -> Diagnostic:
    hint = "correct the file, or remove it from the tree"
    return invalid_document(path, path, "is not an SPDX document in JSON", hint)


def _packages_present(tree: SourceTree, packages: Iterable[SbomPackage]) -> list[SbomPackage]:
    """Return the packages of which the tree has a file."""
    return [package for package in packages if any(tree.has(file.path) for file in package.files)]


def find_vendored(
    packages: Iterable[SbomPackage],
    compiled: Mapping[str, str],
    wheels: Sequence[Wheel],
    contents: WheelContents,
) -> tuple[Vendored, ...]:
    """Return the vendored code of a tree, sorted by name.

    ``packages`` are those of its SBOM that it has files of, ``compiled`` the versions by name
    that the code itself states, ``wheels`` all that it bundles, ``contents`` what is known of them.
    """
    found = {code.name: code for code in map(_listed, packages)}
    for name, version in compiled.items():
        listed = found.get(name)
        if listed is None:
            found[name] = Vendored(name=name, version=version)
        elif listed.version != version:
            # The archive that is listed is of the other version; the files are these.
            found[name] = structs.replace(
                listed, version=version, download_location=UNKNOWN_LOCATION, sha256=""
            )
    for wheel in _installed(wheels):
        found |= {code.name: code for code in _bundled(wheel, contents)}
    return tuple(found[name] for name in sorted(found))


def _listed(package: SbomPackage) -> Vendored:
    return Vendored(
        name=canonicalize_name(package.name),
        version=package.version.value,
        download_location=package.download_location.value or UNKNOWN_LOCATION,
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


def _bundled(wheel: Wheel, contents: WheelContents) -> Iterator[Vendored]:
    """Yield a wheel, and the packages that it vendors itself."""
    yield Vendored(name=wheel.name, version=wheel.version, sha256=wheel.sha256, wheel=wheel.file)
    for name, version in _contained(wheel, contents):
        yield Vendored(name=f"{wheel.name}-{name}", version=version, vendored_by=wheel.name)


def _contained(wheel: Wheel, contents: WheelContents) -> Sequence[tuple[str, str]]:
    """Return names and versions of what a wheel vendors, as it says itself or as is known."""
    known = contents.get(wheel.name, {}).get(wheel.version, {})
    return wheel.vendored or tuple(known.items())


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
            yield incomplete_package(path, package.name, missing, len(package.files))
        for file in package.files:
            if file.path in missing:
                continue
            if difference := _differing_checksum(file, tree.read(file.path)):
                algorithm, found = difference
                yield checksum_mismatch(
                    Location(path, file.line),
                    file.path,
                    ChecksumRecord.TREE_SBOM,
                    algorithm=algorithm,
                    expected=file.checksums.get(algorithm, ""),
                    found=found,
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
