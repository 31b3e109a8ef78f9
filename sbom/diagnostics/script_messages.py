"""Diagnostics of a script (SBM1xx), and of a script and a manifest that disagree (SBM4xx)."""

from __future__ import annotations

from collections.abc import Sequence

from sbom.diagnostics.diagnostic import Code, Diagnostic, Location

#: Changed files that a message names; the others are counted.
_NAMED_FILES = 5

# The script.


def batch_syntax(file: str, line: int, message: str, hint: str = "") -> Diagnostic:
    """Report a line that cmd rejects as well."""
    return Diagnostic(
        code=Code.BATCH_SYNTAX,
        location=Location(file, line),
        message=message,
        hint=hint or "fix the line; cmd stops here as well",
    )


def batch_limit(file: str, line: int, message: str, hint: str) -> Diagnostic:
    """Report a script that is larger, deeper or slower than any real one."""
    return Diagnostic(
        code=Code.BATCH_LIMIT, location=Location(file, line), message=message, hint=hint
    )


def unsupported_command(file: str, line: int, message: str, hint: str = "") -> Diagnostic:
    """Report a command or value whose effect cannot be determined.

    ``hint`` says what is possible instead.
    """
    return Diagnostic(
        code=Code.UNSUPPORTED_COMMAND,
        location=Location(file, line),
        message=message,
        hint=hint or "rewrite the line; until then, what the script fetches cannot be determined",
    )


def conflict_marker(file: str, line: int, marker: str) -> Diagnostic:
    """Report a line that a merge left behind."""
    return Diagnostic(
        code=Code.CONFLICT_MARKER,
        location=Location(file, line),
        message=f"unresolved merge conflict: {marker}",
        hint="resolve the conflict",
    )


def unknown_release(file: str, version: str) -> Diagnostic:
    """Report a script of no known release that binaries are compared with.

    ``version`` is the CPython version that the binaries show; empty if they show none.
    """
    found = f", {version}," if version else ""
    return Diagnostic(
        code=Code.UNKNOWN_RELEASE,
        location=Location(file),
        message="the release of this script is not known, so the version of CPython in the "
        f"binaries{found} is compared with nothing",
        hint="name its source tree with --cpython",
    )


def unreachable_tag(file: str, line: int, tag: str) -> Diagnostic:
    """Report text that looks like a tag and that no run fetches."""
    return Diagnostic(
        code=Code.UNREACHABLE_TAG,
        location=Location(file, line),
        subject=tag,
        message="looks like a tag, but no flag or variable that was tried fetches it",
        hint="remove the tag, or turn its line into a comment with rem",
    )


def unlisted_command(file: str, line: int, command: str) -> Diagnostic:
    """Report a command that could fetch, and that no listed external is of."""
    return Diagnostic(
        code=Code.UNLISTED_COMMAND,
        location=Location(file, line),
        subject=command,
        message="cannot determine when this command runs, or what it fetches",
        hint="let flags and variables alone decide whether it runs, or remove it",
    )


def undecided_condition(file: str, tag: str) -> Diagnostic:
    """Report an external whose condition no values of variables express."""
    return Diagnostic(
        code=Code.UNDECIDED_CONDITION,
        location=Location(file),
        subject=tag,
        message="cannot determine with which values, or with which programs, it is fetched",
        hint="compare the variable with == or defined, and let no program decide",
    )


def duplicate_name(file: str, key: str, tags: Sequence[str]) -> Diagnostic:
    """Report tags that would have the same table, ``key``, in the manifest."""
    return Diagnostic(
        code=Code.DUPLICATE_NAME,
        location=Location(file),
        subject=key,
        message=f"expected one tag of this name, found {' and '.join(tags)}",
        hint="remove one of them from the script; the manifest has one table for each name",
    )


def no_externals(file: str) -> Diagnostic:
    """Report a script that fetches nothing under any setting."""
    return Diagnostic(
        code=Code.NO_EXTERNALS,
        location=Location(file),
        message="fetches nothing with any flags",
        hint="name a complete get_externals.bat",
    )


def stray_parenthesis(file: str, line: int) -> Diagnostic:
    """Report a line that starts with a closing parenthesis of no block."""
    return Diagnostic(
        code=Code.STRAY_PARENTHESIS,
        location=Location(file, line),
        message="unmatched ')': cmd ignores the line",
        hint="remove the parenthesis, or add the one that opens the block",
    )


