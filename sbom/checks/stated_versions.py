"""A tree's statements held against what ships: each disagreement once, with both its places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbom.components.versions import (
    applies,
    is_source_mismatch,
    parse_revision,
    shipped_version,
    version_of,
)
from sbom.diagnostics import Code, Diagnostic
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import EntryKind, ExternalKey
from sbom.manifest.model import Manifest, Pin
from sbom.source_tree.sbom_packages import SbomPackage
from sbom.source_tree.version_statements import VersionStatement


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptPin:
    """An external that the tree's own script can fetch, and the line it is named in."""

    pin: Pin
    file: str
    line: int

    @property
    def where(self) -> str:
        """Return file and line for a sentence."""
        return f"{self.file}:{self.line}"


def check_versions(
    manifest: Manifest,
    statements: Sequence[VersionStatement],
    fetched: Mapping[ExternalKey, ScriptPin],
    line: str,
) -> Iterator[Diagnostic]:
    """Yield what a tree of a CPython line states that is not what ships.

    ``fetched`` are the externals of its script by key path.
    """
    once = _once(statements)
    yield from _of_externals(manifest, once, fetched)
    yield from _of_copies(once)
    yield from _of_bundles(manifest, fetched, line)
    yield from _not_compiled(manifest, statements, fetched)
    yield from _in_no_list(manifest, statements, fetched, line)


def _once(statements: Iterable[VersionStatement]) -> list[VersionStatement]:
    """Return statements without those that a file repeats: a CPE has its package's version."""
    return list({(one.key, one.file, one.value, one.place.precision): one
                 for one in reversed(list(statements))}.values())[::-1]  # fmt: skip


def _of_externals(
    manifest: Manifest,
    statements: Iterable[VersionStatement],
    fetched: Mapping[ExternalKey, ScriptPin],
) -> Iterator[Diagnostic]:
    for one in statements:
        if one.key is None or not one.key.is_fetched:
            continue
        known = fetched.get(one.key)
        if known is None:
            message = f"states {_named(one.key)} {one.value}, which the script does not fetch"
            yield _at(one, message, "remove it: nothing is built from it")
        elif not _agrees(manifest, one, known.pin):
            message = f"states {_named(one.key)} {one.value}, and {known.where} fetches"
            yield _at(one, f"{message} {known.pin.tag}", "what the script fetches is what ships")


def _agrees(manifest: Manifest, one: VersionStatement, pin: Pin) -> bool:
    if one.place.precision == "revision":
        return one.value == pin.revision
    versions = {parse_revision(identity, pin.revision)[0] for identity in _of(manifest, pin.key)}
    versions = {version for version in versions if version} or {pin.revision}
    if one.place.precision == "version":
        return one.value in versions
    return any(_is_prefix(one.value, version) for version in versions)


def _is_prefix(part: str, whole: str) -> bool:
    parts = part.split(".")
    return whole.split(".")[: len(parts)] == parts


def _of(manifest: Manifest, key: ExternalKey) -> Iterator[ComponentSpec]:
    """Yield the components that an external brings, or is the source of."""
    for identity in manifest.components:
        sources = {built.source for built in identity.built_from}
        rows = {row.external for row in identity.ships if not row.version}
        if identity.revision_pattern and key in sources | rows:
            yield identity


def _of_copies(statements: Iterable[VersionStatement]) -> Iterator[Diagnostic]:
    """Yield statements about vendored code, or CPython, that differ from the deciding one."""
    deciding: dict[ExternalKey | None, VersionStatement] = {}
    others: list[VersionStatement] = []
    for one in statements:
        if one.place.precision != "sha256" and not (one.key and one.key.is_fetched):
            if one.place.authoritative:
                deciding.setdefault(one.key, one)
            else:
                others.append(one)
    for one in others:
        base = deciding.setdefault(one.key, one)
        if not (_is_prefix(one.value, base.value) if one.place.precision == "prefix" else
                one.value == base.value):  # fmt: skip
            what = "what is compiled" if base.place.authoritative else "another place"
            message = f"states {_named(one.key)} {one.value}, and {base.where}, {what}, "
            yield _at(one, f"{message}{base.value}", f"mend it, or bring {base.file} up to date")


def _of_bundles(
    manifest: Manifest, fetched: Mapping[ExternalKey, ScriptPin], line: str
) -> Iterator[Diagnostic]:
    """Yield binaries that the script fetches in another revision than their sources."""
    for identity in manifest.components:
        for built in identity.built_from:
            binary, source = fetched.get(built.binary), fetched.get(built.source)
            if binary is None or source is None:
                continue
            ours = shipped_version(identity, built.binary, binary.pin.revision, line)
            theirs = parse_revision(identity, source.pin.revision)
            told = ours == parse_revision(identity, binary.pin.revision)
            same = ours == theirs if told else ours[0] == theirs[0]
            if ours[0] and theirs[0] and not same and not _known(manifest, binary, source, line):
                yield Diagnostic(
                    code=Code.STALE_VERSION,
                    file=source.file,
                    line=source.line,
                    message=f"names {source.pin.tag} as the source of {identity.name}, and "
                    f"{binary.where} fetches {binary.pin.tag}",
                    hint="the binary is what ships; no SBOM of CPython's tells its revision",
                )


