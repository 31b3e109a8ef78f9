"""Small CPython source trees: as much of each file as states something, in our own words."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

from manifests import entry_of, script_of

PROPS = """<Project>
  <PropertyGroup>
    <ExternalsDir>$(EXTERNALS_DIR)\\</ExternalsDir>
  </PropertyGroup>
  <PropertyGroup>
    <sqlite3Dir Condition="$(sqlite3Dir) == ''">$(ExternalsDir)sqlite-3.50.4.0\\</sqlite3Dir>
    <bz2Dir Condition="$(bz2Dir) == ''">$(ExternalsDir)bzip2-1.0.8\\</bz2Dir>
    <lzmaDir>$(ExternalsDir)xz-5.2.5\\</lzmaDir>
    <opensslOutDir>$(ExternalsDir)openssl-bin-3.5.7\\$(ArchName)\\</opensslOutDir>
    <zlibNgDir>$(ExternalsDir)\\zlib-ng-2.2.4\\</zlibNgDir>
  </PropertyGroup>
</Project>
"""
TCLTK = """<Project>
  <PropertyGroup>
    <TclVersion Condition="$(TclVersion) == ''">9.0.4.0</TclVersion>
    <TkVersion>9.0.4.1</TkVersion>
    <Major>$([System.Version]::Parse($(TclVersion)).Major)</Major>
    <tclDir Condition="$(tclDir) == '' and $(Major) == '8'">$(X)tcl-core-$(TclVersion)\\</tclDir>
    <tclDir Condition="$(tclDir) == ''">$(X)tcl-$(TclVersion)\\</tclDir>
    <tkDir>$(X)tk-$(TkVersion)\\</tkDir>
    <tcltkDir>$(X)tcltk-$(TclVersion)\\$(ArchName)\\</tcltkDir>
  </PropertyGroup>
</Project>
"""
BZ2 = """<Project>
  <PropertyGroup><ConfigurationType>DynamicLibrary</ConfigurationType></PropertyGroup>
  <PropertyGroup><TargetExt>$(PyExt)</TargetExt></PropertyGroup>
  <ItemGroup><ClCompile Include="$(bz2Dir)\\compress.c" /></ItemGroup>
</Project>
"""
LIBLZMA = """<Project>
  <PropertyGroup><ConfigurationType>StaticLibrary</ConfigurationType></PropertyGroup>
  <ItemGroup><ClCompile Include="$(lzmaDir)src\\a.c" /></ItemGroup>
</Project>
"""
LZMA = """<Project>
  <PropertyGroup><TargetExt>.pyd</TargetExt></PropertyGroup>
  <ItemGroup><ProjectReference Include="liblzma.vcxproj" /></ItemGroup>
</Project>
"""
README = """_bz2
    wraps version 1.0.8 of the libbzip2 library
_lzma
    wraps version 5.2.5 of the liblzma library
_ssl
    wraps version 3.5 of the OpenSSL library
_sqlite3
    Wraps SQLite 3.50.4, which is built here
_tkinter
    Wraps version 9.0.4 of the Tk toolkit
"""
#: As expat 2.8 writes it.
EXPAT = (
    "#  define XML_MAJOR_VERSION 2\n#  define XML_MINOR_VERSION 8\n#  define XML_MICRO_VERSION 2\n"
)


def wheel(name: str, version: str, vendored: str = "") -> bytes:
    """Return a wheel with a RECORD, and a vendor.txt if there is one to write."""
    folder = f"{name}-{version}.dist-info"
    members = {
        f"{name}/__init__.py": b"",
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
    }
    if vendored:
        members[f"{name}/_vendor/vendor.txt"] = vendored.encode()
    rows = [f"{member},sha256={_record(data)},{len(data)}" for member, data in members.items()]
    members[f"{folder}/RECORD"] = "\n".join([*rows, f"{folder}/RECORD,,"]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return buffer.getvalue()


PIP_1 = b"Name: pip\nVersion: 1\n" + b"Classifier: x\n" * 40


def compressed_wheel(method: int, metadata: bytes, *, damaged: bool = False) -> bytes:
    """Return a wheel compressed by a method of zip; damaged inside the compressed data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("pip-1.dist-info/METADATA", metadata)
        archive.writestr("pip-1.dist-info/RECORD", b"a,sha256=x,1\n" * 99)
    data = bytearray(buffer.getvalue())
    if damaged:
        for n in range(2):
            start = data.index(b"PK\x03\x04", 1 if n else 0)
            for at in range(start + 70, start + 76):
                data[at] ^= 0x5A
    return bytes(data)


def _record(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def sbom(files: dict[str, dict[str, bytes]], versions: dict[str, str]) -> str:
    """Return a Misc/sbom.spdx.json: packages by name, each with its files."""
    packages, listed, relations = [], [], []
    for name, mine in files.items():
        version = versions[name]
        packages.append(
            {
                "SPDXID": f"SPDXRef-PACKAGE-{name}",
                "checksums": [{"algorithm": "SHA256", "checksumValue": "ab" * 32}],
                "downloadLocation": f"https://example.org/{name}-{version}.tar.gz",
                "externalRefs": [],
                "name": name,
                "versionInfo": version,
            }
        )
        for path, content in mine.items():
            id_ = f"SPDXRef-FILE-{path.replace('/', '-')}"
            sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            listed.append(
                {
                    "SPDXID": id_,
                    "checksums": [{"algorithm": "SHA1", "checksumValue": sha1}],
                    "fileName": path,
                }
            )
            relations.append(
                {
                    "relatedSpdxElement": id_,
                    "relationshipType": "CONTAINS",
                    "spdxElementId": f"SPDXRef-PACKAGE-{name}",
                }
            )
    data = {"files": listed, "packages": packages, "relationships": relations}
    return json.dumps(data, indent=2, sort_keys=True)


def make_tree(root: Path, version: str = "3.14.7") -> Path:
    """Write a tree whose files all agree with its script, and return it."""
    copies = {
        "expat": {"Modules/expat/expat.h": EXPAT.encode(), "Modules/expat/x.c": b"int x;\n"},
        "macholib": {"Lib/ctypes/macholib/__init__.py": b"__version__ = '1.0'\n"},
    }
    major, minor, micro = version.split(".")
    numbers = zip(("MAJOR", "MINOR", "MICRO"), (major, minor, micro), strict=True)
    header = "".join(f"#define PY_{part}_VERSION {number}\n" for part, number in numbers)
    files: dict[str, bytes] = {
        "PCbuild/get_externals.bat": script_of(entry_of("3.14.7")).encode(),
        "PCbuild/python.props": PROPS.encode(),
        "PCbuild/tcltk.props": TCLTK.encode(),
        "PCbuild/_bz2.vcxproj": BZ2.encode(),
        "PCbuild/_lzma.vcxproj": LZMA.encode(),
        "PCbuild/liblzma.vcxproj": LIBLZMA.encode(),
        "PCbuild/readme.txt": README.encode(),
        "Include/patchlevel.h": f'{header}#define PY_VERSION "{version}"\n'.encode(),
        "Misc/sbom.spdx.json": sbom(copies, {"expat": "2.8.2", "macholib": "1.0"}).encode(),
        "Modules/expat/refresh.sh": b'expected_libexpat_version="2.8.2"\n',
        "Lib/ensurepip/__init__.py": b'_PIP_VERSION = "26.2.1"\n',
        "Lib/ensurepip/_bundled/pip-26.2.1-py3-none-any.whl": wheel("pip", "26.2.1", "idna==3.18"),
    }
    for mine in copies.values():
        files |= mine
    for path, data in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return root
