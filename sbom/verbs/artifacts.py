"""The artifacts of a release, opened: what each one holds, or what it was made from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sbom.channels import Artifact, Channel, in_line, matches, published
from sbom.components import Build, components
from sbom.contents.archive import Opened, hashed, open_archives
from sbom.contents.shipped import ShippedFile
from sbom.examining.examiner import Examiner, Said, claimed
from sbom.examining.guests import with_guests
from sbom.examining.told import shipped_problems
from sbom.files import is_folder, unusable
from sbom.holdings import expected, held
from sbom.joining import Component
from sbom.problems import Code, Problem, in_order
from sbom.release.agreement import of_another_machine, unlike_each_other
from sbom.release.described import Described, holding_problems, present_in
from sbom.schema import Manifest

_CHUNK = 1 << 20


def paths_below(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, with slashes, sorted; links not followed."""
    if not is_folder(folder):
        raise unusable(folder, "is no folder", "name the folder that holds the artifacts")
    found = []

    def failed(error: OSError) -> None:
        raise unusable(Path(error.filename), f"cannot be read: {error.strerror}", "check it")

    for place, _, names in os.walk(folder, onerror=failed):
        for name in names:
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                found.append(path.relative_to(folder).as_posix())
    return sorted(found)


def describe(
    folder: Path, artifacts: Mapping[str, Artifact], manifest: Manifest
) -> tuple[tuple[Described, ...], tuple[Problem, ...]]:
    """Return what each artifact holds, archives opened, and what is wrong with it.

    One that cannot be opened is a problem, and not described.
    """
    examiner = Examiner(manifest)
    zips = [path for path, one in artifacts.items() if one.channel.form == "zip"]
    inner = {name for channel in manifest.channels for name in _nested(channel, manifest)}
    opened = dict(
        zip(
            zips,
            open_archives(
                [(folder / path, path) for path in zips],
                lambda p: p in inner,
                inspect=examiner.inspect,
            ),
            strict=True,
        )
    )
    described: list[Described] = []
    problems: list[Problem] = []
    for path, artifact in artifacts.items():
        if path not in opened:
            described.append(_closed(path, artifact, digested(folder / path), manifest))
            continue
        problems += opened[path].problems
        if not opened[path].problems:
            found, wrong = _from_members(path, artifact, opened[path], examiner)
            described += found
            problems += wrong
    once = tuple(_once(described, problems))
    for one in once:
        problems += of_another_machine(one, manifest.platforms)
    problems += unlike_each_other(once)
    return once, in_order(problems)


def _once(described: Sequence[Described], problems: list[Problem]) -> Iterator[Described]:
    """Yield each artifact once: one may lie in the folder and in another one too."""
    found: dict[str, list[Described]] = {}
    for one in described:
        found.setdefault(one.artifact.file, []).append(one)
    for same in found.values():
        same.sort(key=lambda one: (not one.alone, one.path))
        holders = tuple(sorted(holder for one in same for holder in one.within))
        yield replace(same[0], within=holders)
        problems += [
            _problem(Code.WRONG_FILE, one.path, "", f"is another file than {same[0].path}")
            for one in same[1:]
            if one.own.sha256 != same[0].own.sha256
        ]


def _nested(channel: Channel, manifest: Manifest) -> list[str]:
    """Return the members of a channel's artifacts that are archives to look into."""
    cpython = manifest.cpython
    names = [channel.root + in_line(name, cpython.line) for name in channel.nested]
    if channel.holds:
        known = published(manifest.channels, cpython.version, cpython.line)
        names += [one.file for one in known if one.channel.name == channel.holds]
    return names


def _closed(path: str, artifact: Artifact, own: ShippedFile, manifest: Manifest) -> Described:
    """Return an artifact that was not opened: what its channel adds, beside its build."""
    build = _build(artifact)
    usual = {one.id for one in components(manifest, replace(build, channel=""))}
    added = [one for one in components(manifest, build) if one.id not in usual]
    return Described(
        artifact=artifact, path=path, own=own, build=build, opened=False, components=tuple(added)
    )


def _build(artifact: Artifact) -> Build:
    channel = artifact.channel
    return Build(platform=artifact.platform, variant=channel.variant, channel=channel.name)


