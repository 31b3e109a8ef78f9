"""Diagnostics of shipped files (SBM2xx).

``file`` is the layout, archive or binary that was inspected, ``member`` the path of a file in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sbom.diagnostics import Code, Diagnostic, Location

#: How many files of a missing component a message names.
_SHOWN = 3
_EXCLUDE = "remove it from the package, or from the channel's 'exclude'"


def missing_file(file: str, member: str, expected_by: str, hint: str = "") -> Diagnostic:
    """Report that a file is missing that a component, a channel or an SBOM expects."""
    hint = hint or "check the build; then correct the 'files' of the component in externals.toml"
    return _member(
        Code.MISSING_FILE, file, member, f"missing file: expected by {expected_by}", hint
    )


def missing_component(file: str, component: str, title: str, members: Sequence[str]) -> Diagnostic:
    """Report that none of the files is there that a component is expected to ship as."""
    shown = ", ".join(members[:_SHOWN])
    more = f" and {len(members) - _SHOWN:,} more" if len(members) > _SHOWN else ""
    hint = "check the build; then correct the component's 'ships' rows, or name the right SBOM"
    message = f"missing component: {title}, none of {shown}{more} is there"
    return _member(Code.MISSING_COMPONENT, file, component, message, hint)


def missing_directory(file: str, directory: str, count: int, expected_by: str) -> Diagnostic:
    """Report that a directory is missing, for all files that are expected in it."""
    message = f"missing directory: {count:,} files in it are expected by {expected_by}"
    hint = "build or download it again, or name the SBOM of this build with --sbom"
    return _member(Code.MISSING_FILE, file, directory, message, hint)


def unowned_file(
    file: str, member: str, *, version_resource: str = "", unlisted_in: str = ""
) -> Diagnostic:
    """Report that a file belongs to no component, or is not listed where all files are."""
    reason = f"not listed in {unlisted_in}" if unlisted_in else "belongs to no component"
    detail = f"; its version resource says {version_resource}" if version_resource else ""
    hint = "find out where it comes from; then add it to a component's 'files' or 'owns'"
    return _member(Code.UNOWNED_FILE, file, member, f"unowned file: {reason}{detail}", hint)


def version_mismatch(
    file: str,
    member: str,
    *,
    expected: str,
    found: str,
    evidence: str = "",
    is_mislabeled: bool = False,
) -> Diagnostic:
    """Report that a file shows another version of a component than was expected.

    ``expected`` names the component too: ``openssl 3.5.7``. With ``is_mislabeled``, the file is
    the one of its tag, and the tag is named after the expected version.
    """
    hint = "check what was built; then build it again, or correct externals.toml"
    if is_mislabeled:
        hint = "have the tag corrected; until then, add an [[exemption]]"
    message = _mismatch(expected, found, evidence)
    return _member(Code.VERSION_MISMATCH, file, member, message, hint)


def undeclared_component(file: str, member: str, component: str, evidence: str) -> Diagnostic:
    """Report that a binary contains a component that neither manifest nor SBOM declares."""
    message = f"undeclared component: found {component}{_quoted(evidence)}"
    hint = "add a [[component.<name>.ships]] row for it, or have it removed from the binary"
    return _member(Code.UNDECLARED_COMPONENT, file, member, message, hint)


def unread_source_tree(file: str, version: str, components: Sequence[str]) -> Diagnostic:
    """Report that binaries contain code of CPython's source tree, which was never read.

    ``file`` is the manifest: one diagnostic stands for all components in all files.
    """
    return Diagnostic(
        code=Code.UNDECLARED_COMPONENT,
        location=Location(file),
        subject="vendored",
        message="undeclared components: files contain code of the source tree of CPython "
        f"{version}, which was not read: {', '.join(components)}",
        hint=f"run nox -s regen -- --cpython DIR, with the source tree of {version}",
    )


def no_evidence(file: str, member: str, expected: str) -> Diagnostic:
    """Report that a file should show evidence of a component and shows none."""
    message = f"expected {expected}, found no evidence of it"
    hint = "check whether the file contains it; then correct the component's 'evidence'"
    return _member(Code.NO_EVIDENCE, file, member, message, hint)


def excluded_component(file: str, member: str, components: Iterable[str]) -> Diagnostic:
    """Report that a channel ships a component's file that it is declared to exclude."""
    message = f"should not be in this channel; belongs to {', '.join(components)}"
    return _member(Code.EXCLUDED_COMPONENT, file, member, message, _EXCLUDE)


def excluded_file(file: str, member: str) -> Diagnostic:
    """Report that a channel ships a file of CPython that it is declared to exclude."""
    return _member(Code.EXCLUDED_FILE, file, member, "should not be in this channel", _EXCLUDE)


def not_inspected(file: str, member: str, reason: str, hint: str) -> Diagnostic:
    """Report that what a file contains could not be seen."""
    return _member(Code.NOT_INSPECTED, file, member, f"not inspected: {reason}", hint)


def absent_payloads(file: str, payloads: Sequence[str]) -> Diagnostic:
    """Report that files are not available that an installer downloads when they are needed."""
    shown = ", ".join(payloads[:_SHOWN])
    more = f" and {len(payloads) - _SHOWN:,} more" if len(payloads) > _SHOWN else ""
    reason = f"packages that it downloads are not available: {shown}{more}"
    return not_inspected(file, "", reason, "put them beside it, to have them inspected")