def _known(manifest: Manifest, binary: ScriptPin, source: ScriptPin, line: str) -> bool:
    """Return whether the manifest has both tags, and so tells by itself that they are askew."""
    mine = [manifest.get_pin(one.pin.key) for one in (binary, source)]
    if [pin.tag if pin else "" for pin in mine] != [binary.pin.tag, source.pin.tag]:
        return False
    return any(
        is_source_mismatch(identity, binary.pin, source.pin, line)
        for identity in manifest.components
        for built in identity.built_from
        if (built.binary, built.source) == (binary.pin.key, source.pin.key)
    )


def _not_compiled(
    manifest: Manifest,
    statements: Iterable[VersionStatement],
    fetched: Mapping[ExternalKey, ScriptPin],
) -> Iterator[Diagnostic]:
    """Yield copies that a tree's SBOM lists and Windows does not compile: it has an external."""
    instead = {
        row.external: row.without
        for identity in manifest.components
        for row in identity.ships
        if row.external and not row.external.is_fetched and row.without
    }
    seen = set()
    for one in statements:
        external = fetched.get(instead[one.key]) if one.key in instead else None
        if external is not None and one.place.package and one.key not in seen:
            seen.add(one.key)
            message = f"lists {_named(one.key)} {one.value}, and Windows compiles"
            hint = "an SBOM of a Windows build must not list it"
            yield _at(one, f"{message} {external.pin.tag} ({external.where})", hint)


def _in_no_list(
    manifest: Manifest,
    statements: Sequence[VersionStatement],
    fetched: Mapping[ExternalKey, ScriptPin],
    line: str,
) -> Iterator[Diagnostic]:
    """Yield what ships as a file of its own, out of a bundle, and is in no SBOM of the tree."""
    lists = [one.file for one in statements if one.place.package and _is_source(one.key)]
    if not lists:
        return
    pins = {key: one.pin for key, one in fetched.items() if one.pin.default}
    revisions = {key: pin.revision for key, pin in pins.items()}
    for identity in manifest.components:
        built = {one.binary for one in identity.built_from}
        for row in identity.ships:
            bundled = _is_binary(row.external) and row.external not in built
            here = any(
                applies(row, revisions, platform.name, line) for platform in manifest.platforms
            )
            if row.external and row.link == "dynamic" and bundled and here:
                pin = pins[row.external]
                version = version_of(identity, row, pin.revision)
                yield Diagnostic(
                    code=Code.STALE_VERSION,
                    file=lists[0],
                    message=f"does not list {identity.name} {version}, which ships as "
                    f"{', '.join(row.files)} out of {pin.tag}",
                    hint="no SBOM of CPython's own knows it; those made here do",
                )


def check_archive_checksums(
    manifest: Manifest,
    packages: Iterable[SbomPackage],
    statements: Sequence[VersionStatement],
    fetched: Mapping[ExternalKey, ScriptPin],
) -> Iterator[Diagnostic]:
    """Yield packages of a tree's SBOMs whose archive or digest is another than is known."""
    copies = {one.key: one for one in manifest.vendored}
    stated = {one.key: one for one in statements if one.place.precision == "sha256"}
    versions = {(one.key, one.value) for one in statements if one.place.authoritative}
    for one in packages:
        external = fetched.get(one.key) if one.key else None
        known = external.pin.tag if external else one.version
        if known and known not in one.location and _dotless(known) not in one.location:
            message = f"says that {_named(one.key)} {one.version} is at {one.location}"
            hint = f"the archive of {known} is somewhere else"
            yield _listed(one, one.location_line, Code.STALE_VERSION, message, hint)
        expected, where = (
            manifest.get_archive_sha256(external.pin.key, external.pin.tag) if external else "",
            "externals.toml",
        )
        copy = copies.get(one.key) if one.key else None
        if copy is not None and copy.version == one.version:
            expected = copy.sha256
        if one.key in stated and (one.key, one.version) in versions:
            expected, where = stated[one.key].value, stated[one.key].where
        if expected and one.sha256 != expected:
            message = f"says SHA-256 {one.sha256[:12]}… of {_named(one.key)} {one.version}, "
            message += f"and {where} knows {expected[:12]}…"
            hint = "find out which is right; nox -s regen -- --verify asks again"
            yield _listed(one, one.sha256_line, Code.CHECKSUM_MISMATCH, message, hint)


def _dotless(version: str) -> str:
    return version.replace(".", "_")


def _listed(one: SbomPackage, line: int, code: Code, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, file=one.file, line=line, message=message, hint=hint)


def _named(key: ExternalKey | None) -> str:
    return key.name if key else "cpython"


def _is_source(key: ExternalKey | None) -> bool:
    return key is not None and key.kind is EntryKind.SOURCE


def _is_binary(key: ExternalKey | None) -> bool:
    return key is not None and key.kind is EntryKind.BINARY


def _at(one: VersionStatement, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=Code.STALE_VERSION, file=one.file, line=one.line, message=message, hint=hint
    )
