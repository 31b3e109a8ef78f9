"""What the name of a file says in SPDX 3: its purpose, its media type, the properties of BSI."""

from __future__ import annotations

#: What table 9 of BSI TR-03183-2 v2.1.0 asks to state where its properties are given as purposes.
BSI_COMMENT = (
    "The additional purposes of these files state the properties of BSI TR-03183-2: executable, "
    "archive, and container for structured or firmware for unstructured."
)
#: Purposes by the suffix of the name.
_PURPOSES = {
    suffix: purpose
    for purpose, suffixes in {
        "archive": "7z appx bz2 cab gz jar msix msixupload nupkg tar tgz whl xz zip",
        "configuration": "cfg ini toml",
        "data": "bmp csv gif ico jpg json pdb pem png ppm svg xbm xml",
        "documentation": "chm html md rst",
        "executable": "exe",
        "install": "msi",
        "library": "dll lib pyd so",
        "source": "bat c cpp css h idl js msg ps1 py pyi pyw sh tcl tm",
    }.items()
    for suffix in suffixes.split()
}
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
#: By purpose, for a file that is downloaded: an installer is a self-extracting archive.
_DOWNLOAD_PROPERTIES = {
    "archive": ("archive", "container"),
    "executable": ("archive", "container", "executable"),
    "install": ("archive", "container"),
}
#: By suffix, for a file that ships: a binary is executable and unstructured.
_SHIPPED_PROPERTIES = dict.fromkeys(("dll", "exe", "pyd", "so"), ("executable", "firmware"))


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()


def file_purpose(name: str) -> str:
    """Return the SoftwarePurpose of a file, empty where its name does not say it."""
    return _PURPOSES.get(_suffix(name), "")


def media_type(name: str) -> str:
    """Return the media type of a file, empty where its name does not say it."""
    return _MEDIA_TYPES.get(_suffix(name), "")


def download_properties(name: str) -> tuple[str, ...]:
    """Return the purposes that state BSI's properties of a file that is downloaded.

    BSI TR-03183-2 v2.1.0, tables 7 and 9.
    """
    return _DOWNLOAD_PROPERTIES.get(file_purpose(name), ())


def shipped_file_properties(name: str) -> tuple[str, ...]:
    """Return the purposes that state BSI's properties of a binary that ships; none for others.

    BSI TR-03183-2 v2.1.0, clause 8.1.6 and table 9.
    """
    return _SHIPPED_PROPERTIES.get(_suffix(name), ())
