"""What each verb does: inputs read, values passed along, results printed or written.

Each function takes the parsed arguments and the environment and returns an exit status.
Imports that a verb alone needs are inside it: ``fetches`` and ``check`` answer before
spdx_tools would have been imported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sbom import files, tree
from sbom.acknowledged import Judged, judge_acknowledged
from sbom.externals import run_script
from sbom.faults import MANIFEST_CODES, faults
from sbom.guards import External, Script, read_script
from sbom.manifest import read_manifest
from sbom.problems import Code, Exit, Problem, SbomError, UnusableError, in_order, render
from sbom.reconcile import Change, What, changes, disagreements, twice
from sbom.schema import Manifest

Environment = Mapping[str, str]


# fetches


def fetches(arguments: argparse.Namespace, _: Environment) -> int:
    """Print what a script would fetch with these arguments and variables."""
    text, _digest = files.read_script(arguments.script)
    environment = dict(_assignment(word) for word in arguments.env)
    script = read_script(text, str(arguments.script))
    if arguments.all:
        listed: Sequence[External] = script.externals
    else:
        run = run_script(text, arguments.rest, environment, str(arguments.script))
        guards = {(e.kind, e.tag): e for e in script.externals}
        listed = [
            guards.get((fetch.kind, fetch.tag))
            or External(fetch.kind, fetch.tag, fetch.repository, None, default=True)
            for fetch in run.fetched
        ]
        if run.status and not listed:
            print(f"the script ends with status {run.status} and fetches nothing", file=sys.stderr)
    print(_as_json(listed) if arguments.json else _as_table(listed), end="")
    print(render(script.problems, "text"), end="", file=sys.stderr)
    return Exit.PROBLEMS if _failing(script.problems, strict=False) else Exit.FINE


def _assignment(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name:
        raise _usage(f"--env {word}", "is not NAME=VALUE", "for example --env IncludeSSL=false")
    return name, value


def _usage(what: str, message: str, hint: str) -> UnusableError:
    return UnusableError(
        [Problem(code=Code.USAGE, file=what, where="", message=message, hint=hint)]
    )


def _as_json(externals: Sequence[External]) -> str:
    rows = [
        {"kind": e.kind, "tag": e.tag, "repository": e.repository, "guard": e.guard}
        for e in externals
    ]
    return json.dumps(rows, indent=2) + "\n"


def _as_table(externals: Sequence[External]) -> str:
    rows = [("kind", "tag", "repository", "fetched")]
    rows += [(e.kind, e.tag, e.repository, _when(e)) for e in externals]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _when(external: External) -> str:
    when = external.guard or "always"
    return f"{when} (not beside the source of the same tag)" if external.shadowed else when


# Inputs that several verbs share.


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The manifest, and the script it is held against where one was named."""

    path: Path
    text: str
    manifest: Manifest
    script: Script | None
    script_path: Path | None
    digest: str
    version: str


def _read(arguments: argparse.Namespace) -> _Inputs:
    path = arguments.manifest
    text = files.read_utf8(path)
    manifest = read_manifest(text, str(path))
    version = getattr(arguments, "python_version", None) or ""
    where = arguments.script
    if arguments.cpython is not None:
        where = tree.script_in(arguments.cpython)
        version = version or tree.version_in(arguments.cpython)
    if where is None:
        return _Inputs(path, text, manifest, None, None, "", version)
    batch, digest = files.read_script(where)
    script = read_script(batch, str(where))
    return _Inputs(path, text, manifest, script, where, digest, version)


def _mend(inputs: _Inputs, arguments: argparse.Namespace) -> str:
    option = (
        f"--cpython {arguments.cpython}" if arguments.cpython else f"--script {inputs.script_path}"
    )
    return f"nox -s regen -- {option}"


def _differences(inputs: _Inputs) -> tuple[Change, ...]:
    if inputs.script is None:
        return ()
    return changes(inputs.script.externals, inputs.manifest)


