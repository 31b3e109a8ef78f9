"""The diagnostics of externals.toml by itself."""

from __future__ import annotations

from sbom.diagnostics.diagnostic import Code, Diagnostic, Location


def invalid_toml(location: Location, reason: str) -> Diagnostic:
    """Report a manifest that is not TOML."""
    return Diagnostic(
        code=Code.INVALID_TOML,
        location=location,
        message=f"not valid TOML: {reason}",
        hint="correct the syntax; https://toml.io/en/v1.0.0 is the grammar",
    )


def invalid_manifest(location: Location, key_path: str, message: str, hint: str) -> Diagnostic:
    """Report a key that is unknown, missing, or has a wrong value."""
    return Diagnostic(
        code=Code.INVALID_MANIFEST,
        location=location,
        subject=key_path,
        message=message,
        hint=hint,
    )


def missing_reference(file: str, key_path: str, table: str) -> Diagnostic:
    """Report a name that refers to a table that is not there."""
    hint = f"add [{table}], or correct the name"
    return invalid_manifest(Location(file), key_path, f"there is no [{table}]", hint)


def placeholder(file: str, key_path: str) -> Diagnostic:
    """Report a field that ``regen`` left for a person to fill in."""
    return Diagnostic(
        code=Code.PLACEHOLDER,
        location=Location(file),
        subject=key_path,
        message="placeholder: the value is not known yet",
        hint="look it up and fill in this field",
    )


def missing_checksum(file: str, subject: str, location: str, hint: str) -> Diagnostic:
    """Report an archive, a tag's or one at an address, without a checksum."""
    return Diagnostic(
        code=Code.MISSING_CHECKSUM,
        location=Location(file),
        subject=subject,
        message=f"no checksum of {location} is recorded",
        hint=hint,
    )


def mirror_checksum(file: str, subject: str, tag: str, mirror: str) -> Diagnostic:
    """Report checksums that were computed from a mirror's copy."""
    return Diagnostic(
        code=Code.MIRROR_CHECKSUM,
        location=Location(file),
        subject=subject,
        message=f"the checksums of {tag} were computed from a copy at {mirror}",
        hint="run: nox -s regen -- --verify, which compares them with the archive at its location",
    )


def undescribed_external(file: str, subject: str, title: str, *, revision: bool) -> Diagnostic:
    """Report an external, or vendored code, that no component describes.

    With ``revision``, a component describes other revisions of it.
    """
    row = "[[component.<name>.ships]]"
    message = f"no component states what {title} contains"
    hint = f"add a {row} with external = '{subject}'"
    if revision:
        message = f"no {row} applies to the revision of {title}"
        hint = "find out what it contains; add a row, or widen the 'revisions' of one"
    return Diagnostic(
        code=Code.UNDESCRIBED_EXTERNAL,
        location=Location(file),
        subject=subject,
        message=message,
        hint=hint,
    )


def unrecorded_code(file: str, subject: str, component: str, version: str) -> Diagnostic:
    """Report a component that a source tree of a CPython version did not show."""
    return Diagnostic(
        code=Code.UNRECORDED_CODE,
        location=Location(file),
        subject=subject,
        message=f"the source tree of CPython {version} showed no {component}; no document lists it",
        hint="restore its files and run nox -s regen -- --cpython DIR; or exempt this, "
        "if builds do not contain it",
    )


def unknown_wheel_contents(file: str, subject: str, wheel: str) -> Diagnostic:
    """Report a bundled wheel that vendors packages of unknown versions."""
    return Diagnostic(
        code=Code.UNKNOWN_WHEEL_CONTENTS,
        location=Location(file),
        subject=subject,
        message=f"{wheel} does not state what it vendors; no document lists those packages",
        hint="add their versions to sbom/data/wheel_contents.toml",
    )


def unknown_cpe(file: str, subject: str, tag: str) -> Diagnostic:
    """Report an external that CPython lists under a CPE that is not known."""
    return Diagnostic(
        code=Code.UNKNOWN_CPE,
        location=Location(file),
        subject=subject,
        message=f"no entry of sbom/data/upstream_entries.toml states the CPE of {tag}",
        hint="add an [[entry]] with its name, or use --fixed",
    )


def unused_component(file: str, key_path: str, line: str) -> Diagnostic:
    """Report a component that nothing brings on its CPython line."""
    return Diagnostic(
        code=Code.UNUSED_ENTRY,
        location=Location(file),
        subject=key_path,
        message=f"unused: CPython {line} fetches no external that contains this component",
        hint="remove it, or list in 'lines' the CPython lines that have it",
    )


def unknown_version(file: str, key_path: str, component: str, source: str) -> Diagnostic:
    """Report a component whose version ``source``, a tag or no tag, lacks."""
    reason = f"{source} does not state it" if source else "it comes from no tag"
    return Diagnostic(
        code=Code.UNKNOWN_VERSION,
        location=Location(file),
        subject=key_path,
        message=f"unknown version of {component}: {reason}",
        hint="find out which version ships and set 'version' of the row",
    )


def source_binary_mismatch(file: str, subject: str, shipped: str, source: str) -> Diagnostic:
    """Report a prebuilt binary whose source tag is of another version.

    ``shipped`` is a sentence's start: tag, component and version of the binary.
    """
    return Diagnostic(
        code=Code.SOURCE_BINARY_MISMATCH,
        location=Location(file),
        subject=subject,
        message=f"{shipped}, but the script names {source} as its source",
        hint="ask who builds the binaries; documents state the version that ships",
    )


def conflicting_reference(file: str, key_path: str, tag: str, reference: str) -> Diagnostic:
    """Report a value of a tag that differs from the one in a reference file."""
    return Diagnostic(
        code=Code.CONFLICTING_REFERENCE,
        location=Location(file),
        subject=key_path,
        message=f"another value for {tag} than {reference} has; the manifest's is used",
        hint="run nox -s regen -- --verify to compare with the archive; correct the wrong value",
    )


def stale_exemption(file: str, key_path: str, diagnostic: str, key: str) -> Diagnostic:
    """Report an exemption that matches nothing any more."""
    return Diagnostic(
        code=Code.STALE_EXEMPTION,
        location=Location(file),
        subject=key_path,
        message=f"no diagnostic '{diagnostic}' with the key '{key}' any more",
        hint="remove the exemption",
    )
