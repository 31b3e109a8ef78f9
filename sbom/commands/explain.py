"""``explain``: what is known about a component, a diagnostic or a vulnerability, and its origin."""

from __future__ import annotations

import sys
from pathlib import Path

from sbom import io
from sbom.diagnostics import Exit, only_read
from sbom.diagnostics.io_messages import usage_error
from sbom.explanation.component_facts import explain_component
from sbom.explanation.containment import (
    Containment,
    document_containers,
    find_containment,
    is_listed,
    listed_names,
    release_containers,
)
from sbom.explanation.diagnostic_facts import explain_diagnostic
from sbom.explanation.explanation import Explanation
from sbom.explanation.origins import Origins, text_locator
from sbom.explanation.render_containment import containment_as_json, render_containment
from sbom.explanation.render_explanation import explanations_as_json, render_explanations
from sbom.explanation.statement_facts import explain_vulnerability, find_statements
from sbom.explanation.subject import (
    find_components,
    find_diagnostic,
    is_vulnerability,
    known_subjects,
    require_subject,
    unknown_subject,
)
from sbom.formats import read_document
from sbom.manifest.read import read_manifest, read_manifest_text
from sbom.options.verbs import ExplainOptions
from sbom.release.published_directory import read_release
from sbom.reports import print_report, text_width
from sbom.vex.read import VEX_FILE, read_statements

_VULNERABILITY_HINT = (
    "explain the component that has it, to see which version ships; docs/vex.md says how to state "
    "what is known"
)


def run(options: ExplainOptions) -> int:
    """Print what is known about the subject. Raises InputError if it is not known."""
    require_subject(options.subject)
    if options.in_ is not None:
        containment = _find(options.subject, options.in_, options.manifest)
        print_report(
            options,
            [],
            text=render_containment(containment, text_width(sys.stdout)),
            results=containment_as_json(containment),
            is_answer=True,
        )
        return Exit.OK
    with only_read():
        explanations = _explain(options)
    print_report(
        options,
        [],
        text=render_explanations(explanations, text_width(sys.stdout)),
        results={"explanations": explanations_as_json(explanations)},
        is_answer=True,
    )
    return Exit.OK


def _explain(options: ExplainOptions) -> list[Explanation]:
    word = options.subject
    if entry := find_diagnostic(word):  # needs no manifest
        return [explain_diagnostic(entry)]
    text = read_manifest_text(options.manifest)
    manifest = read_manifest(text, str(options.manifest))
    vex_path = options.manifest.with_name(VEX_FILE)
    vex = io.read_utf8(vex_path) if vex_path.exists() else ""
    statements = read_statements(vex, str(vex_path)) if vex else ()
    locate_statement = text_locator(vex, str(vex_path))
    if numbers := find_statements(word, statements):
        return [explain_vulnerability(numbers, statements, manifest, locate_statement)]
    origins = Origins(manifest, text)
    explanations = [
        explain_component(manifest, spec, origins, statements, locate_statement)
        for spec in find_components(word, manifest)
    ]
    if not explanations:
        hint = (
            f"name a component or an external of {options.manifest}, a diagnostic such as SBM204, "
            f"or a vulnerability that {VEX_FILE} has a statement about"
        )
        if is_vulnerability(word):
            raise usage_error(word, f"{VEX_FILE} has no statement about it", _VULNERABILITY_HINT)
        raise unknown_subject(word, known_subjects(manifest, statements), hint)
    return explanations


def _find(word: str, path: Path, manifest: Path) -> Containment:
    """Return what contains a component in a release, or in a document. Raises SbomError."""
    missing: tuple[str, ...] = ()
    if io.is_directory(path):
        index, document, bom = read_release(path)
        containers = release_containers(bom, index, document.path)
        source, missing = f"CPython {index.version}", index.missing
    else:
        bom = read_document(io.read_bytes(path, io.DOCUMENT_LIMIT), str(path))
        containers = document_containers(bom)
        source = bom.name or path.name
    containment = find_containment(word, bom, containers, source, missing)
    if not containment.contained:
        if is_listed(word, bom) or _is_described(word, manifest):
            hint = "without --in, explain says what it is for"
            raise usage_error(word, f"is in no artifact of {source}", hint)
        if is_vulnerability(word) or find_diagnostic(word):
            message = "is no component; only those are looked for in a release or a document"
            raise usage_error(word, message, "remove --in")
        raise unknown_subject(word, listed_names(bom), f"name a component of {path}")
    return containment


def _is_described(word: str, path: Path) -> bool:
    """Return whether a word names a component of the manifest at a path, if there is one."""
    if not path.is_file():
        return False
    with only_read():
        manifest = read_manifest(io.read_utf8(path), str(path))
    return bool(find_components(word, manifest))
