"""externals.toml read into values, and everything that is wrong with its text.

Knows the shape of the file; nothing of batch files, SPDX or the network. Reading uses the
standard library, in a tenth of tomlkit's time; writing back is ``sbom.manifest.write``'s.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from sbom.diagnostics import Code, Diagnostic, SbomError
from sbom.manifest.channels import Channel, Platform, ReleaseConfig, Variant
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.fields import Report, read_table
from sbom.manifest.model import (
    CPython,
    DllDigests,
    DocumentConfig,
    Exemption,
    ExternalsDirConfig,
    KnownArchives,
    LayoutConfig,
    LicenseText,
    Manifest,
    Pin,
    UpstreamConfig,
    UpstreamEntry,
    Vendored,
)
from sbom.manifest.validate import check_texts
from sbom.manifest.version_source import VersionSource
from sbom.script.externals import ExternalKind

T = TypeVar("T")
#: What some editors put before a UTF-8 text.
BOM = "\ufeff"

_TABLES = ("cpython", "document", "source", "binary", "vendored", "component", "platform",
           "variant", "channel", "release", "license-text", "externals-dir", "layout",
           "version-source", "archives", "digests", "export", "exported", "exemption")  # fmt: skip


def read_manifest(text: str, file: str = "externals.toml") -> Manifest:
    """Return the manifest that ``text`` holds.

    Raises SbomError with everything that is wrong with it, each with its key path.
    """
    try:
        data = tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        raise SbomError([_not_toml(file, str(error))]) from error
    except RecursionError as error:
        raise SbomError([_not_toml(file, "it nests too deep")]) from error
    problems: list[Diagnostic] = []

    def report(place: str, message: str) -> None:
        hint = "README names every key of the manifest"
        problems.append(
            Diagnostic(
                code=Code.INVALID_MANIFEST, file=file, subject=place, message=message, hint=hint
            )
        )

    manifest = _manifest(data, file, report)
    if manifest is not None:
        check_texts(manifest, report)
    if problems or manifest is None:
        raise SbomError(problems)
    return manifest


def _not_toml(file: str, message: str) -> Diagnostic:
    line = re.search(r"at line (\d+)", message)
    return Diagnostic(
        code=Code.INVALID_TOML,
        file=file,
        line=int(line[1]) if line else 0,
        message=f"not valid TOML: {message}",
        hint="correct the syntax; https://toml.io/en/v1.0.0 is the grammar",
    )


def _manifest(data: Mapping[str, Any], file: str, report: Report) -> Manifest | None:
    for key in data:
        if key not in _TABLES:
            report(key, f"is no table of the manifest; known are {', '.join(_TABLES)}")
    cpython = read_table(CPython, data.get("cpython", {}), "cpython", report)
    document = read_table(DocumentConfig, data.get("document", {}), "document", report)
    named = partial(_named, data, report)
    pins = [pin for kind in ExternalKind for pin in named(Pin, kind.value, "name", kind=kind)]
    components = named(ComponentSpec, "component", "key")
    vendored = named(Vendored, "vendored", "name")
    platforms = named(Platform, "platform", "name")
    variants = named(Variant, "variant", "name")
    channels = named(Channel, "channel", "name")
    release = read_table(ReleaseConfig, data.get("release", {}), "release", report)
    texts = named(LicenseText, "license-text", "id")
    exemptions = _listed(data, "exemption", Exemption, report)
    archives = read_table(KnownArchives, data.get("archives", {}), "archives", report)
    recorded = read_table(DllDigests, {"digests": data.get("digests", {})}, "", report)
    exporting = read_table(UpstreamConfig, data.get("export", {}), "export", report)
    exported = _listed(data, "exported", UpstreamEntry, report)
    stated = _listed(data, "version-source", VersionSource, report)
    pulled = read_table(ExternalsDirConfig, data.get("externals-dir", {}), "externals-dir", report)
    layout = read_table(LayoutConfig, data.get("layout", {}), "layout", report)
    if not (cpython and document and pulled and layout and release and exporting and archives):
        return None
    if recorded is None:
        return None
    return Manifest(
        file=file,
        cpython=cpython,
        document=document,
        pins=tuple(pins),
        vendored=tuple(vendored),
        components=tuple(components),
        platforms=tuple(platforms),
        variants=tuple(variants),
        channels=tuple(channels),
        release=release,
        license_texts=tuple(texts),
        externals_dir=pulled,
        layout=layout,
        version_sources=tuple(stated),
        known_archives=archives,
        dll_digests=recorded.digests,
        upstream=exporting,
        upstream_entries=tuple(exported),
        exemptions=tuple(exemptions),
    )


def _named(
    data: Mapping[str, Any],
    report: Report,
    cls: type[T],
    table: str,
    name: str,
    /,
    **given: object,
) -> list[T]:
    """Return one value for each table below ``table``, sorted by its name."""
    tables = data.get(table, {})
    if not isinstance(tables, Mapping):
        report(table, "is not a table of tables")
        return []
    found = (
        read_table(cls, tables[key], f"{table}.{key}", report, **given, **{name: key})
        for key in sorted(tables)
    )
    return [value for value in found if value is not None]


def _listed(data: Mapping[str, Any], table: str, kind: type[T], report: Report) -> list[T]:
    tables = data.get(table, [])
    if not isinstance(tables, list):
        report(table, f"is not a list of tables; write [[{table}]]")
        return []
    found = (read_table(kind, item, f"{table}[{n}]", report) for n, item in enumerate(tables))
    return [value for value in found if value is not None]
