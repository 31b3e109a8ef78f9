"""Files of a git repository as they were at a revision: the only place that runs git."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from sbom.diagnostics import InputError
from sbom.diagnostics.io_messages import input_error, usage_error


def read_revision(path: Path, revision: str) -> bytes:
    """Return the contents that a file had at a revision.

    Raises InputError without git, outside of a repository, for a revision that is not there, and
    for one that does not have the file.
    """
    directory = path.resolve().parent
    _require_repository(path, directory)
    commit = _resolve(directory, revision)
    found = _run(directory, "show", f"{commit}:./{path.name}")
    if found.returncode:
        message = f"is not in revision {revision}: {_reason(found)}"
        hint = "name a revision that has it, or another manifest with --manifest FILE"
        raise InputError([input_error(str(path), message, hint)])
    return found.stdout


def find_merge_base(path: Path, first: str, other: str) -> str:
    """Return the commit that two revisions have in common. Raises InputError."""
    directory = path.resolve().parent
    _require_repository(path, directory)
    found = _run(directory, "merge-base", _resolve(directory, first), _resolve(directory, other))
    if found.returncode:
        message = "have no commit in common in this repository"
        hint = "fetch more of its history: git fetch --unshallow"
        raise usage_error(f"--git {first}...{other}", message, hint)
    return found.stdout.decode().strip()


def _require_repository(path: Path, directory: Path) -> None:
    found = _run(directory, "rev-parse", "--is-inside-work-tree")
    if found.returncode:
        message = f"is not in a git repository: {_reason(found)}"
        hint = "run it in a clone, or compare two files: diff OLD NEW"
        raise InputError([input_error(str(path), message, hint)])


def _resolve(directory: Path, revision: str) -> str:
    """Return the commit of a revision, which is never taken for an option of git."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _run(directory, *words)
    if found.returncode or not revision:
        hint = "name a branch, a tag or a commit that 'git log' shows; git fetch gets others"
        raise usage_error(f"--git {revision}", "is not a revision of this repository", hint)
    # --end-of-options is printed, too, by git before 2.30.
    return found.stdout.decode().split()[-1]


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a list of words, and no shell
            ["git", "-C", str(directory), *words],  # noqa: S607 - the git of the user's PATH
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        hint = "install git, or compare two files: diff OLD NEW"
        raise usage_error("--git", "needs git, which is not installed", hint) from None
    except (OSError, ValueError) as error:
        raise usage_error("--git", f"git cannot be run: {error}", "check the revision") from error


def _reason(found: subprocess.CompletedProcess[bytes]) -> str:
    """Return the first line of what git says, without its label."""
    lines: Sequence[str] = found.stderr.decode("utf-8", "replace").splitlines()
    return next(iter(lines), "").removeprefix("fatal: ") or f"git exits with {found.returncode}"
