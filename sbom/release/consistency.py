"""Artifacts of one build compared with each other, and with the machine they are built for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import file_mismatch, unexpected_build
from sbom.manifest.channels import Platform
from sbom.release.contents import ArtifactContents

#: What a build makes once for all its artifacts; executables are copied under other names.
_SHARED_SUFFIXES = (".dll", ".pyd")
#: What CPython builds for exactly its platform; DLLs of externals mix machines on ARM64.
_PLATFORM_SUFFIX = ".pyd"


def check_machine(
    contents: ArtifactContents, platforms: Iterable[Platform]
) -> Iterator[Diagnostic]:
    """Yield extension modules of an artifact that are built for another platform."""
    machines = {platform.name: platform.machines for platform in platforms}
    platform = contents.build.platform
    if not machines.get(platform):
        return
    for file in contents.files:
        machine = file.binary.headers.machine if file.binary else ""
        if not machine or not file.path.lower().endswith(_PLATFORM_SUFFIX):
            continue
        if machine not in machines[platform]:
            expected = f"a binary for {platform}"
            yield file_mismatch(
                contents.path, file.path, expected=expected, found=f"one for {machine}"
            )


def check_shared_files(artifacts: Sequence[ArtifactContents]) -> Iterator[Diagnostic]:
    """Yield libraries that differ between two artifacts of a build, which is made once."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for contents in sorted(artifacts, key=lambda contents: contents.path):
        for name, sha256 in _libraries(contents).items():
            key = contents.build.name, name
            path, expected_sha256 = first.setdefault(key, (contents.path, sha256))
            if sha256 != expected_sha256:
                expected = f"the same file as in {path}, of the same build"
                yield unexpected_build(contents.path, name, expected=expected, found="another")


def _libraries(contents: ArtifactContents) -> Mapping[str, str]:
    """Return the SHA-256 of each library by its name in lower case."""
    return {
        file.path.rpartition("/")[2].lower(): file.sha256
        for file in contents.files
        if file.path.lower().endswith(_SHARED_SUFFIXES)
    }
