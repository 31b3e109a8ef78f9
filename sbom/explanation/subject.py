"""What a word on the command line names: a component, a diagnostic or a vulnerability."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from sbom.diagnostics import InputError
from sbom.diagnostics.catalog import Entry, catalog
from sbom.diagnostics.io_messages import invalid_usage, usage_error
from sbom.explanation.external_facts import current_externals, related_externals
from sbom.explanation.shipping_facts import find_shipped_rows
from sbom.manifest.component_spec import ComponentSpec
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.vex.statement import Statement

#: CVE ids, and those of GitHub's, Python's and OSV's own databases.
_VULNERABILITY = re.compile(r"(CVE|GHSA|PYSEC|PSF|OSV)-\w+(-\w+)*", re.IGNORECASE)
#: What a CPE (NISTIR 7695) has up to the product: cpe, its version, part, vendor, product.
_CPE_ATTRIBUTES = 5
#: How many similar names are suggested.
_SUGGESTED = 3


def require_subject(word: str) -> None:
    """Raise InputError for what names nothing: no text, and a CPE that every component has."""
    if not word.strip():
        raise usage_error(
            "SUBJECT", "is empty", "name a component, a diagnostic or a vulnerability"
        )
    if word.casefold().startswith("cpe:") and len(word.rstrip(":").split(":")) < _CPE_ATTRIBUTES:
        hint = "write at least vendor and product, such as cpe:2.3:a:openssl:openssl"
        raise usage_error(word, "names no product", hint)


def is_vulnerability(word: str) -> bool:
    """Return whether a word is the id of a vulnerability, by the prefixes of OSV's schema."""
    return bool(_VULNERABILITY.fullmatch(word))


def find_diagnostic(word: str) -> Entry | None:
    """Return the diagnostic of an id or a name, or None."""
    wanted = word.casefold()
    return next(
        (entry for entry in catalog().values() if wanted in (entry.id.casefold(), entry.name)), None
    )


def find_components(word: str, manifest: Manifest) -> tuple[ComponentSpec, ...]:
    """Return the components that a word names.

    That is a component by its key, its name or its purl, or every one that comes with an external
    or a vendored package, by the key, the name or the tag of that: in the release of the manifest
    or, if nothing comes with it there, in others.
    """
    wanted = word.casefold()
    purl = base_purl(wanted)
    named = [
        spec
        for spec in manifest.components
        if wanted in (spec.key.casefold(), spec.name.casefold(), f"component.{spec.key}".casefold())
        or (spec.purl and spec.purl.casefold() == purl)
    ]
    if named:
        return tuple(named)
    keys = {key for key, names in _external_names(manifest).items() if wanted in names}
    known = [spec for spec in manifest.components if keys.intersection(related_externals(spec))]
    current = [
        spec
        for spec in known
        if keys.intersection(current_externals(spec, find_shipped_rows(manifest, spec)))
    ]
    return tuple(current or known)


def base_purl(purl: str) -> str:
    """Return a package URL without version, qualifiers and subpath."""
    return purl.partition("#")[0].partition("?")[0].partition("@")[0]


def _external_names(manifest: Manifest) -> dict[ExternalKey, set[str]]:
    """Return the names of externals and of vendored code, without regard to case, by key."""
    names = {pin.key: {str(pin.key), pin.name, pin.tag} for pin in manifest.pins}
    names |= {code.key: {str(code.key), code.name} for code in manifest.vendored}
    return {key: {name.casefold() for name in texts} for key, texts in names.items()}


def known_subjects(manifest: Manifest, statements: Iterable[Statement]) -> list[str]:
    """Return everything that can be explained, by the names that people know it by."""
    names = {spec.key for spec in manifest.components}
    names |= {spec.name for spec in manifest.components}
    for key in _external_names(manifest):
        names |= {str(key), key.name}
    names |= {name for entry in catalog().values() for name in (entry.id, entry.name)}
    names |= {id_ for statement in statements for id_ in statement.ids}
    return sorted(names)


def unknown_subject(word: str, known: Sequence[str], explainable: str) -> InputError:
    """Return the error of a word that names nothing; ``explainable`` says what would.

    The hint suggests similar names of the ``known`` ones.
    """
    similar = similar_names(word, known)
    suggestion = f"did you mean {' or '.join(map(repr, similar))}? " if similar else ""
    return InputError([invalid_usage(word, "is not known", f"{suggestion}{explainable}")])


def similar_names(word: str, known: Iterable[str]) -> list[str]:
    """Return names that look like a word, the most similar first."""
    by_text: dict[str, str] = {}
    for name in known:
        by_text.setdefault(name.casefold(), name)
    close = difflib.get_close_matches(word.casefold(), by_text, n=_SUGGESTED)
    return [by_text[text] for text in close]
