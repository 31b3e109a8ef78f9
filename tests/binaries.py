"""A build of CPython in miniature: PE files that show what python.org's own do, and nothing else.

What stands where was read in the binaries of 3.5.3 to 3.14.2, as the manifest's evidence says.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pe_files import pe

import sbom.data
from sbom.binaries.pe import authenticode_of
from sbom.script.externals import split_tag

DLL_DIGESTS = Path(sbom.data.__file__).with_name("dll_digests.toml")
PSF = "Python Software Foundation"
#: What the miniature build holds unless a test says otherwise.
VERSIONS = {
    "python": "3.13.5",
    "zlib": "1.3.1",
    "bzip2": "1.0.8",
    "expat": "2.7.1",
    "mpdecimal": "4.0.0",
    "sqlite": "3.49.1",
    "openssl": "3.0.16",
    "tcl": "8.6.15",
    "tcltk": "tcltk-8.6.15.0",
    "tcl-zlib": "1.3.1",
}
_SQLITE_ID = b"2025-02-18 13:38:58 873d4e274b4988d260ba8354a9718324a1c26187a4ab4c1cc0227c03d0f10e70"


def own(version: str, *texts: bytes, machine: str = "x64") -> bytes:
    """Return a module of CPython with texts in it."""
    resource = {"CompanyName": PSF, "FileVersion": version, "ProductName": "Python"}
    return pe(machine=machine, texts=texts, resource=resource, fixed=(3, 13, 5150, 1013))


def binaries(machine: str = "x64", /, **versions: str) -> dict[str, bytes]:
    """Return the binaries of a build by name, with some versions of it changed."""
    versions_used = VERSIONS | {key.replace("_", "-"): value for key, value in versions.items()}
    text = {key: value.encode() for key, value in versions_used.items()}
    python = versions_used["python"]
    line = "".join(python.split(".")[:2])
    openssl = b"OpenSSL %s 11 Feb 2025" % text["openssl"]
    lowest = {"CompanyName": "The OpenSSL Project", "FileVersion": versions_used["openssl"]}
    return {
        f"python{line}.dll": own(
            python,
            b"tags/v" + text["python"],
            b"incorrect header check",
            text["zlib"],
            b"Modules\\_hacl\\Hacl_Hash_SHA3.c",
            b"mimalloc: error: ",
            machine=machine,
        ),
        "_bz2.pyd": own(
            python,
            b"bzip2/libbzip2: internal error number %d.",
            text["bzip2"] + b", 13-Jul-2019",
            machine=machine,
        ),
        "_lzma.pyd": own(python, b"liblzma", b"\xfd7zXZ\0", machine=machine),
        "_decimal.pyd": own(
            python,
            b"__libmpdec_version__",
            text["mpdecimal"],
            b"D:\\a\\1\\s\\externals\\mpdecimal-4.0.0\\libmpdec\\context.c",
            machine=machine,
        ),
        "pyexpat.pyd": own(python, b"expat_" + text["expat"], machine=machine),
        "_elementtree.pyd": own(python, machine=machine),
        "_ctypes.pyd": own(python, machine=machine),
        "_tkinter.pyd": own(
            python, b"..\\externals\\%s\\amd64\\lib\\tcl8.6" % text["tcltk"], machine=machine
        ),
        "sqlite3.dll": pe(
            machine=machine,
            # FileVersion comes from the name of the directory, so it is not evidence.
            resource={"FileVersion": "3.49.1.0", "CompanyName": "SQLite"},
            texts=[b"SQLite format 3", text["sqlite"], _SQLITE_ID],
        ),
        "libcrypto-3.dll": pe(machine=machine, resource=lowest, texts=[openssl], signed=True),
        "libssl-3.dll": pe(machine=machine, resource=lowest, signed=True),
        "libffi-8.dll": pe(machine=machine, texts=[b"libffi-8.dll"], signed=True),
        "tcl86t.dll": pe(
            machine=machine,
            resource={"FileVersion": versions_used["tcl"]},
            fixed=(8, 6, 2, 15),
            texts=[b"tcl_patchLevel", text["tcl"]],
            imports=["zlib1.dll"],
        ),
        "tk86t.dll": pe(
            machine=machine,
            resource={"FileVersion": versions_used["tcl"]},
            texts=[b"tk_patchLevel", text["tcl"]],
        ),
        "zlib1.dll": pe(
            machine=machine,
            resource={"FileVersion": versions_used["tcl-zlib"], "ProductName": "zlib"},
            texts=[b" inflate %s Copyright 1995-2024 Mark Adler " % text["tcl-zlib"]],
        ),
    }


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder, and return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def knowing(text: str, tag: str, files: Mapping[str, bytes]) -> str:
    """Return a manifest's text that pins a tag, with the digests of these files as its DLLs."""
    name = split_tag(tag)[0]
    start = text.index(f"[binary.{name}]\n")
    end = text.index("\n\n", start)
    table = re.sub(r'^tag = ".*"$', f'tag = "{tag}"', text[start:end], flags=re.MULTILINE)
    known = tomllib.loads(DLL_DIGESTS.read_text(encoding="utf-8"))[tag]
    rows = [f'"{path}" = "{_digest(path, files) or known[path]}"' for path in known]
    return "\n".join([text[:start] + table, "", f"[binary.{name}.dll-digests]", *rows]) + text[end:]


def _digest(path: str, files: Mapping[str, bytes]) -> str:
    data = files.get(path.rpartition("/")[2]) if path.startswith("amd64/") else None
    return authenticode_of(data) if data else ""
