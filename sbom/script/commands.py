"""The commands that fetch externals: ``git clone``, ``svn export`` and ``get_external.py``.

Their options are those of https://git-scm.com/docs/git-clone,
https://svnbook.red-bean.com/en/1.8/svn.ref.svn.c.export.html, and CPython's
PCbuild/get_external.py. A command with another option is not known: a word after it could be its
value.
"""

from __future__ import annotations

import argparse
import ntpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NoReturn

from sbom.script.externals import (
    ORGANIZATION,
    REPOSITORY_URL,
    TAG,
    ExternalKind,
    Fetch,
    FetchMethod,
)

_GITHUB = re.compile(r"https://github\.com/([^/@]+)/[^/@]+")

_GIT_FLAGS = (
    "-q --quiet", "-v --verbose", "--progress", "-n --no-checkout", "-l --local",
    "--no-hardlinks", "--single-branch", "--no-single-branch", "--no-tags", "--sparse",
    "--recurse-submodules", "--shallow-submodules", "--dissociate",
)  # fmt: skip
_GIT_VALUED = (
    "-b --branch", "--depth", "-o --origin", "-c --config", "-j --jobs", "--reference",
    "--template", "--filter", "--shallow-since", "--separate-git-dir",
)  # fmt: skip
_SVN_FLAGS = (
    "-q --quiet", "--force", "--non-interactive", "--no-auth-cache", "--trust-server-cert",
    "--ignore-externals", "--ignore-keywords",
)  # fmt: skip
_SVN_VALUED = (
    "--username", "--password", "--depth", "--native-eol", "--config-dir", "--config-option",
)  # fmt: skip
#: ``--release`` from 3.15 on.
_PYTHON_FLAGS = ("-v --verbose", "-b --binary", "-r --release")
_PYTHON_VALUED = ("-O --organization", "-e --externals-dir", "-z --zip-dir")


class _UsageError(ValueError):
    """A command that its program would reject, or that is not known here."""


class _Parser(argparse.ArgumentParser):
    """Parses as the program does: prefixes of long options, values joined to their options."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def _make_parser(flags: Iterable[str], valued: Iterable[str], operands: Sequence[str]) -> _Parser:
    """Return a parser of options and operands; those that end in ``?`` may be absent."""
    parser = _Parser(add_help=False)
    for names in flags:
        parser.add_argument(*names.split(), action="store_true")
    for names in valued:
        parser.add_argument(*names.split(), default="")
    for operand in operands:
        is_optional = operand.endswith("?")
        parser.add_argument(operand.rstrip("?"), nargs="?" if is_optional else None, default="")
    return parser


_GIT = _make_parser(_GIT_FLAGS, _GIT_VALUED, ["url", "directory?"])
_SVN = _make_parser(_SVN_FLAGS, _SVN_VALUED, ["url", "directory?"])
_PYTHON = _make_parser(_PYTHON_FLAGS, _PYTHON_VALUED, ["tag"])


def parse_fetch(program: str, words: Sequence[str]) -> tuple[Fetch, str] | None:
    """Return what a command fetches and the directory it fills, or None for any other command.

    ``program`` is its name without a suffix, in lower case; ``words`` start with it. None too for
    one that its program would reject, and for an external that no document could name.
    """
    return _parse_cached(program, tuple(words))


@lru_cache(maxsize=4096)  # finding the conditions of a script runs it some hundred times
def _parse_cached(program: str, words: tuple[str, ...]) -> tuple[Fetch, str] | None:
    try:
        found = _parse(program, words)
    except _UsageError:
        return None
    return found if found and _is_expressible(found[0]) else None


def _parse(program: str, words: Sequence[str]) -> tuple[Fetch, str] | None:
    if program == "git" and "clone" in words[:3]:
        return _parse_git_clone(words[words.index("clone") + 1 :])
    if program == "svn" and words[1:2] in (("export",), ("checkout",), ("co",)):
        return _parse_svn_export(words[2:])
    script = [n for n, word in enumerate(words) if word.lower().endswith("get_external.py")]
    return _parse_get_external(words[script[0] + 1 :]) if script else None


def _is_expressible(fetch: Fetch) -> bool:
    if fetch.method in (FetchMethod.GIT, FetchMethod.SVN):
        is_known = re.fullmatch(REPOSITORY_URL, fetch.repository)
    else:
        is_known = re.fullmatch(ORGANIZATION, fetch.organization)
    return bool(is_known and re.fullmatch(TAG, fetch.tag))


def _parse_git_clone(words: Sequence[str]) -> tuple[Fetch, str]:
    options = _GIT.parse_intermixed_args(words)
    url = _clean_url(options.url)
    name = url.rpartition("/")[2].removesuffix(".git")
    kind = ExternalKind.BINARY if name.endswith("-bin-deps") else ExternalKind.SOURCE
    tag = options.branch
    directory = options.directory or name
    if tag and (match := _GITHUB.fullmatch(url)):
        # The archive of the tag has the files of a clone of it.
        return Fetch(kind, tag, name, match[1]), directory
    # Without a branch, each external has a repository, whose name is the tag.
    return Fetch(kind, tag or name, url, method=FetchMethod.GIT), directory


def _clean_url(url: str) -> str:
    """Return the address of a repository as a URL without a password.

    https://git-scm.com/docs/git-clone: ``git@host:path`` is ssh, whose user is part of the
    address. What is before the ``@`` of another protocol may be a password.
    """
    url = url.rstrip("/")
    if "://" not in url:
        match = re.fullmatch(r"((?:[^/@:]+@)?[^/:]{2,}):/*(.+)", url)
        return f"ssh://{match[1]}/{match[2]}" if match else url
    protocol, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    user, at, host = place.rpartition("@")
    if protocol.lower().endswith("ssh"):
        host = f"{user.partition(':')[0]}{at}{host}"
    return f"{protocol.lower()}://{host}{slash}{path}"


def _parse_svn_export(words: Sequence[str]) -> tuple[Fetch, str]:
    options = _SVN.parse_intermixed_args(words)
    repository, _, tag = _clean_url(options.url).rpartition("/")
    fetch = Fetch(ExternalKind.SOURCE, tag, repository, method=FetchMethod.SVN)
    return fetch, options.directory or tag


def _parse_get_external(words: Sequence[str]) -> tuple[Fetch, str]:
    options = _PYTHON.parse_intermixed_args(words)
    # --release takes a prebuilt archive from the releases of the same repository.
    is_binary = options.binary or options.release
    # Without -e, get_external.py fills the directory "externals" beside PCbuild.
    parent = options.externals_dir or "C:\\cpython\\externals"
    repository = "cpython-bin-deps" if is_binary else "cpython-source-deps"
    kind = ExternalKind.BINARY if is_binary else ExternalKind.SOURCE
    method = FetchMethod.RELEASE if options.release else FetchMethod.ARCHIVE
    organization = options.organization or "python"
    fetch = Fetch(kind, options.tag, repository, organization, method)
    return fetch, ntpath.join(parent, options.tag)
