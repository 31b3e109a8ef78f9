"""What most verbs start from: the manifest, and the script or source tree compared with it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from sbom import io
from sbom.checks.agreement import check_agreement, check_script
from sbom.checks.manifest_entries import check_manifest
from sbom.diagnostics import Diagnostic, InputError
from sbom.diagnostics.catalog import Area, names_in
from sbom.diagnostics.io_messages import usage_error
from sbom.manifest.exemptions import Triage, triage_diagnostics
from sbom.manifest.key_locations import locate_keys
from sbom.manifest.model import Manifest
from sbom.manifest.pin_changes import PinChange, find_pin_changes
from sbom.manifest.pins import Vendored
from sbom.manifest.ranges import release_line
from sbom.manifest.read import read_manifest, read_manifest_text
from sbom.options.shared import InputOptions
from sbom.script.externals import ScriptAnalysis
from sbom.source_tree.tree import SourceTree, find_script, read_python_version
from sbom.vex.read import VEX_FILE

#: What cmd acts on outside quotes: operators, carets, and what separates arguments.
_CMD_SPECIAL = re.compile(r"[&|<>()^,;=]")

#: Environment variables.
Environment = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The manifest, and the script that it is compared with, if one was named.

    ``version`` is the CPython version of the source tree, or the one that was named; empty without
    either. ``regen_command`` makes the manifest agree with the script.
    """

    path: Path
    text: str
    manifest: Manifest
    script: ScriptAnalysis | None
    script_path: Path | None
    script_sha256: str
    version: str
    regen_command: str

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with manifest and script, found once for the whole run."""
        return (*check_manifest(self.manifest), *script_diagnostics(self), *_disagreements(self))


def read_inputs(options: InputOptions, version: str = "") -> Inputs:
    """Return what the options name. Raises SbomError for what cannot be read."""
    path = options.manifest
    text = read_manifest_text(path)
    manifest = read_manifest(text, str(path))
    script_path = options.script
    if options.cpython is not None:
        script_path = find_script(options.cpython)
        version = version or read_python_version(options.cpython)
    script, sha256 = None, ""
    if script_path is not None:
        # The interpreter takes 0.03 s to import, and only a script needs it.
        from sbom.script.locations import analyze_with_locations  # noqa: PLC0415
        from sbom.script.run import decode_script  # noqa: PLC0415

        script_text, sha256 = decode_script(io.read_bytes(script_path), str(script_path))
        script = analyze_with_locations(script_text, str(script_path))
    return Inputs(
        path=path,
        text=text,
        manifest=manifest,
        script=script,
        script_path=script_path,
        script_sha256=sha256,
        version=version,
        regen_command=_regen_command(options),
    )


def _regen_command(options: InputOptions) -> str:
    paths: dict[str, Path] = {}
    if options.cpython is not None:
        paths["--cpython"] = options.cpython
    elif options.script is not None:
        paths["--script"] = options.script
    if options.manifest != Path("externals.toml"):
        paths["--manifest"] = options.manifest
    words = (f" {option} {quote_argument(str(path))}" for option, path in paths.items())
    return "nox -s regen --" + "".join(words)


def quote_argument(text: str, *, is_windows: bool = sys.platform == "win32") -> str:
    """Return an argument as it is typed at a prompt: that of sh, or on Windows that of cmd."""
    if not is_windows:
        return shlex.quote(text)
    from subprocess import list2cmdline  # noqa: PLC0415 - takes 6 ms, and one hint needs it

    quoted = list2cmdline([text])
    # It quotes for the program that is started; cmd itself acts on other characters, too.
    return quoted if quoted != text or not _CMD_SPECIAL.search(text) else f'"{text}"'


def read_tree_vendored(inputs: Inputs, root: Path | None) -> tuple[Vendored, ...] | None:
    """Return the vendored code of a source tree, or None if there is no tree.

    Raises SbomError for an SBOM or a wheel of the tree that is damaged, and for missing code,
    unless an exemption of ``unrecorded-code`` accepts that.
    """
    if root is None:
        return None
    # packaging and installer are for wheels.
    from sbom.checks.incomplete_tree import require_complete  # noqa: PLC0415
    from sbom.source_tree.tree_contents import read_compiled_versions  # noqa: PLC0415
    from sbom.source_tree.vendored import read_vendored, require_readable  # noqa: PLC0415

    tree = SourceTree(root)
    require_readable(tree)
    require_complete(tree, inputs.manifest.for_version(inputs.version))
    reference, line = inputs.manifest.reference, release_line(inputs.version)
    compiled = read_compiled_versions(tree, reference.version_sources, line)
    return read_vendored(tree, compiled, reference.wheel_contents)


def check_tree_wheels(inputs: Inputs, root: Path | None) -> list[Diagnostic]:
    """Return the diagnostics of bundled wheels of a source tree that vendor unknown packages."""
    if root is None:
        return []
    from sbom.source_tree.vendored import check_wheel_contents  # noqa: PLC0415

    contents = inputs.manifest.reference.wheel_contents
    return list(check_wheel_contents(SourceTree(root), contents, inputs.manifest.file))


def read_vex_file(inputs: Inputs) -> tuple[str, str]:
    """Return the text of vex.toml beside the manifest, and its path; no text if there is none."""
    path = inputs.path.with_name(VEX_FILE)
    return (io.read_utf8(path) if path.exists() else ""), str(path)


def script_changes(inputs: Inputs) -> tuple[PinChange, ...]:
    """Return how the manifest has to change for the script."""
    if inputs.script is None:
        return ()
    return find_pin_changes(inputs.script.externals, inputs.manifest)


def script_diagnostics(inputs: Inputs) -> list[Diagnostic]:
    """Return what is wrong with the script by itself."""
    return check_script(inputs.script, str(inputs.script_path)) if inputs.script else []


def triage_script(inputs: Inputs) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the script by itself and is not accepted."""
    return triage_diagnostics(script_diagnostics(inputs), inputs.manifest, ()).active


