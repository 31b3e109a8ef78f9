"""Code that CPython's repository has copies of: read out of its SBOM, its headers and its wheels.

What a redistributor has taken out of a tree is left out. Where the tree's SBOM and the code
state different versions, the code is what ships.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sbom.files.hashing import verification_code
from sbom.manifest.model import Vendored
from sbom.manifest.ranges import version_key

#: A wheel's own file that is read into memory has no more than this.
_LIMIT = 4_000_000
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*===?\s*([\w.!+-]+)")
_METADATA = re.compile(r"^(Name|Version): *(\S+)\s*$", re.MULTILINE)
#: What zipfile raises of an archive that is damaged, or packed in a way it does not know.
NOT_A_WHEEL = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,  # what bz2 raises of damaged data
    NotImplementedError,
    EOFError,
    ValueError,
    RuntimeError,
)


def find_vendored(
    packages: Mapping[str, Any] | None,
    compiled: Mapping[str, str],
    present: Iterable[str],
    wheels: Mapping[str, bytes],
) -> tuple[Vendored, ...]:
    """Return the vendored code of a tree, sorted by name.

    ``packages`` is the JSON of Misc/sbom.spdx.json, or None where the tree has none;
    ``compiled`` are versions that the code itself states by name, ``present`` the paths of
    files that are there, ``wheels`` the bundled wheels by file name.
    """
    found = {one.name: one for one in _listed(packages or {}, set(present))}
    for name, version in compiled.items():
        known = found.get(name)
        if known is None:
            found[name] = Vendored(name=name, version=version)
        elif known.version != version:
            # The archive that is listed is of the other version; the files are these.
            found[name] = replace(
                known, version=version, download_location="NOASSERTION", sha256=""
            )
    for wheel in _installed(wheels):
        found |= {one.name: one for one in _bundled(wheel)}
    return tuple(found[name] for name in sorted(found))


def sbom_of(data: bytes | None) -> Mapping[str, Any] | None:
    """Return the JSON of a tree's SBOM, or None where it is not one."""
    if data is None:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


def _listed(data: Mapping[str, Any], present: set[str]) -> Iterator[Vendored]:
    """Yield the packages of Misc/sbom.spdx.json of which a file is there."""
    files = {
        str(one.get("SPDXID")): (str(one.get("fileName", "")).removeprefix("./"), _sha1(one))
        for one in _rows(data, "files")
    }
    held: dict[str, list[str]] = {}
    for relation in _rows(data, "relationships"):
        if relation.get("relationshipType") == "CONTAINS":
            id_ = str(relation.get("spdxElementId"))
            held.setdefault(id_, []).append(str(relation.get("relatedSpdxElement")))
    for package in _rows(data, "packages"):
        mine = [files[id_] for id_ in held.get(str(package.get("SPDXID")), []) if id_ in files]
        if not any(path in present for path, _ in mine):
            continue
        sums = {
            str(one.get("algorithm")): str(one.get("checksumValue"))
            for one in _rows(package, "checksums")
        }
        yield Vendored(
            name=_normal(str(package.get("name"))),
            version=str(package.get("versionInfo", "")),
            download_location=str(package.get("downloadLocation", "NOASSERTION")),
            sha256=sums.get("SHA256", "").lower(),
            file_count=len(mine),
            verification_code=verification_code([sha1 for _, sha1 in mine]),
        )


def _rows(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = data.get(key)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _sha1(file: Mapping[str, Any]) -> str:
    return next(
        (
            str(one.get("checksumValue", "")).lower()
            for one in _rows(file, "checksums")
            if one.get("algorithm") == "SHA1"
        ),
        "",
    )


@dataclass(frozen=True, slots=True)
class _Wheel:
    """A wheel: its file name and digest, its name and version, what its vendor.txt says."""

    file: str
    sha256: str
    name: str
    version: str
    pinned: str


def _wheel(file: str, data: bytes) -> _Wheel | None:
    """Return a wheel, or None where the bytes are none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            names = wheel.namelist()
            metadata = _member(wheel, names, r"[^/]+\.dist-info/METADATA")
            pinned = _member(wheel, names, r"[^/]+/_vendor/vendor\.txt")
    except NOT_A_WHEEL:
        return None
    header = "\n".join(metadata.splitlines()).partition("\n\n")[0]
    said = dict(reversed(_METADATA.findall(header)))  # the first of each counts
    if "Name" not in said or "Version" not in said:
        return None
    digest = hashlib.sha256(data).hexdigest()
    return _Wheel(file, digest, _normal(said["Name"]), said["Version"], pinned)


def is_wheel(data: bytes) -> bool:
    """Return whether bytes are a wheel that says its name and version."""
    return _wheel("", data) is not None


def _installed(wheels: Mapping[str, bytes]) -> Iterable[_Wheel]:
    """Return the wheels that are installed: of two of one name the newer one.

    CPython 3.8.17 and 3.8.18 bundle pip 22.0.4 beside the 23.0.1 that ensurepip installs.
    """
    found: dict[str, _Wheel] = {}
    for file, data in sorted(wheels.items()):
        wheel = _wheel(file, data)
        if wheel is None:
            continue
        known = found.get(wheel.name)
        if known is None or version_key(known.version) <= version_key(wheel.version):
            found[wheel.name] = wheel
    return found.values()


def _bundled(wheel: _Wheel) -> Iterator[Vendored]:
    """Yield a wheel, and the packages that it vendors itself."""
    yield Vendored(name=wheel.name, version=wheel.version, sha256=wheel.sha256, wheel=wheel.file)
    for one, version in requirements(wheel.pinned):
        yield Vendored(name=f"{wheel.name}-{one}", version=version, vendored_by=wheel.name)


def _member(wheel: zipfile.ZipFile, names: Iterable[str], pattern: str) -> str:
    """Return the text of the one member that matches, or an empty text."""
    for name in sorted(names):
        if re.fullmatch(pattern, name):
            with wheel.open(name) as member:
                return member.read(_LIMIT).decode("utf-8", "replace")
    return ""


def requirements(text: str) -> Iterator[tuple[str, str]]:
    """Yield names and versions that a vendor.txt pins, names as PEP 503 writes them.

    Markers, extras, hashes and remarks are none of its versions; what pins nothing is passed.
    """
    for line in text.splitlines():
        match = _REQUIREMENT.match(line)
        if match and not line.lstrip().startswith("#"):
            yield _normal(match[1]), match[2]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