def _script_problems(inputs: _Inputs, mend: str) -> list[Problem]:
    """Return what is wrong with the script, and where the manifest disagrees with it."""
    if inputs.script is None:
        return []
    found = _differences(inputs)
    problems = [
        *inputs.script.problems,
        *twice(inputs.script.externals, str(inputs.script_path)),
        *disagreements(found, inputs.manifest, mend),
    ]
    cpython = inputs.manifest.cpython
    if inputs.version and inputs.version != cpython.version:
        message = f"the tree is CPython {inputs.version}, the manifest says {cpython.version}"
        problems.append(_cpython(inputs, Code.VERSION_CHANGED, "version", message, mend))
    if not found and inputs.digest != cpython.script_sha256:
        message = "the script's text has changed, though not what it fetches"
        problems.append(_cpython(inputs, Code.SCRIPT_CHANGED, "script-sha256", message, mend))
    return problems


def _cpython(inputs: _Inputs, code: Code, key: str, message: str, mend: str) -> Problem:
    return Problem(
        code=code,
        file=inputs.manifest.file,
        where=f"cpython.{key}",
        message=message,
        hint=f"run: {mend}",
    )


def _judged(inputs: _Inputs, mend: str) -> Judged:
    ran = set(MANIFEST_CODES if inputs.script is None else Code)
    problems = [*faults(inputs.manifest), *_script_problems(inputs, mend)]
    return judge_acknowledged(problems, inputs.manifest, ran)


def _failing(problems: Sequence[Problem], *, strict: bool) -> list[Problem]:
    return [problem for problem in problems if strict or not problem.warning]


# check


def check(arguments: argparse.Namespace, _: Environment) -> int:
    """Print everything that is wrong with the manifest, and with the script it is held against."""
    inputs = _read(arguments)
    judged = _judged(inputs, _mend(inputs, arguments))
    print(render(judged.open, arguments.format, strict=arguments.strict), end="")
    failing = _failing(judged.open, strict=arguments.strict)
    if arguments.format == "text":
        for problem, reason in judged.accepted:
            print(f"{problem} [acknowledged: {problem.code}]\n    {' '.join(reason.split())}")
        print(_summary(inputs, len(failing), len(judged.open) - len(failing)))
    return Exit.PROBLEMS if failing else Exit.FINE


