"""Artifacts of one build held against each other, and against the machine they are built for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import file_mismatch, unexpected_build
from sbom.manifest.channels import Platform
from sbom.release.contents import ArtifactContents

#: What one build makes once for all its artifacts; executables are renamed and copied about.
_SHARED = (".dll", ".pyd")
#: What CPython builds itself for exactly its platform; externals mix machines on ARM64.
_OWN = ".pyd"


def check_machine(one: ArtifactContents, platforms: Iterable[Platform]) -> Iterator[Diagnostic]:
    """Yield extension modules of an artifact that are built for another platform than its own."""
    machines = {platform.name: platform.machines for platform in platforms}
    expected = machines.get(one.build.platform, ())
    for file in one.files:
        machine = file.binary.image.machine if file.binary else ""
        own = machine and file.path.lower().endswith(_OWN)
        if own and expected and machine not in expected:
            expected_machine = f"a binary for {one.build.platform}"
            yield file_mismatch(
                one.path, file.path, expected=expected_machine, found=f"one for {machine}"
            )


def check_shared_files(described: Sequence[ArtifactContents]) -> Iterator[Diagnostic]:
    """Yield libraries that differ between two artifacts of a build, which is made once."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for one in sorted(described, key=lambda one: one.path):
        for name, sha256 in _libraries(one).items():
            path, known = first.setdefault((one.build.name, name), (one.path, sha256))
            if known != sha256:
                same = f"the same file as in {path}, of the same build"
                yield unexpected_build(one.path, name, expected=same, found="another")


def _libraries(one: ArtifactContents) -> Mapping[str, str]:
    return {
        file.path.rpartition("/")[2].lower(): file.sha256
        for file in one.files
        if file.path.lower().endswith(_SHARED)
    }
