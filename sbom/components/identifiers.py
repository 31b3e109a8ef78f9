"""What scanners know a component by: package URLs and CPE names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from packageurl import PackageURL

#: What comes before a release, in the long words NVD's dictionary uses for CPython.
_EARLY = re.compile(r"(\d+(?:\.\d+)*)-?(rc|a|b|alpha|beta)(\d+)")
_EARLY_WORDS = {"a": "alpha", "b": "beta"}
_VCS = re.compile(r"(git|hg|svn|bzr)\+")


def purl_of(base: str, version: str, location: str, sha256: str) -> str:
    """Return the one package URL: upstream's version, and where and what was downloaded."""
    if not base:
        return ""
    parsed = PackageURL.from_string(base)
    qualifiers = {}
    if parsed.type == "generic" and location not in ("", "NOASSERTION"):
        # https://github.com/package-url/purl-spec: vcs_url is for git+https://… and the like.
        qualifiers["vcs_url" if _VCS.match(location) else "download_url"] = location
        if sha256:
            qualifiers["checksum"] = f"sha256:{sha256}"
    return PackageURL(
        parsed.type, parsed.namespace, parsed.name, version or None, qualifiers
    ).to_string()


def cpes(products: Sequence[str], version: str) -> tuple[str, ...]:
    """Return CPE 2.3 names for ``vendor:product`` pairs; none where the version is not known.

    A pre-release goes into the update field, as in NVD's ``python:python:3.15.0:rc1``.
    """
    if not version:
        return ()
    early = _EARLY.fullmatch(version)
    update = "*"
    if early:
        version = early[1]
        update = _EARLY_WORDS.get(early[2], early[2]) + early[3]
    return tuple(
        ":".join(["cpe", "2.3", "a", *map(_quoted, product.split(":")), _quoted(version), update])
        + ":*" * 6
        for product in products
    )


def _quoted(text: str) -> str:
    """Return a value in the formatted-string binding of NISTIR 7695, clause 6.2."""
    return re.sub(r"[^\w.\-]", r"\\\g<0>", text.lower())