def triage_inputs(
    inputs: Inputs, more: Iterable[Diagnostic] = (), areas: Iterable[Area] = ()
) -> Triage:
    """Return everything that is wrong with the inputs, what people have accepted apart.

    ``more`` are diagnostics of what else was read, ``areas`` those they can be of. Those of keys
    have the location of the key.
    """
    triage = triage_unlocated(inputs, more, areas)
    return replace(triage, active=locate_keys(triage.active, inputs.manifest.file, inputs.text))


def triage_unlocated(
    inputs: Inputs, more: Iterable[Diagnostic] = (), areas: Iterable[Area] = ()
) -> Triage:
    """Return what ``triage_inputs`` does, without the locations of keys.

    To find these takes time, which is saved where diagnostics are only counted or recorded.
    """
    script = (Area.SCRIPT, Area.AGREEMENT) if inputs.script else ()
    checked = names_in(Area.MANIFEST, *script, *areas)
    return triage_diagnostics([*inputs.diagnostics, *more], inputs.manifest, checked)


def _disagreements(inputs: Inputs) -> list[Diagnostic]:
    """Return where manifest and script disagree."""
    if inputs.script is None:
        return []
    return check_agreement(
        inputs.manifest,
        script_changes(inputs),
        script_sha256=inputs.script_sha256,
        version=inputs.version,
        command=inputs.regen_command,
    )


def require_output_directory(path: Path, option: str) -> None:
    """Raise InputError, unless a path leads to a directory, or one can be made there."""
    existing = next((each for each in (path, *path.parents) if io.path_exists(each)), Path())
    if not io.is_directory(existing):
        message = f"cannot be created: {existing} is a file"
        if existing == path:
            message = "is not a directory"
        raise usage_error(f"{option} {path}", message, "name a directory to write to")


def require_output_file(path: Path, option: str) -> None:
    """Raise InputError, unless a path leads to a file, or one can be made there."""
    if io.is_directory(path):
        raise usage_error(f"{option} {path}", "is a directory", "name a file to write")
    require_output_directory(path.parent, option)


def creation_time(environment: Environment) -> datetime:
    """Return the time of creation: SOURCE_DATE_EPOCH if it is set, else now.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = environment.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        what = f"SOURCE_DATE_EPOCH={epoch}"
        raise usage_error(
            what, "is not a number of seconds", "set it to what 'date +%s' prints"
        ) from error


def select_platforms(names: Sequence[str] | None, manifest: Manifest) -> list[str]:
    """Return the platforms that are named, or all of the release's line. Raises InputError."""
    known = manifest.platform_names()
    for name in names or ():
        if name not in known:
            raise _unknown_choice("platform", name, known, manifest)
    return [name for name in known if not names or name in names]


def select_variant(name: str, manifest: Manifest) -> str:
    """Return the name of a variant that the release's line has. Raises InputError."""
    known = manifest.variant_names()
    if name not in known:
        raise _unknown_choice("variant", name, known, manifest)
    return name


def _unknown_choice(what: str, name: str, known: Sequence[str], manifest: Manifest) -> InputError:
    hint = f"use one of {', '.join(known)}, which are those of CPython {manifest.cpython.line}"
    return usage_error(f"--{what} {name}", f"unknown {what}", hint)