# A script and a manifest that disagree. ``file`` and ``key`` are of the manifest, ``command`` is
# what makes them agree.


def not_in_manifest(file: str, key: str, tag: str, command: str) -> Diagnostic:
    """Report an external that the manifest does not have."""
    message = f"the script fetches {tag}, which the manifest does not have"
    return _disagreement(Code.NOT_IN_MANIFEST, file, key, message, command)


def not_in_script(file: str, key: str, tag: str, command: str) -> Diagnostic:
    """Report an external that the script does not fetch any more."""
    message = f"the script no longer fetches {tag}"
    return _disagreement(Code.NOT_IN_SCRIPT, file, key, message, command)


def tag_changed(file: str, key: str, recorded: str, tag: str, command: str) -> Diagnostic:
    """Report an external of which the script fetches another tag."""
    message = f"expected {recorded} as recorded, found {tag} in the script"
    return _disagreement(Code.TAG_CHANGED, file, key, message, command)


def condition_changed(
    file: str, key: str, recorded: str, condition: str, command: str
) -> Diagnostic:
    """Report an external that other flags or variables decide on."""
    message = f"expected it to be fetched {recorded} as recorded, found {condition} in the script"
    return _disagreement(Code.CONDITION_CHANGED, file, key, message, command)


def repository_changed(
    file: str, key: str, recorded: str, repository: str, command: str
) -> Diagnostic:
    """Report an external that is fetched from another repository."""
    message = f"expected it from {recorded} as recorded, found {repository} in the script"
    return _disagreement(Code.REPOSITORY_CHANGED, file, key, message, command)


def script_changed(file: str, command: str) -> Diagnostic:
    """Report a script of another text that fetches the same."""
    message = "the text of the script has changed, but not what it fetches"
    return _disagreement(Code.SCRIPT_CHANGED, file, "cpython.script-sha256", message, command)


def version_changed(file: str, recorded: str, version: str, command: str) -> Diagnostic:
    """Report a source tree of another CPython version."""
    message = f"expected CPython {recorded} as recorded, found {version} in the source tree"
    return _disagreement(Code.VERSION_CHANGED, file, "cpython.version", message, command)


def _disagreement(code: Code, file: str, key: str, message: str, command: str) -> Diagnostic:
    return Diagnostic(
        code=code, location=Location(file), subject=key, message=message, hint=f"run: {command}"
    )


def archive_of_another_tag(file: str, subject: str, url: str, tag: str) -> Diagnostic:
    """Report that the archive of a tag has the commit and the files of another tag."""
    return Diagnostic(
        code=Code.ARCHIVE_OF_ANOTHER_TAG,
        location=Location(file),
        subject=subject,
        message=f"{url} has the commit and the files of {tag}",
        hint="find out why; until the server has the archive of the tag itself, do not bump it",
    )


def tag_moved(
    file: str, subject: str, url: str, digests: tuple[str, str], changed: Sequence[str] = ()
) -> Diagnostic:
    """Report that the archive of a tag has other contents than were recorded.

    ``digests`` are the SHA-256 that was expected and the one that was found; ``changed`` are the
    paths that differ, where the old archive is still in the cache.
    """
    expected, found = digests
    named = ", ".join(repr(path)[1:-1] for path in changed[:_NAMED_FILES])
    more = f" and {len(changed) - _NAMED_FILES} more" if len(changed) > _NAMED_FILES else ""
    files = f"; changed files: {named}{more}" if changed else ""
    return Diagnostic(
        code=Code.TAG_MOVED,
        location=Location(file),
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url}{files}",
        hint="find out why the tag was moved; to accept it, empty its sha256 and run regen",
    )


def archive_repacked(file: str, subject: str, url: str, digests: tuple[str, str]) -> Diagnostic:
    """Report that an archive has other bytes than were recorded, but the same contents."""
    expected, found = digests
    return Diagnostic(
        code=Code.ARCHIVE_REPACKED,
        location=Location(file),
        subject=subject,
        message=f"expected SHA-256 {expected}, found {found} at {url} with the same contents",
        hint="commit the new checksum that regen has recorded",
    )