def _summary(inputs: _Inputs, failing: int, warnings: int) -> str:
    manifest = inputs.manifest
    against = f", held against {inputs.script_path}" if inputs.script else ""
    return (
        f"{manifest.file}: CPython {manifest.cpython.version}, {len(manifest.pins)} externals, "
        f"{len(manifest.identities)} components, {len(manifest.platforms)} platforms{against}: "
        f"{_count(failing, 'problem')}, {_count(warnings, 'warning')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


# regen


def regen(arguments: argparse.Namespace, _: Environment) -> int:
    """Update the manifest from a script and print what changed."""
    from sbom import edit  # noqa: PLC0415 - tomlkit takes longer to import than check takes

    inputs = _read(arguments)
    if inputs.script is None:
        raise _usage("regen", "is given no script", "add --cpython DIR or --script FILE")
    blocking = [*inputs.script.problems, *twice(inputs.script.externals, str(inputs.script_path))]
    judged = judge_acknowledged(blocking, inputs.manifest, set())
    if failing := _failing(judged.open, strict=False):
        raise SbomError(failing)
    found = _differences(inputs)
    facts = {"script-sha256": inputs.digest}
    if inputs.version:
        facts |= _release(inputs)
    claimed = {row.external for one in inputs.manifest.identities for row in one.ships}
    claimed |= {built.source for one in inputs.manifest.identities for built in one.built_from}
    text = edit.apply(inputs.text, found, facts, claimed)
    manifest = read_manifest(text, str(inputs.path))
    print(_changed(inputs, found, manifest), end="")
    if text != inputs.text and not arguments.dry_run:
        files.write_all({inputs.path: text.encode()})
    remaining = judge_acknowledged(faults(manifest), manifest, set(MANIFEST_CODES)).open
    print(render(remaining, "text"), end="", file=sys.stderr)
    return Exit.FINE


def _release(inputs: _Inputs) -> dict[str, str]:
    """Return the facts of another version; what was known of the one before goes."""
    if inputs.version == inputs.manifest.cpython.version:
        return {}
    known = ("commit", "sha256")
    gone = {key: "" for key in known if getattr(inputs.manifest.cpython, key)}
    return {"version": inputs.version, **gone}


def _changed(inputs: _Inputs, found: Sequence[Change], manifest: Manifest) -> str:
    old, new = inputs.manifest.cpython, manifest.cpython
    lines = [_line(change) for change in found]
    if old.version != new.version:
        lines.insert(0, f"cpython: {old.version} -> {new.version}")
    if not lines and old.script_sha256 != new.script_sha256:
        lines.append(f"{inputs.script_path} has changed, but not what it fetches")
    if not lines:
        lines.append(f"{inputs.path} is up to date with {inputs.script_path}")
    return "".join(f"{line}\n" for line in lines)


def _line(change: Change) -> str:
    match change.what:
        case What.ADD:
            guard = f", {change.guard}" if change.guard else ""
            return f"{change.key}: new, {change.new}{guard}"
        case What.REMOVE:
            return f"{change.key}: removed, was {change.old}"
        case What.RETAG:
            return f"{change.key}: {change.old} -> {change.new}"
        case What.REPOSITORY:
            return f"{change.key}: from {change.old or 'usual'} -> {change.new or 'usual'}"
        case What.GUARD:
            return f"{change.key}: fetched {change.old or 'always'} -> {change.new or 'always'}"


# build


def build(arguments: argparse.Namespace, environment: Environment) -> int:
    """Write one SBOM for each platform."""
    inputs = _read(arguments)
    judged = _judged(inputs, _mend(inputs, arguments))
    if failing := _failing(judged.open, strict=False):
        raise SbomError(failing)
    from sbom import document  # noqa: PLC0415 - spdx_tools takes longer than everything above
    from sbom.components import components, root  # noqa: PLC0415

    manifest = inputs.manifest
    created = _created(environment)
    contents: dict[Path, bytes] = {}
    lines: list[str] = []
    problems: list[Problem] = []
    for platform in _platforms(arguments.platform, manifest):
        name = f"python-{manifest.cpython.version}-{platform}"
        path = arguments.output / f"{name}.spdx.json"
        subject = document.Subject(
            name=name,
            root=root(manifest, platform),
            components=components(manifest, platform),
            facts=manifest.document,
            licence_texts=manifest.licence_texts,
        )
        built = document.build_document(subject, created)
        problems += document.problems_of(built, str(path))
        contents[path] = document.to_bytes(built)
        lines.append(f"{path}: {len(built.packages)} packages")
    if problems:
        raise SbomError(in_order(problems))
    files.write_all(contents)
    print("\n".join(lines))
    print(render(judged.open, "text"), end="", file=sys.stderr)
    return Exit.FINE


def _platforms(wanted: Sequence[str] | None, manifest: Manifest) -> list[str]:
    known = [platform.name for platform in manifest.platforms]
    for name in wanted or ():
        if name not in known:
            hint = f"the manifest has {', '.join(known)}"
            raise _usage(f"--platform {name}", "is no platform of the manifest", hint)
    return [name for name in known if not wanted or name in wanted]


def _created(environment: Environment) -> datetime:
    """Return the time of creation: SOURCE_DATE_EPOCH where it is set, else now.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        what = f"SOURCE_DATE_EPOCH={epoch}"
        raise _usage(what, "is no number of seconds", "set it as date +%s does") from error


# judge


def judge(arguments: argparse.Namespace, _: Environment) -> int:
    """Hold documents against outside validators and print what they say."""
    from sbom import judge as court  # noqa: PLC0415 - what it asks is installed for it alone

    judged = [court.judge(path, strict=arguments.strict) for path in arguments.files]
    print(court.report(judged, arguments.format), end="")
    return court.status(judged)


VERBS = {"fetches": fetches, "regen": regen, "check": check, "build": build, "judge": judge}