def _from_members(
    path: str, artifact: Artifact, opened: Opened, examiner: Examiner, within: str = ""
) -> tuple[list[Described], list[Problem]]:
    """Return an artifact as its members show it, and those that are members of it."""
    manifest = examiner.manifest
    channel, build = artifact.channel, _build(artifact)
    if channel.holds:
        return _holding(path, artifact, opened, examiner)
    found = components(manifest, build)
    expectation = expected(manifest, build, found, channel)
    inner = [
        place + file.path
        for name, place in expectation.nested
        for file in (
            opened.nested[channel.root + name].files if channel.root + name in opened.nested else ()
        )
    ]
    closed = [
        (name, place)
        for name, place in expectation.nested
        if channel.root + name not in opened.nested
        and any(file.path == channel.root + name for file in opened.files)
    ]
    if closed:
        # What is in there cannot be seen; that it is as the manifest says has to be enough.
        inner += [name for _, place in closed for one in found for name in _within(one, place)]
        inner = [path for path in inner if not matches(path, expectation.leaves_out)]
    holdings = held([file.path for file in opened.files], inner, expectation)
    said = Said(manifest=manifest, builds=(build,), components=found, ties=holdings.ties)
    claims = claimed(said, opened.files, channel.root)
    rows = examiner.verdicts(opened.files, claims)
    there = with_guests(manifest, present_in(holdings, expectation), holdings.ties, rows)
    one = Described(
        artifact=artifact,
        path=path,
        own=opened.own,
        build=build,
        opened=True,
        components=there.components,
        files=opened.files,
        ties=there.ties,
        within=(within,) if within else (),
        alone=not within,
    )
    problems = [*holding_problems(holdings, expectation, path), *shipped_problems(rows, path)]
    return [one], [*problems, *(_unopened(path, name) for name, _ in closed)]


def _within(component: Component, place: str) -> Iterator[str]:
    """Yield the names of a component that stand below what a nested archive unpacks to."""
    for link in component.links:
        for name in (*link.files, *link.extras):
            if name.startswith(f"/{place}"):
                yield name.removeprefix("/")


def _unopened(path: str, name: str) -> Problem:
    message = "is no zip file, so nobody looked inside; its contents are as externals.toml says"
    return _problem(Code.UNOPENED, path, name, message)


def _holding(
    path: str, artifact: Artifact, opened: Opened, examiner: Examiner
) -> tuple[list[Described], list[Problem]]:
    """Return an artifact whose member is another channel's, and that one."""
    manifest = examiner.manifest
    cpython = manifest.cpython
    holds, platform = artifact.channel.holds, artifact.platform
    known = published(manifest.channels, cpython.version, cpython.line)
    names = {o.file: o for o in known if (o.channel.name, o.platform) == (holds, platform)}
    described = [
        Described(
            artifact=artifact,
            path=path,
            own=opened.own,
            build=_build(artifact),
            opened=True,
            files=opened.files,
        )
    ]
    problems = [
        _problem(Code.MISSING, path, name, f"is not there, and {path} is made to hold it")
        for name in sorted(names.keys() - opened.nested.keys())
    ]
    for file in opened.files:
        if file.path in names:
            found, wrong = _from_members(
                f"{path}/{file.path}", names[file.path], opened.nested[file.path], examiner,
                within=artifact.file,
            )  # fmt: skip
            described += found
            problems += wrong
        elif not matches(file.path, artifact.channel.packaging):
            message = "is nobody's: its channel has no such member"
            problems.append(_problem(Code.UNKNOWN_FILE, path, file.path, message))
    return described, problems


def _problem(code: Code, file: str, where: str, message: str) -> Problem:
    hint = "mend the artifact, or what externals.toml says of its channel"
    return Problem(code=code, file=file, where=where, message=message, hint=hint)


def digested(path: Path) -> ShippedFile:
    """Return a file with its digests. Raises UnusableError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashed(path.name, iter(lambda: file.read(_CHUNK), b""))
    except OSError as error:
        raise unusable(path, f"cannot be read: {error.strerror or error}", "check it") from error
