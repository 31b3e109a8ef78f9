"""A CPython tree as several verbs read it: what it vendors, and what it states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sbom.cpython.folder import WHEEL_LIMIT, Folder
from sbom.cpython.listed import listed
from sbom.cpython.places import Stated
from sbom.cpython.projects import installed_files, shipped_files
from sbom.cpython.statements import Statement, statements
from sbom.cpython.sums import file_sums, wheel_sums
from sbom.drift import Fetched, archives, drift
from sbom.externals import Kind
from sbom.guards import External
from sbom.identities import UNFILLED
from sbom.links import links, nobodys
from sbom.problems import Code, Problem, SbomError, in_order
from sbom.reconcile import name_of
from sbom.schema import Manifest, Pin, Vendored
from sbom.vendored import is_wheel, sbom_of, vendored_in
from sbom.verbs.inputs import Inputs

#: Where a tree keeps its script, the SBOM of what it vendors, and the wheels it bundles.
SCRIPT, SBOM = "PCbuild/get_externals.bat", "Misc/sbom.spdx.json"
WHEELS = "Lib/ensurepip/_bundled/*.whl"


def line_of(version: str) -> str:
    """Return the release line: ``3.14`` of ``3.14.7``."""
    return ".".join(version.split(".")[:2])


def vendored_of(inputs: Inputs, root: Path | None) -> tuple[Vendored, ...] | None:
    """Return the vendored code of a tree, or None where there is no tree.

    Raises SbomError for an SBOM or a wheel that cannot be read: that something is damaged is
    not that it was taken out.
    """
    if root is None:
        return None
    folder = Folder(root)
    if damaged := [_placed(one, root) for one in _damaged(folder)]:
        raise SbomError(damaged)
    return _copies(folder, inputs.manifest, inputs.version)


def _damaged(folder: Folder) -> Iterator[Problem]:
    if folder.has(SBOM) and sbom_of(folder.read(SBOM)) is None:
        yield _unread(SBOM, "is no SPDX document in JSON", "mend it, or take it out")
    for path in folder.paths(WHEELS):
        data = folder.read(path, WHEEL_LIMIT)
        if data is None or not is_wheel(data):
            yield _unread(path, "is no whole wheel", "fetch it again, or take it out")


def _unread(file: str, message: str, hint: str) -> Problem:
    return Problem(code=Code.CHECKSUM, file=file, where="", message=message, hint=hint)


def _copies(folder: Folder, manifest: Manifest, version: str) -> tuple[Vendored, ...]:
    places = [one for one in manifest.stated if one.of.startswith("vendored.") and one.decides]
    said, _ = statements(folder, places, line_of(version))
    packages = sbom_of(folder.read(SBOM))
    listed = (packages or {}).get("files")
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    names = [str(one.get("fileName")) for one in files]
    wheels = {
        path.rpartition("/")[2]: data
        for path in folder.paths(WHEELS)
        if (data := folder.read(path, WHEEL_LIMIT)) is not None
    }
    return vendored_in(
        packages,
        {one.key.removeprefix("vendored."): one.value for one in said},
        [name for name in names if folder.has(name)],
        wheels,
    )


def tree_problems(inputs: Inputs, root: Path) -> tuple[Problem, ...]:
    """Return where a tree disagrees with itself, with what its script fetches, with its digests."""
    folder, manifest = Folder(root), _filled(inputs.manifest)
    line = line_of(inputs.version)
    said, damaged = statements(folder, manifest.stated, line)
    copies = _copies(folder, manifest, inputs.version)
    wheels = [_of_wheel(one) for one in copies if one.file]
    externals = inputs.script.externals if inputs.script else ()
    script = folder.text(SCRIPT) or ""
    fetched = {one.pin.key: one for one in _fetched(externals, script)}
    here = [one for one in said if _is_there(one, copies)]
    problems = [
        *damaged,
        *drift(manifest, [*wheels, *here], fetched, line),
        *archives(manifest, listed(folder, manifest.stated), [*wheels, *here], fetched),
        *file_sums(folder, SBOM),
        *wheel_sums(folder, WHEELS, {one.file: one.sha256 for one in manifest.vendored}),
    ]
    tags = {one.pin.tag for one in fetched.values()}
    linked = [
        *links(manifest, shipped_files(folder, tags, line), fetched, line),
        *nobodys(manifest, installed_files(folder), fetched, inputs.version),
    ]
    return in_order([*(_placed(one, root) for one in (*problems, *linked)),
                     *_outdated(inputs, copies)])  # fmt: skip


def _filled(manifest: Manifest) -> Manifest:
    """Return the manifest less components that nobody has filled in: those are told as such."""
    known = (
        one
        for one in manifest.identities
        if UNFILLED not in (one.purl, *(row.link for row in one.ships))
    )
    return replace(manifest, identities=tuple(known))


def _placed(problem: Problem, root: Path) -> Problem:
    """Return a problem of a file of the tree with the path that leads to it."""
    in_tree = "component." not in problem.where
    return replace(problem, file=str(root / problem.file)) if in_tree else problem


def _outdated(inputs: Inputs, copies: tuple[Vendored, ...]) -> Iterator[Problem]:
    """Yield vendored code that the manifest knows another version of, for the same CPython."""
    manifest = inputs.manifest
    if manifest.cpython.copies != inputs.version:
        return
    old = {one.key: one.version for one in manifest.copies}
    new = {one.key: one.version for one in copies}
    for key in sorted(new):  # what a redistributor took out of the tree is no news
        if old.get(key) != new[key]:
            yield Problem(
                code=Code.TAG_MOVED,
                file=manifest.file,
                where=key,
                message=f"the tree has {new[key]}, the manifest says {old.get(key, 'none')}",
                hint=f"run: {inputs.mend}",
            )


def _of_wheel(one: Vendored) -> Statement:
    """Return what a bundled wheel itself states: it is what ships."""
    path = WHEELS.replace("*.whl", one.file)
    place = Stated(of=one.key, path=path, pattern=r"(?P<version>.+)", decides=True)
    return Statement(place=place, key=one.key, value=one.version, file=path, line=1)


def _is_there(one: Statement, copies: tuple[Vendored, ...]) -> bool:
    """Return whether a statement is of something the tree still has: parts are taken out."""
    if not one.key.startswith("vendored."):
        return True
    return one.place.decides or one.key in {copy.key for copy in copies}


def _fetched(externals: tuple[External, ...], script: str) -> Iterator[Fetched]:
    """Yield the externals of a script as if they were pinned, each with its line."""
    for one in externals:
        pin = Pin(
            kind=one.kind,
            name=name_of(one.tag),
            tag=one.tag,
            guard="" if one.default else "only on request",
        )
        yield Fetched(pin=pin, file=SCRIPT, line=_line(one, script))


def _line(external: External, script: str) -> int:
    """Return the line that names a tag; one that is of both kinds is named as a source first."""
    pattern = rf"(?<![\w.-]){re.escape(external.tag)}(?![\w.-])"
    lines = [
        n
        for n, text in enumerate(script.splitlines(), start=1)
        if re.search(pattern, text) and not re.match(r"\s*@?(rem\b|::)", text, re.IGNORECASE)
    ]
    if not lines:
        return 1
    return lines[0] if external.kind is Kind.SOURCE else lines[-1]
