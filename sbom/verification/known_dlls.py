"""DLLs of binary externals by their digests: some show no version in any other way."""

from __future__ import annotations

from collections.abc import Iterable

from sbom.components.versions import shipped_version
from sbom.manifest.external_key import key_of_tag
from sbom.manifest.model import Manifest
from sbom.script.externals import ExternalKind, split_tag


class KnownDlls:
    """Looks up the recorded DLLs of binary externals, by digest and by name.

    A digest is the Authenticode SHA-256, which signing does not change, or the SHA-1 by which
    git names the file.
    """

    def __init__(self, manifest: Manifest) -> None:
        """Take the digests that are recorded for the manifest's tags, and its components."""
        self._manifest = manifest
        self._tags: dict[str, set[str]] = {}
        self._digests: dict[tuple[str, str], set[str]] = {}
        for tag, files in manifest.dll_digests.items():
            for path, digest in files.items():
                self._tags.setdefault(digest, set()).add(tag)
                self._digests.setdefault((tag, _filename(path)), set()).add(digest)

    def find_tags(self, digests: Iterable[str]) -> tuple[str, ...]:
        """Return the tags that contain a DLL with one of these digests, sorted."""
        return tuple(sorted({tag for one in digests for tag in self._tags.get(one, ())}))

    def get_digests(self, tag: str, path: str) -> frozenset[str]:
        """Return the digests of the DLLs that a tag has under the filename of a path."""
        return frozenset(self._digests.get((tag, _filename(path)), ()))

    def get_version(self, component: str, tag: str) -> str:
        """Return the version of a component in a tag of a binary external; empty if unknown."""
        key, revision = key_of_tag(ExternalKind.BINARY, tag), split_tag(tag)[1]
        spec = self._manifest.get_component(component)
        return shipped_version(spec, key, revision, self._manifest.cpython.line).version


def _filename(path: str) -> str:
    return path.rpartition("/")[2].lower()
