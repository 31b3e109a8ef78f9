"""Artifacts of one build held against each other, and against the machine they are built for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sbom.diagnostics import Code, Diagnostic
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
            yield Diagnostic(
                code=Code.FILE_MISMATCH,
                file=one.path,
                subject=file.path,
                message=f"is built for {machine}, and the artifact for {one.build.platform}",
                hint="find out which artifact this is, and put it under its own name",
            )


def check_shared_files(described: Sequence[ArtifactContents]) -> Iterator[Diagnostic]:
    """Yield libraries that differ between two artifacts of a build, which is made once."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for one in sorted(described, key=lambda one: one.path):
        for name, sha256 in _libraries(one).items():
            path, known = first.setdefault((one.build.name, name), (one.path, sha256))
            if known != sha256:
                yield Diagnostic(
                    code=Code.UNEXPECTED_BUILD,
                    file=one.path,
                    subject=name,
                    message=f"is another file than in {path}, which is of the same build",
                    hint="find out which of them was built by whom",
                )


def _libraries(one: ArtifactContents) -> Mapping[str, str]:
    return {
        file.path.rpartition("/")[2].lower(): file.sha256
        for file in one.files
        if file.path.lower().endswith(_SHARED)
    }
