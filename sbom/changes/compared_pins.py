"""What changed of externals and vendored code that two manifests record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sbom.changes.change import FactChange
from sbom.components.provenance import download_location
from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored

#: What is recorded in the order in which a reviewer reads it; the version is the component's.
_RECORDED = (
    "commit",
    "sha256",
    "mirror",
    "vendored_by",
    "wheel",
    "sha512",
    "size",
    "file_count",
    "verification_code",
    "verification_code_with_links",
)


def recorded_entries(manifest: Manifest) -> dict[ExternalKey, Pin | Vendored]:
    """Return the externals and the vendored code of a manifest by their keys."""
    pins: dict[ExternalKey, Pin | Vendored] = {pin.key: pin for pin in manifest.pins}
    return pins | {code.key: code for code in manifest.vendored}


def compare_entry(old: Manifest, new: Manifest, key: ExternalKey) -> Iterator[FactChange]:
    """Yield each fact that two manifests record otherwise of one external or vendored code."""
    before, after = (_facts(manifest, key) for manifest in (old, new))
    for fact in dict.fromkeys((*before, *after)):
        values = before.get(fact, ()), after.get(fact, ())
        if values[0] != values[1]:
            yield FactChange(fact, *values, subject=str(key))


def _facts(manifest: Manifest, key: ExternalKey) -> Mapping[str, tuple[str, ...]]:
    entry = recorded_entries(manifest).get(key)
    if entry is None:
        return {}
    facts: dict[str, tuple[str, ...]] = {}
    if isinstance(entry, Pin):
        facts["tag"] = (entry.tag,)
        facts["fetched"] = (str(entry.condition),)
    facts["archive"] = archive_of(manifest, entry)
    for name in _RECORDED:
        if value := getattr(entry, name, None):
            facts[name.replace("_", "-")] = (str(value),)
    digests = entry.dll_digests if isinstance(entry, Pin) else {}
    if digests:
        facts["dll-digests"] = tuple(f"{path} {digests[path]}" for path in sorted(digests))
    return facts


def describe_stale_checksum(old: Manifest, new: Manifest, key: ExternalKey) -> str:
    """Return what to do about a checksum that stayed while the archive did not, or nothing."""
    before, after = (recorded_entries(manifest).get(key) for manifest in (old, new))
    if before is None or after is None or not after.sha256 or before.sha256 != after.sha256:
        return ""
    if archive_of(old, before) == archive_of(new, after):
        return ""
    known = before.tag if isinstance(before, Pin) else before.version
    return (
        f"{key}: the archive is another one, and its SHA-256 is still that of {known}; "
        "empty sha256, and run: nox -s regen"
    )


def archive_of(manifest: Manifest, entry: Pin | Vendored) -> tuple[str, ...]:
    """Return the address that an external or vendored code is obtained from, if it is known."""
    if isinstance(entry, Pin):
        return (download_location(manifest, entry),)
    return () if entry.download_location == UNKNOWN_LOCATION else (entry.download_location,)
