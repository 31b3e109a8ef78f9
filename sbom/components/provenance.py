"""Where a component comes from: the archive or the file that holds it, and what is told of that."""

from __future__ import annotations

from dataclasses import dataclass

from sbom.components.locations import download_location, external_title, is_archive, repository_of
from sbom.components.versions import is_source_mismatch, parse_revision
from sbom.manifest.component_spec import ComponentSpec, Inclusion
from sbom.manifest.model import Manifest, Pin, Vendored


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """What an SBOM says of where a package was had; texts are empty where nothing is known.

    ``checksums`` are of what ``location`` leads to, as pairs of algorithm and lower-case
    hexadecimal digits.
    """

    location: str
    file_name: str
    checksums: tuple[tuple[str, str], ...]
    source_info: str
    comment: str


def provenance_of(
    manifest: Manifest, identity: ComponentSpec, row: Inclusion, held: Pin | Vendored | None
) -> Provenance:
    """Return the origin of a component that an external, vendored code or nothing brings."""
    match held:
        case Pin():
            return _pulled(manifest, identity, row, held)
        case Vendored():
            return _checked_in(manifest, row, held)
        case None:
            file_name = last_part(identity.download_location) if identity.sha256 else ""
            return Provenance(
                location=identity.download_location,
                file_name=file_name,
                checksums=sha256_checksum(identity.sha256),
                source_info=_joined(identity.source_info, row.note),
                comment="",
            )


def last_part(location: str) -> str:
    """Return the name of the file that an address leads to."""
    return location.rpartition("/")[2] if location != "NOASSERTION" else ""


def sha256_checksum(sha256: str) -> tuple[tuple[str, str], ...]:
    """Return a checksum, or none where it is not known."""
    return (("SHA256", sha256),) if sha256 else ()


def _pulled(manifest: Manifest, identity: ComponentSpec, row: Inclusion, pin: Pin) -> Provenance:
    archive = is_archive(manifest, pin)
    sha512 = (("SHA512", pin.sha512),) if pin.sha512 else ()
    return Provenance(
        location=download_location(manifest, pin),
        file_name=f"{pin.tag}.tar.gz" if archive else "",
        checksums=(*sha256_checksum(pin.sha256), *sha512),
        source_info=_source_info(manifest, identity, row, pin),
        comment=_pin_comment(pin) if archive else "",
    )


def _source_info(manifest: Manifest, identity: ComponentSpec, row: Inclusion, pin: Pin) -> str:
    """Return what the tag says, for people and for tools that want a source's address."""
    parts = [f"{repository_of(manifest, pin)} {external_title(manifest, pin)}"]
    if pin.commit:
        parts.append(f"commit {pin.commit}")
    rebuild = "" if row.version else parse_revision(identity, pin.revision)[1]
    if rebuild:
        parts.append(f"packaging revision {pin.revision} (rebuild {rebuild})")
    for built in identity.built_from:
        source = manifest.get_pin(built.source)
        if built.binary == pin.key and source is not None:
            parts.append(_provenance(manifest, identity, pin, source))
    return _joined(*parts, row.note)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _provenance(manifest: Manifest, identity: ComponentSpec, pin: Pin, source: Pin) -> str:
    """Return what is known of the source of a prebuilt binary."""
    known = f", SHA-256 {source.sha256}" if source.sha256 else ""
    where = f"{external_title(manifest, source)} ({download_location(manifest, source)}{known})"
    if is_source_mismatch(identity, pin, source, manifest.cpython.line):
        return f"the script names source {where}, which is of another revision"
    return f"prebuilt from source {where}"


def _pin_comment(pin: Pin) -> str:
    if not pin.sha256:
        return "Unpinned: no checksum of this archive is known."
    if not pin.verification_code:
        return ""
    return (
        f"The archive holds {pin.file_count} files; "
        f"their SPDX package verification code is {pin.verification_code}."
    )


def _checked_in(manifest: Manifest, row: Inclusion, vendored: Vendored) -> Provenance:
    """Return the origin of code that CPython's repository, or a wheel in it, has a copy of."""
    release = f"CPython {manifest.cpython.version}"
    where = f"vendored in {release}"
    carrier = manifest.get_vendored(vendored.vendored_by) if vendored.vendored_by else None
    holder = carrier or vendored
    if vendored.vendored_by:
        where = f"vendored in {vendored.vendored_by} {carrier.version if carrier else ''}".rstrip()
        where += f", which {release} bundles"
    elif vendored.wheel:
        where = f"{vendored.wheel}, bundled with {release}"
    comment = ""
    if vendored.verification_code:
        comment = (
            f"{release} lists {vendored.file_count} files of it; "
            f"their SPDX package verification code is {vendored.verification_code}."
        )
    location, sha256 = vendored.download_location, holder.sha256
    if location == "NOASSERTION" and not holder.wheel:
        # Nobody says where the copy was taken from; it is had with CPython's own archive.
        location, sha256 = manifest.cpython.source_location, manifest.cpython.sha256
    named = last_part(location) if sha256 else ""
    return Provenance(
        location=location,
        file_name=holder.wheel or named,
        checksums=sha256_checksum(sha256),
        source_info=_joined(where, row.note),
        comment=comment,
    )
