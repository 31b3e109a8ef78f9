"""``fetches``: what a script would fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sbom import io
from sbom.diagnostics import Exit, failing
from sbom.diagnostics.render import align_columns
from sbom.options.verbs import FetchesOptions
from sbom.reports import print_note, print_report
from sbom.script.externals import ScriptExternal
from sbom.script.locations import analyze_with_locations
from sbom.script.run import decode_script, run_script


def run(options: FetchesOptions) -> int:
    """Print what a script would fetch with these arguments and variables."""
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
            print_note(options, f"the script ends with status {run.status} and fetches nothing")
    print_report(
        options,
        script.diagnostics,
        text=_as_table(listed),
        results={"externals": _as_objects(listed)},
        is_answer=True,
        exemptible=False,
    )
    return Exit.ERRORS if failing(script.diagnostics) else Exit.OK


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
