"""What the manifest expects in a layout, or in an artifact: its builds, components and paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sbom.components.component import Build, Component, build_filename
from sbom.components.resolve import merge_linkages, resolve_components
from sbom.files.shipped_file import EXECUTABLE_SUFFIXES
from sbom.manifest.channels import Channel, expand_line
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns

_NO_PATHS = PathPatterns(())


#: The DLL that every build has, under a name of its own.
_DLL = "python{line}.dll"


class OwnedPaths:
    """The paths that a component owns, by the patterns of its ``owns``.

    An executable file is owned only by a pattern that ends like it: ``/Lib/*`` means no DLL.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Take the patterns of one component."""
        patterns = tuple(patterns)
        self._patterns = PathPatterns(patterns)
        self._executable = {
            suffix: PathPatterns(
                pattern
                for pattern in patterns
                if pattern.startswith("!") or pattern.lower().endswith(f".{suffix}")
            )
            for suffix in EXECUTABLE_SUFFIXES
        }

    def __contains__(self, path: str) -> bool:
        """Return whether the component owns a path."""
        suffix = path.rpartition(".")[2].lower()
        return self._executable.get(suffix, self._patterns).matches(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedContents:
    """What the manifest expects in a layout, an artifact, or files that ``verify`` is given.

    ``components`` are those of all ``builds``: several where a default and a free-threaded build
    share a directory. ``owned_paths`` pairs keys of components with what they own. Python's
    own paths start after ``prefix``; ``nested_archives`` pairs names of archives among them with
    the directory that they unpack to. ``runtime_files`` are created once Python is installed.
    With ``is_complete``, a file that is missing or unowned is an error; with ``is_part``, the
    files are some of those of a build, and none is missing.
    """

    manifest: Manifest
    builds: tuple[Build, ...]
    components: tuple[Component, ...]
    owned_paths: tuple[tuple[str, OwnedPaths], ...]
    prefix: str = ""
    excluded: PathPatterns = _NO_PATHS
    container_files: PathPatterns = _NO_PATHS
    nested_archives: tuple[tuple[str, str], ...] = ()
    runtime_files: PathPatterns = _NO_PATHS
    is_complete: bool = True
    is_part: bool = False


def present_builds(manifest: Manifest, build: Build, paths: Iterable[str]) -> tuple[Build, ...]:
    """Return the builds of one platform that share a directory: those whose DLL is there.

    The installer with all options installs every variant into one. The first of them stands for
    all; without any DLL of CPython it is ``build`` alone.
    """
    return find_builds(manifest, build, paths) or (build,)


def find_builds(manifest: Manifest, build: Build, paths: Iterable[str]) -> tuple[Build, ...]:
    """Return the variants of a build whose DLL is among some paths."""
    names = {path.rpartition("/")[2].lower() for path in paths}
    builds = (replace(build, variant=variant) for variant in manifest.variant_names())
    return tuple(each for each in builds if build_filename(manifest, each, _DLL).lower() in names)


def expected_contents(
    manifest: Manifest, builds: Sequence[Build], channel: Channel | None = None
) -> ExpectedContents:
    """Return what a layout of builds of one platform contains, or a channel's artifact of it.

    A layout may be that of any channel, with the files that its artifacts have besides.
    """
    line = manifest.cpython.line
    expected = ExpectedContents(
        manifest=manifest,
        builds=tuple(builds),
        components=_components(manifest, builds),
        owned_paths=tuple(owned_paths(manifest, builds)),
        container_files=PathPatterns(
            expand_line(pattern, line)
            for each in ([channel] if channel else manifest.channels)
            for pattern in each.container_files
        ),
    )
    if channel is None:
        return expected
    return replace(
        expected,
        is_part=channel.format == "msi",
        prefix=channel.prefix,
        excluded=PathPatterns(expand_line(pattern, line) for pattern in channel.exclude),
        nested_archives=tuple(
            (expand_line(name, line), directory)
            for name, directory in channel.nested_archives.items()
        ),
    )


def _components(manifest: Manifest, builds: Sequence[Build]) -> tuple[Component, ...]:
    """Return the components of all builds, each once, with the linkages of each build."""
    found: dict[str, Component] = {}
    for build in builds:
        for component in resolve_components(manifest, build, include_optional=True):
            links = (
                (*found[component.id].linkages, *component.linkages)
                if component.id in found
                else component.linkages
            )
            found[component.id] = replace(component, linkages=merge_linkages(links))
    return tuple(found.values())


def owned_paths(manifest: Manifest, builds: Sequence[Build]) -> Iterator[tuple[str, OwnedPaths]]:
    """Yield components with the paths they own, as each build names its files."""
    for spec in manifest.components:
        for build in builds if spec.owns else ():
            patterns = (build_filename(manifest, build, pattern) for pattern in spec.owns)
            yield spec.key, _compile_owned(tuple(patterns))


@lru_cache(maxsize=256)
def _compile_owned(patterns: tuple[str, ...]) -> OwnedPaths:
    """Return the paths that patterns own: the same for most builds and channels of a release."""
    return OwnedPaths(patterns)
