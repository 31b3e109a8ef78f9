"""``fetches``: what a script would fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sbom import io
from sbom.diagnostics import Diagnostic, Exit, failing
from sbom.diagnostics.io_messages import invalid_usage
from sbom.diagnostics.render import align_columns
from sbom.diagnostics.script_messages import no_externals
from sbom.options.verbs import FetchesOptions
from sbom.reports import print_report
from sbom.script.externals import ScriptExternal
from sbom.script.locations import analyze_with_locations
from sbom.script.run import decode_script, run_script


def run(options: FetchesOptions) -> int:
    """Print what a script would fetch with these arguments and variables."""
    rejected: tuple[Diagnostic, ...] = ()
    text, _digest = decode_script(io.read_bytes(options.script), str(options.script))
    script = analyze_with_locations(text, str(options.script))
    if options.all:
        listed: Sequence[ScriptExternal] = script.externals
    else:
        run = run_script(text, options.script_args, dict(options.env), str(options.script))
        known = {(e.kind, e.tag): e for e in script.externals}
        listed = [
            replace(
                known.get((fetch.kind, fetch.tag))
                or ScriptExternal(fetch.kind, fetch.tag, fetch.repository),
                repository=fetch.repository,
                organization=fetch.organization,
                method=fetch.method,
            )
            for fetch in run.fetches
        ]
        if run.status and not listed:
            rejected = _rejected_arguments(options, run.status)
    diagnostics = rejected or script.diagnostics
    if not (diagnostics or script.externals):
        diagnostics = (no_externals(str(options.script)),)
    print_report(
        options,
        diagnostics,
        text="" if rejected else _as_table(listed),
        results={"externals": _as_objects(listed)},
        is_answer=True,
        exemptible=False,
    )
    if rejected:
        return Exit.USAGE
    return Exit.ERRORS if failing(diagnostics) else Exit.OK


def _rejected_arguments(options: FetchesOptions, status: int) -> tuple[Diagnostic, ...]:
    """Return the diagnostic of arguments or variables with which a script refuses to run.

    There is none where neither was given.
    """
    given = [f"--env {name}={value}" for name, value in options.env]
    if options.script_args:
        given.append(f"-- {' '.join(options.script_args)}")
    if not given:
        return ()
    message = f"{options.script} ends with status {status} and fetches nothing"
    hint = "use what the script knows: --all lists the flags and variables that decide"
    return (invalid_usage(" ".join(given), message, hint),)


def _as_objects(externals: Sequence[ScriptExternal]) -> list[dict[str, object]]:
    return [
        {
            "kind": e.kind,
            "tag": e.tag,
            "organization": e.organization,
            "repository": e.repository,
            "method": e.method,
            "decided": e.is_decided,
            **asdict(e.condition),
        }
        for e in externals
    ]


def _as_table(externals: Sequence[ScriptExternal]) -> str:
    rows = [("kind", "tag", "organization", "repository", "method", "fetched")]
    rows += [
        (e.kind, e.tag, e.organization or "-", e.repository, e.method, _when(e)) for e in externals
    ]
    return align_columns(rows)


def _when(external: ScriptExternal) -> str:
    when = str(external.condition) if external.is_decided else "cannot be decided"
    return f"{when} (not beside the source of the same tag)" if external.shadowed else when
