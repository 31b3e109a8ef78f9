"""Diagnostics of an externals directory (SBM5xx)."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.model import Code, Diagnostic


def unexpected_external(directory: str, name: str, known_tags: Sequence[str]) -> Diagnostic:
    """SBM501: a directory is not named after an external of the manifest.

    ``known_tags`` are those of externals with the same name.
    """
    instead = f": expected {' or '.join(known_tags)}" if known_tags else ""
    return Diagnostic(
        code=Code.UNEXPECTED_EXTERNAL,
        file=f"{directory}/{name}",
        message=f"is not an external of externals.toml{instead}",
        hint="remove it if nothing uses it, or run regen with the script that fetches it",
    )


def modified_external(directory: str, tag: str, difference: str) -> Diagnostic:
    """SBM502: the files of an external differ from those of its archive."""
    return Diagnostic(
        code=Code.MODIFIED_EXTERNAL,
        file=f"{directory}/{tag}",
        message=f"differs from the archive of {tag}: {difference}",
        hint="fetch it again, or find out why it differs",
    )


def ambiguous_external(directory: str, tag: str) -> Diagnostic:
    """SBM503: a directory can be the source or the binary of its tag."""
    return Diagnostic(
        code=Code.AMBIGUOUS_EXTERNAL,
        file=f"{directory}/{tag}",
        message="could be the source or the binary of this tag, and matches neither",
        hint="run 'nox -s regen', which downloads the archives to compare it with",
    )


def missing_external(directory: str, key: str, tag: str, condition: str) -> Diagnostic:
    """SBM504: the directory does not contain an external that the script fetches."""
    return Diagnostic(
        code=Code.MISSING_EXTERNAL,
        file=directory,
        subject=key,
        message=f"does not contain {tag} (fetched {condition})",
        hint="run get_externals.bat again",
    )