def file_mismatch(file: str, member: str, *, expected: str, found: str) -> Diagnostic:
    """Report that a file is not the one that an SBOM or another artifact has."""
    hint = "compare it with the published file; then build or download it again"
    return _member(Code.FILE_MISMATCH, file, member, _mismatch(expected, found), hint)


def unexpected_build(
    file: str, member: str, *, expected: str, found: str, evidence: str = ""
) -> Diagnostic:
    """Report that a file is another build of what was expected."""
    message, hint = _mismatch(expected, found, evidence), "find out who built it, and from what"
    return _member(Code.UNEXPECTED_BUILD, file, member, message, hint)


def invalid_signature(
    file: str,
    member: str,
    signer: str,
    *,
    is_changed: bool,
    is_secondary: bool = False,
    reason: str = "",
) -> Diagnostic:
    """Report that a signature of a file is not of its contents, or cannot be verified."""
    if not reason:
        reason = "its contents are not what was signed" if is_changed else "it cannot be verified"
    message = f"invalid {_signature_of(signer, is_secondary=is_secondary)}: {reason}"
    return _member(Code.INVALID_SIGNATURE, file, member, message, "download or build it again")


def invalid_timestamp(
    file: str, member: str, signer: str, *, is_secondary: bool = False
) -> Diagnostic:
    """Return ``invalid-signature`` of a timestamp that is not of it, or cannot be verified."""
    signature = _signature_of(signer, is_secondary=is_secondary)
    message = f"invalid timestamp of the {signature}: it is of another one, or was changed"
    return _member(Code.INVALID_SIGNATURE, file, member, message, "download or build it again")


def _signature_of(signer: str, *, is_secondary: bool) -> str:
    of_signer = f" of {signer}" if signer else ""
    return f"{'secondary ' if is_secondary else ''}signature{of_signer}"


def unexpected_signer(
    file: str, member: str, *, expected: str, found: str, is_secondary: bool = False
) -> Diagnostic:
    """Report that a file has a signature of another organization than is expected, if any is."""
    wanted = f"a signature of {expected}" if expected else "no signature"
    noun = "a secondary one" if is_secondary else "one"
    message = f"expected {wanted}, found {noun} of {found}"
    hint = "find out where it comes from; then correct the build, or [release.signers]"
    return _member(Code.UNEXPECTED_SIGNER, file, member, message, hint)


def unsigned_file(file: str, member: str, expected: str) -> Diagnostic:
    """Report that a file is not signed, unlike others of its build."""
    message = f"expected a signature of {expected}, found none"
    hint = "find out where it comes from; then sign it, or add it to 'unsigned' in [release]"
    return _member(Code.UNSIGNED_FILE, file, member, message, hint)


def untrusted_signer(
    file: str, members: Sequence[str], subject: str, *, serial: str, found: str
) -> Diagnostic:
    """Report that files were signed with a certificate that Windows does not trust, and why."""
    others = len(members) - 1
    more = f", and {others:,} more {'file' if others == 1 else 'files'}" if others else ""
    message = f"{subject}: expected a root that Windows trusts, found {found}"
    hint = "find out who signed it; name your own roots with --root"
    return _member(
        Code.UNTRUSTED_SIGNER, file, members[0], f"{message} (serial {serial}{more})", hint
    )


def no_python(file: str) -> Diagnostic:
    """Report that nothing in what was to be verified is CPython, so that nothing was verified."""
    hint = "name a layout, an installed Python, an artifact, or the SBOM of these files"
    if file.lower().endswith(".msi"):
        hint = "name the installer that this package is of, or the SBOM of these files"
    return _member(Code.NO_PYTHON, file, "", "expected a build of CPython, found none", hint)


def _member(code: Code, file: str, member: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=code, location=Location(file), subject=member, message=message, hint=hint
    )


def _mismatch(expected: str, found: str, evidence: str = "") -> str:
    return f"expected {expected}, found {found}{_quoted(evidence)}"


def _quoted(evidence: str) -> str:
    return f" ({evidence})" if evidence else ""


def unreadable_file(archive: str, member: str, message: str) -> Diagnostic:
    """Report a damaged archive, or of one ``member`` that is damaged."""
    return Diagnostic(
        code=Code.UNREADABLE_FILE,
        location=Location(archive),
        subject=member,
        message=message,
        hint="download or build it again",
    )


def unsafe_archive(archive: str, member: str, message: str) -> Diagnostic:
    """Report an archive that must not be extracted, with the member at fault."""
    return Diagnostic(
        code=Code.UNSAFE_ARCHIVE,
        location=Location(archive),
        subject=member,
        message=message,
        hint="do not publish it; build it again, and find out how this one was made",
    )


def other_python_version(file: str, recorded: str, version: str, hint: str = "") -> Diagnostic:
    """Report binaries of another CPython version than the manifest."""
    message = f"expected CPython {recorded} as recorded, found {version} in the binaries"
    hint = hint or "add --script or --cpython of that version, or use --identify"
    return Diagnostic(
        code=Code.OTHER_PYTHON_VERSION, location=Location(file), message=message, hint=hint
    )


def other_listed_version(package: str, member: str, listed: str, found: str) -> Diagnostic:
    """Report a file of an MSI whose row in the File table has another version than the file."""
    hint = "build the package again; Windows Installer replaces files by the version in this table"
    message = f"expected version {listed} as in the File table, found {found} in the file"
    return _member(Code.OTHER_LISTED_VERSION, package, member, message, hint)
