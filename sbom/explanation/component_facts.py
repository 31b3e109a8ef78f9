"""Everything that is known about a component of the manifest, with the origin of each fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sbom.components.resolve import inclusions_by_filename, root_component
from sbom.explanation.explanation import (
    Explanation,
    Fact,
    Locate,
    Section,
    SubjectKind,
    table_facts,
)
from sbom.explanation.external_facts import (
    current_externals,
    external_sections,
    related_externals,
    stated_version_section,
    upstream_section,
)
from sbom.explanation.origins import Origins
from sbom.explanation.shipping_facts import (
    find_shipped_rows,
    identifier_facts,
    other_releases_section,
    shipped_section,
)
from sbom.explanation.statement_facts import statement_facts
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.model import Exemption, Manifest
from sbom.vex.statement import Statement


def explain_component(
    manifest: Manifest,
    spec: ComponentSpec,
    origins: Origins,
    statements: Sequence[Statement] = (),
    locate_statement: Locate | None = None,
) -> Explanation:
    """Return everything that is known about a component.

    ``statements`` are those of vex.toml, whose keys ``locate_statement`` locates.
    """
    shipped = find_shipped_rows(manifest, spec)
    keys = current_externals(spec, shipped)
    vex = tuple(statement_facts(spec.key, statements, locate_statement)) if locate_statement else ()
    sections = [
        Section("", tuple(_identity_facts(manifest, spec, origins))),
        _root_section(manifest, spec, origins),
        *(shipped_section(manifest, spec, row, origins) for row in shipped),
        *external_sections(manifest, spec, origins),
        _evidence_section(spec, origins),
        _exemption_section(manifest, spec, origins),
        Section("statements about vulnerabilities", vex) if vex else None,
        stated_version_section(manifest, keys),
        upstream_section(manifest, keys),
        other_releases_section(spec, shipped, origins),
    ]
    return Explanation(
        kind=SubjectKind.COMPONENT,
        subject=spec.key,
        title=_title(manifest, spec, [row.component.version for row in shipped]),
        sections=tuple(section for section in sections if section is not None),
    )


def _title(manifest: Manifest, spec: ComponentSpec, versions: Sequence[str]) -> str:
    version = manifest.cpython.version
    if spec.key == manifest.cpython.component:
        return f"{spec.key}: {spec.name} {version}"
    named = ", ".join(dict.fromkeys(known or "of an unknown version" for known in versions))
    if not named:
        return f"{spec.key}: {spec.name}, not in CPython {version}"
    return f"{spec.key}: {spec.name} {named} in CPython {version}"


def _identity_facts(manifest: Manifest, spec: ComponentSpec, origins: Origins) -> Iterator[Fact]:
    path = ("component", spec.key)
    yield from table_facts(spec, path, origins.locate)
    if not spec.supplier:
        location = origins.locate(("document", "supplier"))
        yield Fact("supplier", (manifest.document.supplier,), location)
    text = next(
        (
            license_text
            for license_text in manifest.license_texts
            if license_text.id in spec.license_concluded
        ),
        None,
    )
    if text is not None:
        location = origins.locate(("license-text", text.id))
        yield Fact("license-text", (f"{text.id}: {text.name}",), location)


def _root_section(manifest: Manifest, spec: ComponentSpec, origins: Origins) -> Section | None:
    """Return what is known of CPython itself, which no ``ships`` row has."""
    if spec.key != manifest.cpython.component:
        return None
    component = root_component(manifest)
    facts = [
        *table_facts(manifest.cpython, ("cpython",), origins.locate, frozenset({"sha256"})),
        *identifier_facts(component, ("cpython",), "source-url", origins),
    ]
    return Section("the release", tuple(facts))


def _evidence_section(spec: ComponentSpec, origins: Origins) -> Section | None:
    """Return the rules by which binaries show a component; None if there are none."""
    facts = []
    for number, rule in enumerate(spec.evidence):
        path = ("component", spec.key, "evidence", number)
        keys = table_facts(rule, path, origins.locate)
        values = tuple(f"{fact.name}: {', '.join(fact.values)}" for fact in keys)
        facts.append(Fact("rule", values, origins.locate(path)))
    return Section("evidence in binaries", tuple(facts)) if facts else None


def _exemption_section(manifest: Manifest, spec: ComponentSpec, origins: Origins) -> Section | None:
    """Return the exemptions whose key names a component, its externals or its files."""
    names = {spec.key, spec.name, f"component.{spec.key}"}
    for key in related_externals(spec):
        names |= {str(key), key.name}
    names = {name.casefold() for name in names}
    files = inclusions_by_filename(replace(manifest, components=(spec,)))
    facts = []
    for number, exemption in enumerate(manifest.exemptions):
        words = [word.casefold() for word in exemption.key.split()]
        if any(word in names or word.rpartition("/")[2] in files for word in words):
            values = tuple(_exemption_texts(exemption))
            facts.append(
                Fact(exemption.diagnostic.value, values, origins.locate(("exemption", number)))
            )
    return Section("exemptions", tuple(facts)) if facts else None


def _exemption_texts(exemption: Exemption) -> Iterator[str]:
    limits = [
        f"{name} {text}"
        for name, text in (
            ("CPython", exemption.lines or exemption.versions),
            ("in", ", ".join(exemption.artifacts)),
        )
        if text
    ]
    after = f" ({', '.join(limits)})" if limits else ""
    yield f"{exemption.key}{after}"
    yield exemption.reason
