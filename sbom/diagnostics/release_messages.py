"""The diagnostics of a release, and of SBOM documents."""

from __future__ import annotations

from sbom.diagnostics.diagnostic import Code, Diagnostic, Location
from sbom.diagnostics.io_messages import invalid_usage, one_line

_PUBLISH_AGAIN = (
    "run 'nox -s release-sbom -- --artifacts DIR', and publish everything that it writes"
)


def unknown_artifact(path: str, line: str, *, is_known_elsewhere: bool) -> Diagnostic:
    """Report a file in the directory of a release that no channel publishes.

    One that ``is_known_elsewhere`` has a name that a channel uses on other lines than ``line``.
    """
    publisher = f"of CPython {line} publishes" if is_known_elsewhere else "publishes"
    return Diagnostic(
        code=Code.UNKNOWN_ARTIFACT,
        location=Location(path),
        message=f"unknown artifact: no channel {publisher} a file of this name",
        hint="add a [channel.<name>], widen its 'lines', or list the file in 'ignore' of [release]",
    )


def missing_artifact(file: str, channel: str) -> Diagnostic:
    """Report an artifact that a channel publishes and the directory lacks."""
    return Diagnostic(
        code=Code.MISSING_ARTIFACT,
        location=Location(file),
        message=f"missing artifact: channel {channel} publishes it",
        hint="add it to the directory, or use --partial to describe only some artifacts",
    )


def no_artifacts(directory: str, version: str) -> Diagnostic:
    """Report a directory that contains nothing of the release of a CPython version."""
    return Diagnostic(
        code=Code.NO_ARTIFACTS,
        location=Location(directory),
        message=f"contains no artifact of CPython {version}",
        hint="name the directory of the artifacts, or the manifest of their release by --manifest",
    )


def artifact_of_other_version(path: str, version: str, expected: str) -> Diagnostic:
    """Report an artifact of another CPython version."""
    return Diagnostic(
        code=Code.VERSION_CONFLICT,
        location=Location(path),
        message=f"expected an artifact of CPython {expected}, found one of {version}",
        hint="use one directory per release, or name the manifest of that release by --manifest",
    )


def duplicate_artifact(path: str, first: str) -> Diagnostic:
    """Report a second artifact of one name."""
    return Diagnostic(
        code=Code.DUPLICATE_ARTIFACT,
        location=Location(path),
        message=f"second artifact of this name: the first is {first}",
        hint="keep one of them: their SBOMs would have one name",
    )


def output_exists(path: str) -> Diagnostic:
    """Report a different file in the place of a document."""
    return Diagnostic(
        code=Code.OUTPUT_EXISTS,
        location=Location(path),
        message="already exists, written by another release run",
        hint="remove it, or use --replace to overwrite it",
    )


def conflicting_component(component: str, first: str, second: str) -> Diagnostic:
    """Report a component that two builds describe differently.

    ``first`` and ``second`` are names of builds.
    """
    return Diagnostic(
        code=Code.INCONSISTENT_RELEASE,
        location=Location(second),
        subject=component,
        message=f"differs from component {component} of build {first}",
        hint="build all platforms from one externals.toml and the same externals",
    )


def rejected_part(part: str, message: str, *, subject: str = "", hint: str = "") -> Diagnostic:
    """Report a document of ``build`` that cannot be part of a release."""
    return Diagnostic(
        code=Code.REJECTED_PART,
        location=Location(part),
        subject=subject,
        message=one_line(message),
        hint=hint or "correct what is wrong with the build, and run build again",
    )


def not_attested(path: str, basis: str) -> Diagnostic:
    """Report an artifact that no attestation is written about.

    ``basis`` is the sentence on what its description rests on.
    """
    return Diagnostic(
        code=Code.NOT_ATTESTED,
        location=Location(path),
        message=f"no attestation: the artifact was not opened. {basis}",
        hint="add the packages that it downloads to the directory",
    )


def inconsistent_release(
    file: str, message: str, *, subject: str = "", line: int = 0
) -> Diagnostic:
    """Report a published file that contradicts the others."""
    return Diagnostic(
        code=Code.INCONSISTENT_RELEASE,
        location=Location(file, line),
        subject=subject,
        message=message,
        hint=_PUBLISH_AGAIN,
    )


def missing_from_release(file: str, named_by: str = "") -> Diagnostic:
    """Report a file that was not published with the others."""
    message = f"is missing, but {named_by}" if named_by else "is missing"
    return inconsistent_release(file, message)


def unknown_license(document: str, component: str, name: str) -> Diagnostic:
    """Report a license that is not in the SPDX list and has no text."""
    return Diagnostic(
        code=Code.INVALID_DOCUMENT,
        location=Location(document),
        subject=component,
        message=f"unknown license '{name}'",
        hint="use ids of the SPDX license list, or add the text as [license-text.LicenseRef-…]",
    )


def invalid_document(
    file: str, element: str, message: str, hint: str, *, validator: str = ""
) -> Diagnostic:
    """Report a rule that a document violates.

    ``element`` is an SPDX id, or a JSON pointer where only the JSON is at fault; empty for the
    whole document. ``validator`` names an outside validator that reports it.
    """
    text = f"{validator}: {message}" if validator else message
    return Diagnostic(
        code=Code.INVALID_DOCUMENT,
        location=Location(file),
        subject=one_line(element),
        message=one_line(text),
        hint=hint,
    )


def missing_validator(package: str) -> Diagnostic:
    """Report an outside validator that is not installed."""
    message = "is not installed, so documents cannot be validated"
    return invalid_usage(
        package, message, "run: python -m pip install --group validation (pip 25.1 or newer)"
    )
