"""What one artifact contains: its components, its files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sbom.bom.ownership import ExpectedContents, FileOwnership, Inventory
from sbom.components.build import Build
from sbom.components.model import Component, Linkage
from sbom.diagnostics import Code, Diagnostic
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import Artifact


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactContents:
    """An artifact and what it contains, as its release describes it.

    ``file`` is the artifact itself, ``path`` where it is in the directory of the release,
    ``build`` what it was made from. One that was opened has its members in ``files``, the
    component each belongs to in ``ownership``, and in ``components`` what is in it, links naming
    the files that are there. Of one that was not opened, ``components`` are those that come with
    its channel alone: all else is in the BOM of its build. ``containers`` name artifacts that
    contain this one; one that ``is_standalone`` is in the directory by itself too.
    """

    artifact: Artifact
    path: str
    file: ShippedFile
    build: Build
    is_opened: bool
    components: tuple[Component, ...] = ()
    files: tuple[ShippedFile, ...] = ()
    ownership: tuple[FileOwnership, ...] = ()
    containers: tuple[str, ...] = ()
    is_standalone: bool = True

    @property
    def checksums(self) -> tuple[tuple[str, str], ...]:
        """Return SPDX's names of algorithms with lower-case hexadecimal digits."""
        return ("SHA256", self.file.sha256), ("SHA512", self.file.sha512)


def present_components(holdings: Inventory, expectation: ExpectedContents) -> tuple[Component, ...]:
    """Return the components that are there, and those that only the build needs."""
    return tuple(
        replace(one, links=tuple(_reduced(one.links, holdings.present.get(one.id, ()))))
        for one in expectation.components
        if one.id in holdings.present or any(link.kind == "build-tool" for link in one.links)
    )


def _reduced(links: Sequence[Linkage], names: Sequence[str]) -> Iterator[Linkage]:
    for link in links:
        if link.kind == "build-tool":
            yield link
        files = tuple(name for name in (*link.files, *link.extras) if name in names)
        if files:
            yield replace(link, files=files, extras=())


def ownership_diagnostics(
    holdings: Inventory, expectation: ExpectedContents, place: str
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the files of a place, each with the file's name."""
    called = {one.id: f"{one.name} {one.version}".rstrip() for one in expectation.components}
    for id_, name in holdings.missing:
        yield Diagnostic(
            code=Code.MISSING_FILE,
            file=place,
            subject=name,
            message=f"is not there, and {called[id_]} ships as or in it",
            hint="mend the artifact, or what externals.toml says of it",
        )
    for path in holdings.left_in:
        owners = [called[tie.component] for tie in holdings.ties if tie.path == path]
        of = f"; it is of {', '.join(owners)}" if owners else ""
        yield Diagnostic(
            code=Code.EXCLUDED_COMPONENT if owners else Code.EXCLUDED_FILE,
            file=place,
            subject=path,
            message=f"is there, and its channel leaves it out{of}",
            hint="mend what selects the files of this channel, or acknowledge it",
        )
    for path in holdings.strangers:
        yield Diagnostic(
            code=Code.UNOWNED_FILE,
            file=place,
            subject=path,
            message="is nobody's: no component of externals.toml ships as it, and CPython has none",
            hint="find out where it comes from; then add it to a component's files or 'owns'",
        )
