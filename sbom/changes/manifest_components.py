"""The components of a manifest in all of its builds, as two manifests are compared by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec import structs
from packageurl import PackageURL

from sbom.bom.compose import describe_linkage
from sbom.changes.components import DescribedComponent, without_provenance
from sbom.components.component import Build, Component, Linkage
from sbom.components.resolve import resolve_components, root_component
from sbom.manifest.channels import DEFAULT
from sbom.manifest.external_key import ExternalKey
from sbom.manifest.model import Manifest
from sbom.manifest.ranges import line_in_range


def as_comparable(manifest: Manifest) -> Manifest:
    """Return the manifest as if its vendored code were that of its version, without invalid purls.

    That no source tree of a new version was read yet does not mean that code was removed; and a
    manifest with placeholders can be compared before people have filled them in.
    """
    version = manifest.cpython.version
    return replace(
        manifest,
        cpython=structs.replace(manifest.cpython, vendored_from=version),
        components=tuple(
            spec if _is_purl(spec.purl) else structs.replace(spec, purl="")
            for spec in manifest.components
        ),
    )


def _is_purl(text: str) -> bool:
    try:
        return not text or bool(PackageURL.from_string(text))
    except ValueError:
        return False


def describe_components(manifest: Manifest) -> list[DescribedComponent]:
    """Return the components of every build of the manifest, and CPython itself, each once.

    Where a component is from is not stated for one that an external brings: the pin states it.
    """
    found: dict[tuple[str, ExternalKey | None, str], Component] = {}
    ships: dict[tuple[str, ExternalKey | None, str], dict[str, list[str]]] = {}
    for build in _builds(manifest):
        for component in resolve_components(manifest, build):
            identity = (component.key, component.external, component.version)
            first = found.setdefault(identity, component)
            sentences = ships.setdefault(identity, {})
            if build.variant != DEFAULT and first is not component:
                continue  # a variant's files are named as those of the default one
            for sentence in map(describe_linkage, _shipped(component)):
                platforms = sentences.setdefault(sentence, [])
                if build.platform not in platforms:
                    platforms.append(build.platform)
    root = root_component(manifest)
    described = [
        DescribedComponent(
            component=_without_provenance(component),
            ships=tuple(_sentences(ships[identity], manifest.platform_names())),
        )
        for identity, component in found.items()
    ]
    commit = manifest.cpython.commit
    return [DescribedComponent(component=root, commit=commit, is_root=True), *described]


def _builds(manifest: Manifest) -> Iterator[Build]:
    """Yield the default builds, and those of variants and channels with components of their own."""
    line = manifest.cpython.line
    rows = [row for spec in manifest.components for row in spec.ships]
    variants = {name for row in rows for name in row.variants}
    channels = {name for row in rows for name in row.channels}
    for platform in manifest.platform_names():
        yield Build(platform=platform)
        for variant in manifest.variant_names():
            if variant != DEFAULT and variant in variants:
                yield Build(platform=platform, variant=variant)
        for channel in manifest.channels:
            if (
                channel.name in channels
                and platform in channel.files
                and line_in_range(line, channel.lines)
            ):
                yield Build(platform=platform, variant=channel.variant, channel=channel.name)


def _shipped(component: Component) -> Iterable[Linkage]:
    return (link for link in component.linkages if link.kind != "build-tool")


def _sentences(ships: dict[str, list[str]], platforms: tuple[str, ...]) -> Iterator[str]:
    """Yield how a component ships, with the platforms where that is not all of them."""
    for sentence, names in ships.items():
        if len(names) == len(platforms):
            yield sentence
        else:
            yield f"{', '.join(sorted(names))}: {sentence}"


def _without_provenance(component: Component) -> Component:
    if component.external is None:
        return component
    purl = without_provenance(component.purl)
    return replace(component, download_location="", checksums=(), annotation="", purl=purl)
