"""Platforms, variants and channels: what CPython is built for, how often, and how it is published.

Knows names of files; nothing of what is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sbom.files.patterns import PathPatterns
from sbom.manifest.fields import matching
from sbom.manifest.ranges import line_in_range

#: The variant that no ``[variant.<name>]`` describes.
DEFAULT = "default"
_EARLY = re.compile(r"(?<=\d)(?=a|b|rc)")
#: What each name in braces may be in the name of a file.
_FORMS = {
    "version": r"(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)",
    "nuget": r"(?P<version>\d+\.\d+\.\d+(?:-(?:a|b|rc)\d+)?)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """``[platform.<name>]``: one thing CPython is built for, on those ``lines`` of it.

    ``tag`` is its name inside those of extension modules, ``machines`` what the PE files of
    it may be built for.
    """

    name: str = field(metadata={"given": True})
    title: str
    lines: str = ""
    tag: str = ""
    machines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """``[variant.<name>]``: another way to build each platform, on those ``lines``.

    ``renames`` says how the default variant's names of files are written in this one, the
    first pattern that matches winning; ``{line}`` is 314, ``{tag}`` the platform's, ``{stem}``
    the name without its last suffix.
    """

    name: str = field(metadata={"given": True})
    title: str
    lines: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """``[channel.<name>]``: one way CPython is published, a file for each platform.

    ``files`` are their names, with ``{version}`` (3.15.0rc1) or ``{nuget}`` (3.15.0-rc1) in
    them; ``location`` also has ``{release}`` (3.15.0), ``{file}`` and ``{id}``, which ``ids``
    have by platform. ``purls`` are by platform too, without version. On ``optional`` lines a
    release need not have any of them.

    Of what is inside, ``root`` is what stands before the path of each file of Python,
    ``packaging`` are patterns of members that belong to the form of the package,
    ``leaves_out`` patterns of shipped files that it does not have, ``nested`` members that are
    archives whose own members count, with what stands before those where they are unpacked,
    ``holds`` the channel whose artifact is a member.
    """

    name: str = field(metadata={"given": True})
    title: str
    format: str = matching("zip|installer", "one of zip and installer")
    files: Mapping[str, str]
    variant: str = DEFAULT
    lines: str = ""
    lines_on: Mapping[str, str] = field(default_factory=dict)
    optional_lines: str = ""
    download_location: str
    package_ids: Mapping[str, str] = field(default_factory=dict)
    purls: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    container_files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    nested_archives: Mapping[str, str] = field(default_factory=dict)
    embeds_channel: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseConfig:
    """``[release]``: where a release is published, and what its SBOM says.

    ``location`` is the address of the folder, with ``{release}`` and ``{version}``; ``comment``
    replaces the document's; ``ignored`` are patterns of what lies beside the artifacts.
    """

    download_location: str = "NOASSERTION"
    comment: str = ""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One file that a channel publishes of one release, for one platform."""

    file: str
    channel: Channel
    platform: str
    version: str
    location: str
    purl: str


def nuget_version(version: str) -> str:
    """Return a CPython version as NuGet writes it: ``3.15.0-rc1`` for ``3.15.0rc1``."""
    return _EARLY.sub("-", version, count=1)


def expected_artifacts(channels: Sequence[Channel], version: str, line: str) -> Iterator[Artifact]:
    """Yield every artifact that the channels know of a release, in order of file name."""
    release = re.match(r"[\d.]*", version)
    names = {
        "version": version,
        "nuget": nuget_version(version),
        "release": release[0] if release else version,
    }
    found = [
        Artifact(
            file=(file := template.format(**names)),
            channel=channel,
            platform=platform,
            version=names["nuget"] if "{nuget}" in template else version,
            location=channel.download_location.format(
                file=file, id=channel.package_ids.get(platform, ""), **names
            ),
            purl=channel.purls.get(platform, ""),
        )
        for channel in channels
        for platform, template in channel.files.items()
        if line_in_range(line, channel.lines_on.get(platform, channel.lines))
    ]
    yield from sorted(found, key=lambda artifact: artifact.file)


def version_named(channels: Sequence[Channel], file: str) -> str:
    """Return the CPython version in the name of any channel's artifact, or an empty text."""
    for channel in channels:
        for template in channel.files.values():
            if match := _pattern(template).fullmatch(file):
                return match["version"].replace("-", "")
    return ""


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(_FORMS[part] if n % 2 else re.escape(part) for n, part in enumerate(parts))
    )


def file_fault(template: str) -> str:
    """Return what is wrong with the name of a channel's file, or an empty text."""
    names = re.findall(r"\{([^{}]*)\}", template)
    if len(names) == 1 and names[0] in _FORMS and template.count("{") == template.count("}") == 1:
        return "" if "/" not in template else "is a path and not the name of a file"
    return "does not have one of {version} and {nuget}, once and no other braces"


def variant_filename(name: str, variant: Variant | None, line: str, tag: str) -> str:
    """Return the name a shipped file of the default variant has in another one.

    ``line`` is a CPython line such as ``3.14``, ``tag`` the platform's. Folders before the
    name stay as they are.
    """
    folder, slash, base = name.rpartition("/")
    for pattern, target in (variant.renames if variant else {}).items():
        if _compile_rename(expand_line(pattern, line)).matches(base):
            stem = base.rpartition(".")[0]
            base = expand_line(target, line).replace("{tag}", tag).replace("{stem}", stem)
            break
    return f"{folder}{slash}{base}"


@cache
def _compile_rename(pattern: str) -> PathPatterns:
    return PathPatterns([pattern])


def expand_line(name: str, line: str) -> str:
    """Return a name with ``{line}`` in it as CPython writes it: 314 for 3.14."""
    return name.replace("{line}", line.replace(".", ""))
