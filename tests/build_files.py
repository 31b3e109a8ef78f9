"""Files of a synthetic release: binaries are PE files that show what the real ones do.

Versions are those of facts/get_externals.json: 3.14.7, 3.13.0rc2, 3.11.1; and Tcl/Tk of 3.14.2.
The DLLs that are built outside CPython are the same in every variant and release.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from binaries import PSF
from manifests import COMMITTED, committed, regenerated
from pe_files import pe

from sbom.binaries.pe import authenticode_of
from sbom.components.versions import vendored_components
from sbom.manifest.channels import DEFAULT
from sbom.manifest.external_key import EntryKind
from sbom.manifest.pins import Vendored
from sbom.manifest.read import read_manifest
from sbom.manifest.updates import record_vendored
from sbom.manifest.write import write_manifest

MACHINES = {"win32": "x86", "amd64": "x64", "arm64": "arm64"}
_EXECUTABLE = (".dll", ".pyd", ".exe")
_OPENSSL = {"3.14": "3.5.7", "3.13": "3.0.15", "3.11": "1.1.1q"}
_TCL = {"3.14": "9.0.4", "3.14.2": "8.6.15", "3.13": "8.6.14", "3.11": "8.6.12"}
_SQLITE = {"3.14": "3.50.4", "3.13": "3.45.3", "3.11": "3.39.4"}
_ZLIB_OF_TCL = {"3.14": "1.3.2", "3.14.2": "1.3.1", "3.13": "1.3.1", "3.11": "1.2.11"}
_MICROSOFT = {"CompanyName": "Microsoft Corporation", "FileVersion": "14.51.36247.0"}
_VENDORED = (b"Modules\\_hacl\\Hacl_Hash_SHA3.c", b"mimalloc: error: ")
#: Texts in CPython's own binaries, by the start of their names: 3.14.7's, but for what differs.
_TEXTS: dict[str, tuple[bytes, ...]] = {
    "python314": (b"incorrect header check", b"2.2.4", b"2.2.4.zlib-ng", *_VENDORED),
    "python313": (b"incorrect header check", b"1.3.1", *_VENDORED),
    "python311": (b"incorrect header check", b"1.2.13"),
    "_bz2": (b"bzip2/libbzip2: internal error number %d.", b"1.0.8, 13-Jul-2019"),
    "_decimal": (b"__libmpdec_version__", b"4.0.0"),
    "_lzma": (b"liblzma", b"\xfd7zXZ\0"),
    "_zstd": (b"ZSTD_btultra2", b"1.5.7"),
    "pyexpat": (b"expat_2.8.2",),
}
_EXEMPTION = """
[[exemption]]
diagnostic = "conflicting-reference"
key = "{key}.dll-digests"
reason = "The DLLs were made for tests."
"""


@cache
def build_file(version: str, platform: str, variant: str, name: str) -> bytes:
    """Return a file of one build of CPython, by its name without a directory."""
    label = f"{platform} {variant} {name}\n".encode()
    if not name.endswith(_EXECUTABLE):
        return label * 3
    machine, line = MACHINES[platform], ".".join(version.split(".")[:2])
    if resource := dict(_foreign_resource(version, name)):
        return pe(machine=machine, texts=[f"{platform} {name}\n".encode()], resource=resource)
    if (line, name) == ("3.11", "_decimal.pyd"):
        return pe(machine=machine, texts=[label, b"__libmpdec_version__", b"2.5.1"])
    if name.startswith("sqlite3"):
        return pe(machine=machine, texts=[label, b"SQLite format 3", _SQLITE[line].encode()])
    if not re.match(r"python|_|pyexpat|select|unicodedata|winsound|py\.exe|pyw\.exe", name):
        return pe(machine=machine, texts=[f"{platform} {name}\n".encode()])
    texts = next((found for start, found in _TEXTS.items() if name.startswith(start)), ())
    resource = {"CompanyName": PSF, "FileVersion": version}
    return pe(machine=machine, texts=[label, *texts], resource=resource)


def _foreign_resource(version: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the version resource of a DLL that was built outside CPython and states a version."""
    line = ".".join(version.split(".")[:2])
    if name.startswith("vcruntime"):
        yield from _MICROSOFT.items()
    elif name.startswith(("libcrypto", "libssl")):
        yield "FileVersion", _OPENSSL[line]
    elif re.match(r"tcl[89]|tk[89]", name):
        yield "FileVersion", _TCL.get(version, _TCL[line])
    elif name == "zlib1.dll":
        zlib = _ZLIB_OF_TCL.get(version, _ZLIB_OF_TCL[line])
        yield from {"FileVersion": zlib, "ProductName": "zlib"}.items()


def knowing_made_dlls(text: str) -> str:
    """Return a manifest that records the DLLs made here as those of its binary externals.

    Many have nothing in them that shows what they are. That the recorded DLLs of these tags are
    others is exempted.
    """
    manifest = read_manifest(text)
    for pin in manifest.pins:
        known = manifest.dll_digests.get(pin.tag)
        if known and pin.key.kind is EntryKind.BINARY:
            key = str(pin.key)
            files = {
                path: _dll(manifest.cpython.version, path)
                for path in known
                if path.split("/")[0] in MACHINES
            }
            start = text.index(f"[{key}]\n")
            end = text.index("\n\n", start)
            rows = [f'"{path}" = "{authenticode_of(data)}"' for path, data in files.items()]
            table = "\n".join([f"[{key}.dll-digests]", *rows])
            text = f"{text[:end]}\n\n{table}{text[end:]}{_EXEMPTION.format(key=key)}"
    return text


def made_manifest(script: str, version: str, manifest_path: Path = COMMITTED) -> str:
    """Return the manifest of another release: from its script, and from a tree like 3.14.7's."""
    text = regenerated(manifest_path.read_text("utf-8"), script, version)
    manifest = record_vendored(read_manifest(text), committed().vendored, version)
    recorded = {code.key for code in manifest.vendored}
    more = tuple(
        Vendored(name=keys[0].name, version="1.0")
        for keys in vendored_components(manifest).values()
        if recorded.isdisjoint(keys)
    )
    manifest = replace(manifest, vendored=(*manifest.vendored, *more))
    return knowing_made_dlls(write_manifest(text, manifest))


def _dll(version: str, path: str) -> bytes:
    """Return a DLL by its path in a binary external, which starts with the platform."""
    platform, _, name = path.partition("/")
    return build_file(version, platform, DEFAULT, name.rpartition("/")[2])


_DIRECTORY = tempfile.TemporaryDirectory(prefix="manifest-")
#: The manifest of the tests, which knows the DLLs that are made here.
MADE = Path(_DIRECTORY.name, "externals.toml")
MADE.write_text(knowing_made_dlls(COMMITTED.read_text("utf-8")), "utf-8")
