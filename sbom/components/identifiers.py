"""What scanners know a component by: package URLs and CPE names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from packageurl import PackageURL

from sbom.manifest.component_spec import UNKNOWN_LOCATION

#: A pre-release, and the words that NVD's dictionary has for its kind.
_PRE_RELEASE = re.compile(r"(\d+(?:\.\d+)*)-?(rc|a|b|alpha|beta)(\d+)")
_NVD_WORDS = {"a": "alpha", "b": "beta"}
_VCS = re.compile(r"(git|hg|svn|bzr)\+")


# Each build has the same components again, and parsing package URLs is slow.
@lru_cache(maxsize=4096)
def make_purl(base: str, version: str, location: str, sha256: str) -> str:
    """Return the package URL of a version: a ``base`` without one, completed.

    A generic one also has the address of its source, and the SHA-256 of that.
    """
    if not base:
        return ""
    parsed = PackageURL.from_string(base)
    qualifiers = {}
    if parsed.type == "generic" and location not in ("", UNKNOWN_LOCATION):
        # https://github.com/package-url/purl-spec: vcs_url is for git+https://… and the like.
        qualifiers["vcs_url" if _VCS.match(location) else "download_url"] = location
        if sha256:
            qualifiers["checksum"] = f"sha256:{sha256}"
    return PackageURL(
        parsed.type, parsed.namespace, parsed.name, version or None, qualifiers, parsed.subpath
    ).to_string()


def make_cpes(products: Sequence[str], version: str) -> tuple[str, ...]:
    """Return CPE 2.3 names for ``vendor:product`` pairs; none if the version is not known.

    A pre-release is in the update field, as in NVD's ``python:python:3.15.0:rc1``.
    """
    if not version:
        return ()
    update = "*"
    if match := _PRE_RELEASE.fullmatch(version):
        version = match[1]
        update = _NVD_WORDS.get(match[2], match[2]) + match[3]
    return tuple(
        ":".join(["cpe", "2.3", "a", *map(_quote, product.split(":")), _quote(version), update])
        + ":*" * 6
        for product in products
    )


def _quote(text: str) -> str:
    """Return a value in the formatted-string binding of NISTIR 7695, clause 6.2."""
    return re.sub(r"[^\w.\-]", r"\\\g<0>", text.lower())
