"""What the name of a file says: type, purpose and media type, properties by BSI TR-03183-2."""

from __future__ import annotations

from dataclasses import dataclass

#: Suffixes of names by what they say: the type of a file in SPDX 2.3 (clause 8.3), and its purpose
#: (SoftwarePurpose of SPDX 3.0.1), which is empty where the vocabulary has none.
_KINDS = (
    ("ARCHIVE", "archive", "7z appx bz2 cab gz jar msix msixupload nupkg tar tgz whl xz zip"),
    ("ARCHIVE", "install", "msi"),
    ("APPLICATION", "", "cat"),
    ("BINARY", "", "exp o obj pyc"),
    ("BINARY", "data", "pdb"),
    ("BINARY", "executable", "exe"),
    ("BINARY", "library", "dll lib pyd so"),
    ("DOCUMENTATION", "documentation", "chm html md rst"),
    ("IMAGE", "data", "bmp gif ico jpg png ppm svg xbm"),
    ("SOURCE", "source", "bat c cpp css h idl js msg ps1 py pyi pyw sh tcl tm"),
    ("TEXT", "", "in psmdcp rels txt"),
    ("TEXT", "configuration", "cfg ini toml"),
    ("TEXT", "data", "csv json pem xml"),
)
_TYPES = {suffix: type_ for type_, _, suffixes in _KINDS for suffix in suffixes.split()}
_PURPOSES = {suffix: purpose for _, purpose, suffixes in _KINDS for suffix in suffixes.split()}
#: Media types that are registered with IANA, by the suffix of the name.
_MEDIA_TYPES = {
    suffix: name
    for name, suffixes in {
        "application/gzip": "gz tgz",
        "application/json": "json",
        "application/vnd.microsoft.portable-executable": "dll exe pyd",
        "application/xml": "xml",
        "application/zip": "zip",
        "image/gif": "gif",
        "image/png": "png",
        "image/svg+xml": "svg",
        "text/css": "css",
        "text/csv": "csv",
        "text/html": "html",
        "text/javascript": "js",
        "text/plain": "txt",
    }.items()
    for suffix in suffixes.split()
}
#: Suffixes of files that can be run, and of those whose metadata do not say what they consist of.
_EXECUTABLE, _UNSTRUCTURED = (
    frozenset(suffixes.split())
    for suffixes in (
        "bat cmd dll exe js msi ps1 py pyc pyd pyw sh so tcl tm",
        "dll exe lib o obj pdb pyc pyd so",
    )
)


@dataclass(frozen=True, slots=True)
class BsiProperties:
    """The properties of a file that BSI TR-03183-2 v2.1.0 asks for: clauses 8.1.4 to 8.1.6."""

    is_executable: bool
    is_archive: bool
    is_structured: bool


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()


def file_type(name: str) -> str:
    """Return the type of a file in SPDX 2.3, ``OTHER`` where its name does not say it."""
    return _TYPES.get(_suffix(name), "OTHER")


def file_purpose(name: str) -> str:
    """Return the SoftwarePurpose of a file, empty where its name does not say it."""
    return _PURPOSES.get(_suffix(name), "")


def media_type(name: str) -> str:
    """Return the media type of a file, empty where its name does not say it."""
    return _MEDIA_TYPES.get(_suffix(name), "")


def bsi_properties(name: str, purpose: str = "") -> BsiProperties:
    """Return the properties of a file; ``purpose`` is that of the component which it is.

    An installer is a self-extracting archive.
    """
    suffix, is_installer = _suffix(name), purpose == "install"
    return BsiProperties(
        is_executable=suffix in _EXECUTABLE,
        is_archive=is_installer or file_purpose(name) in ("archive", "install"),
        is_structured=is_installer or suffix not in _UNSTRUCTURED,
    )
