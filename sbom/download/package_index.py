"""Distributions of Python packages, looked up in a package index: their addresses and SHA-256.

The simple repository API in JSON: https://packaging.python.org/specifications/simple-repository-api/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

import msgspec
from packageurl import PackageURL
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from sbom.diagnostics import Diagnostic, OperationalError, SbomError
from sbom.diagnostics.io_messages import download_failed
from sbom.diagnostics.source_tree_messages import altered_wheel
from sbom.download.client import Client
from sbom.download.connections import CONNECTIONS, redact_url
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Vendored

JSON = "application/vnd.pypi.simple.v1+json"
#: The most bytes of an answer, of which one for each connection is in memory.
ANSWER_LIMIT = 32 << 20


class _File(msgspec.Struct, frozen=True):
    filename: str
    url: str
    hashes: dict[str, str]


class _Project(msgspec.Struct, frozen=True):
    files: list[_File]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A wheel or a source distribution: its file name, address and SHA-256."""

    file: str
    url: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """What an index has of vendored code: None if it has no such version, or that failed."""

    code: Vendored
    project: str
    distribution: Distribution | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


def unknown_distributions(manifest: Manifest) -> list[tuple[Vendored, str]]:
    """Return vendored code whose own distribution is not recorded, with its name in the index.

    Only what has a purl of PyPI is in that.
    """
    purls = {
        row.external: spec.purl
        for spec in manifest.components
        for row in spec.ships
        if row.external is not None and spec.purl.startswith("pkg:pypi/")
    }
    return [
        (code, PackageURL.from_string(purls[code.key]).name)
        for code in manifest.current_vendored
        if code.key in purls and code.download_location == UNKNOWN_LOCATION
    ]


def look_up(
    client: Client, wanted: Sequence[tuple[Vendored, str]], url_of: Callable[[str], str]
) -> tuple[Lookup, ...]:
    """Return what the index has of each, in order; none of them raises an SbomError.

    ``url_of`` returns the address of a project by its normalized name.
    """

    def look_up_one(entry: tuple[Vendored, str]) -> Lookup:
        code, name = entry
        project = canonicalize_name(name)
        try:
            found = _find(client, url_of(project), project, code)
        except SbomError as error:
            return Lookup(code=code, project=project, diagnostics=error.diagnostics)
        if found and code.sha256 not in ("", found.sha256):
            problem = altered_wheel(code.wheel, found.url, found.sha256, code.sha256)
            return Lookup(code=code, project=project, diagnostics=(problem,))
        return Lookup(code=code, project=project, distribution=found)

    executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="index")
    try:
        return tuple(executor.map(look_up_one, wanted))
    except BaseException:
        client.stop()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _find(client: Client, url: str, project: str, code: Vendored) -> Distribution | None:
    def parse(body: IO[bytes], _: object) -> list[Distribution]:
        try:
            return _read_project(body.read())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"is not a project of the simple repository API: {error}"
            hint = "name another index with 'package-index' of [cpython]"
            raise OperationalError([download_failed(redact_url(url), message, hint)]) from error

    files = client.get(url, parse) or []
    return select_distribution(files, project, code.version, code.wheel)


def _read_project(data: bytes) -> list[Distribution]:
    """Return the files of a project that have an address and a SHA-256."""
    project = msgspec.json.decode(data, type=_Project)
    return [
        Distribution(file.filename, file.url.partition("#")[0], sha256)
        for file in project.files
        if (sha256 := file.hashes.get("sha256", "").lower()) and _is_address(file.url)
    ]


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and url.isascii() and url.isprintable()


def select_distribution(
    files: Iterable[Distribution], project: str, version: str, wheel: str = ""
) -> Distribution | None:
    """Return the distribution of a version: the wheel for every platform, or else the source.

    With ``wheel``, it is the file of this name. pip vendors pure Python only, as that wheel has it.
    """
    if wheel:
        return next((file for file in files if file.file == wheel), None)
    of_version = [(rank, file) for file in files if (rank := _rank(file.file, project, version))]
    return min(of_version, key=lambda entry: (entry[0], entry[1].file), default=(0, None))[1]


def _rank(file: str, project: str, version: str) -> int:
    """Return 1 for the wheel of a version for every platform, 2 for its source, 0 for others."""
    try:
        wanted = Version(version)
        if not file.endswith(".whl"):
            return 2 if parse_sdist_filename(file) == (project, wanted) else 0
        name, found, _, tags = parse_wheel_filename(file)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return 0
    is_universal = any((tag.abi, tag.platform) == ("none", "any") for tag in tags)
    return 1 if (name, found) == (project, wanted) and is_universal else 0
