"""An external: its kind and tag, where it is fetched from, and under which condition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sbom.diagnostics import Diagnostic

#: Regular expressions of what can be fetched and named in a document, in ASCII: a tag, a GitHub
#: organization, and a repository as SPDX 2.3, clause 7.7, wants it: an absolute URL.
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
ORGANIZATION = "[A-Za-z0-9][A-Za-z0-9-]*"
REPOSITORY_URL = r"(?:git|https?|ssh|svn(?:\+ssh)?)://[A-Za-z0-9_.:@-]+(?:/[A-Za-z0-9_.~+%:@-]+)*"

#: After the name of a variable: any value.
ANY_VALUE = "*"
#: Between the name of a variable and the equals sign: any value but this.
_EXCEPT = "!"


class ExternalKind(StrEnum):
    """Where an external comes from: compiled into Python, or prebuilt and shipped as it is."""

    SOURCE = "source"
    BINARY = "binary"


class FetchMethod(StrEnum):
    """How an external is fetched.

    ``archive`` is GitHub's archive of the tag, which has the files of a clone of it too;
    ``release`` is an asset of the tag's GitHub release.
    """

    ARCHIVE = "archive"
    RELEASE = "release"
    GIT = "git"
    SVN = "svn"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One external that a run of the script fetches.

    ``repository`` is the name below ``organization`` (``cpython-source-deps``); for ``git`` it is
    the address that is cloned, for ``svn`` the address that the tag is appended to.
    """

    kind: ExternalKind
    tag: str
    repository: str
    organization: str = ""
    method: FetchMethod = FetchMethod.ARCHIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Whether an external is fetched by default, and what changes that.

    ``enabled_by`` and ``disabled_by`` are sets of settings: each inner tuple changes the default by
    itself, all of its settings together. A setting is a flag (``--openssl-src``) or a variable with
    its value (``IncludeSSL=false``, ``IncludeSSL=*`` for any, or ``IncludeSSL!=false`` for any but
    one). An external that is fetched by default has no ``enabled_by``, any other no
    ``disabled_by``.
    """

    default: bool = True
    enabled_by: tuple[tuple[str, ...], ...] = ()
    disabled_by: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        """Return the condition in words: ``always``, ``unless --no-openssl``."""
        sets = self.disabled_by if self.default else self.enabled_by
        if not sets:
            return "always" if self.default else "never"
        words = "unless" if self.default else "only with"
        return f"{words} {' or '.join(' and '.join(_in_words(each)) for each in sets)}"


#: The condition of an external that no setting leaves out.
ALWAYS = Condition()


def _in_words(settings: Iterable[str]) -> Iterator[str]:
    excluded: dict[str, list[str]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if equals and name.endswith(_EXCEPT):
            excluded.setdefault(name.removesuffix(_EXCEPT), []).append(value)
        else:
            yield f"{name} set" if equals and value == ANY_VALUE else setting
    for name, values in excluded.items():
        yield f"{name} set to another value than {' or '.join(values)}"


@dataclass(frozen=True, slots=True)
class ScriptExternal:
    """An external that the script can fetch, and its condition.

    ``shadowed`` is set where another external of the same tag, fetched first, takes its
    directory; ``is_decided`` is not where the condition holds for some values only.
    """

    kind: ExternalKind
    tag: str
    repository: str
    condition: Condition = ALWAYS
    shadowed: bool = False
    is_decided: bool = True
    organization: str = ""
    method: FetchMethod = FetchMethod.ARCHIVE

    @property
    def name(self) -> str:
        """Return the name it has in the manifest; a bare version is its own name."""
        return split_tag(self.tag)[0] or self.tag


@dataclass(frozen=True, slots=True)
class ScriptAnalysis:
    """Everything a script can fetch, in the order it would, and what is wrong with it."""

    externals: tuple[ScriptExternal, ...]
    diagnostics: tuple[Diagnostic, ...]


def split_tag(tag: str) -> tuple[str, str]:
    """Return name and revision of a tag: what comes before and after the first ``-<digit>``.

    ``openssl-bin-1.1.1k-1`` is ``openssl-bin`` and ``1.1.1k-1``; the revision of an
    unversioned tag (``libffi``, a branch) is empty; that of a bare one (``8.6.14.0``) is all.
    """
    match = re.fullmatch(r"(?:(.*?)-)?(\d.*)", tag)
    return (match[1] or "", match[2]) if match else (tag, "")
