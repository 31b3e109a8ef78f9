"""Platforms, variants and channels: what CPython is built for, how often, and how it is published.

Knows names of files; nothing of what is in them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from msgspec import field

from sbom.manifest.component_spec import UNKNOWN_LOCATION
from sbom.manifest.ranges import LineRange, final_version, line_in_range
from sbom.manifest.tables import PURL, HeaderName, Table, TextCheck, checked, matching
from sbom.patterns import PathPatterns

#: The variant that no ``[variant.<name>]`` describes.
DEFAULT = "default"
_EARLY = re.compile(r"(?<=\d)(?=a|b|rc)")
#: The names that addresses have in braces.
_IN_RELEASE = frozenset({"release", "version"})
_IN_CHANNEL = _IN_RELEASE | {"file", "id", "nuget"}
#: What each name in braces stands for in the file name of an artifact.
ARTIFACT_VERSIONS = {
    "version": r"(?P<version>\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)",
    "nuget": r"(?P<version>\d+\.\d+\.\d+(?:-(?:a|b|rc)\d+)?)",
}


# Checks of texts: each returns a sentence, or an empty text if nothing is wrong.


def _check_artifact_name(template: str) -> str:
    """Return why a text cannot be the file name of an artifact."""
    names = _names_in_braces(template)
    if names in (["package"], ["early", "package"]) and template.count("/") == 1:
        return ""
    if len(names) != 1 or names[0] not in ARTIFACT_VERSIONS:
        return f"expected either {{version}} or {{nuget}} once, found '{template}'"
    return f"expected the name of a file, found the path '{template}'" if "/" in template else ""


def url_template(required: AbstractSet[str]) -> TextCheck:
    """Return the check of an address that has each of these names in braces, once."""
    wanted = " and ".join(f"{{{name}}}" for name in sorted(required))

    def check(template: str) -> str:
        names = _names_in_braces(template)
        if sorted(names) == sorted(required):
            return ""
        return f"expected an address with {wanted}, each once, found '{template}'"

    return check


def _url_with_any(allowed: AbstractSet[str]) -> TextCheck:
    """Return the check of an address that has no other names in braces than these."""
    listed = ", ".join(f"{{{name}}}" for name in sorted(allowed))

    def check(template: str) -> str:
        if set(_names_in_braces(template)) <= allowed:
            return ""
        return f"expected no other braces than {listed}, found '{template}'"

    return check


def _names_in_braces(template: str) -> list[str]:
    """Return the names in braces; an empty one for braces that are not in pairs."""
    names = re.findall(r"\{([^{}]*)\}", template)
    balanced = template.count("{") == template.count("}") == len(names)
    return names if balanced else [*names, ""]


# Tables.


class Platform(Table, frozen=True, kw_only=True):
    """``[platform.<name>]``: a platform that CPython is built for."""

    name: HeaderName
    title: str
    """what it is called in documents"""
    lines: LineRange = ""
    """the CPython lines that are built for it; all, if empty"""
    tag: str = ""
    """its name in the file names of extension modules"""
    machines: tuple[str, ...] = ()
    """the machines that its PE files may be built for"""


class Variant(Table, frozen=True, kw_only=True):
    """``[variant.<name>]``: another way to build each platform."""

    name: HeaderName
    title: str
    """what it is called in documents"""
    lines: LineRange = ""
    """the CPython lines that have it; all, if empty"""
    renames: Mapping[str, str] = field(default_factory=dict)
    """names of files of the default variant, as patterns, and their names in this one; the first
    that matches applies. ``{line}`` is 314, ``{tag}`` the platform's tag, ``{stem}`` the name
    without its last suffix"""


ArtifactName = Annotated[
    str,
    checked(
        _check_artifact_name,
        "a file name with {version} or {nuget}, or a directory and a file name with {package}",
    ),
]


class Channel(Table, frozen=True, kw_only=True):
    """``[channel.<name>]``: one way CPython is published, with a file for each platform."""

    name: HeaderName
    title: str
    """what it is called in documents"""
    format: Literal["zip", "installer", "msi"]
    """a zip file, a WiX bundle, or the Windows Installer packages that bundles contain or
    download"""
    files: Mapping[str, ArtifactName]
    """the name of its artifact by platform, with ``{version}`` (3.15.0rc1) or ``{nuget}``
    (3.15.0-rc1); of ``packages``, a directory and a name with ``{package}``, and with ``{early}``
    for what follows 3.15.0 in a version (rc1)"""
    packages: tuple[str, ...] = ()
    """the values of ``{package}``; a release may lack any of these files"""
    extra_packages: tuple[str, ...] = ()
    """patterns of those of them that have no file of the default variant"""
    variant: str = DEFAULT
    """the variant that is in it"""
    other_variants: tuple[str, ...] = ()
    """further variants that it can install into the same directory"""
    lines: LineRange = ""
    """the CPython lines that are published in it; all, if empty"""
    lines_on: Mapping[str, LineRange] = field(default_factory=dict)
    """``lines`` of the platforms where they differ"""
    optional_lines: LineRange = ""
    """the CPython lines of which a release may lack it"""
    download_location: Annotated[
        str, checked(_url_with_any(_IN_CHANNEL), "an address, or NOASSERTION")
    ]
    """where an artifact is published, with ``{version}``, ``{nuget}``, ``{release}`` (3.15.0),
    ``{file}`` and ``{id}`` in it"""
    package_ids: Mapping[str, str] = field(default_factory=dict)
    """``{id}`` by platform"""
    purls: Mapping[str, Annotated[str, matching(PURL, "a package URL without version")]] = field(
        default_factory=dict
    )
    """package URLs by platform, without version"""
    prefix: str = ""
    """what stands before the path of each of Python's files in it"""
    container_files: tuple[str, ...] = ()
    """patterns of members that belong to the package format"""
    exclude: tuple[str, ...] = ()
    """patterns of shipped files that it does not contain"""
    nested_archives: Mapping[str, str] = field(default_factory=dict)
    """members that are archives whose own members count, and where those are unpacked"""
    embeds_channel: str = ""
    """the channel whose artifact is a member of it"""


class ReleaseConfig(Table, frozen=True, kw_only=True):
    """``[release]``: where a release is published, and what its SBOM states."""

    download_location: Annotated[
        str, checked(_url_with_any(_IN_RELEASE), "an address, or NOASSERTION")
    ] = UNKNOWN_LOCATION
    """the directory of a release, with ``{release}`` and ``{version}`` in it"""
    comment: str = ""
    """replaces the comment of ``[document]``"""
    ignore: tuple[str, ...] = ()
    """patterns of other files beside the artifacts"""
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """organizations that sign the files of a release, each with patterns of the files that it
    signs; the first that matches applies"""
    unsigned: tuple[str, ...] = ()
    """patterns of PE files that are not signed"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """One file that a channel publishes of one release, for one platform.

    ``file`` is its name; that of a package of the installer has its directory: ``amd64/core.msi``.
    """

    file: str
    channel: Channel
    platform: str
    version: str
    location: str
    purl: str


def _nuget_version(version: str) -> str:
    """Return a CPython version as NuGet writes it: ``3.15.0-rc1`` for ``3.15.0rc1``."""
    return _EARLY.sub("-", version, count=1)


def expected_artifacts(channels: Sequence[Channel], version: str, line: str) -> Iterator[Artifact]:
    """Yield every artifact that the channels know of a release, in order of file name."""
    release = final_version(version)
    names = {
        "version": version,
        "nuget": _nuget_version(version),
        "release": release,
        "early": version.removeprefix(release),
    }
    artifacts = [
        Artifact(
            file=(file := template.format(package=package, **names)),
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
        for package in (channel.packages or ("",))
    ]
    yield from sorted(artifacts, key=lambda artifact: artifact.file)


def version_named(channels: Sequence[Channel], file: str) -> str:
    """Return the CPython version in the name of any channel's artifact, or an empty text."""
    for channel in channels:
        for template in channel.files.values():
            if not channel.packages and (match := _pattern(template).fullmatch(file)):
                return match["version"].replace("-", "")
    return ""


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(
            ARTIFACT_VERSIONS[part] if n % 2 else re.escape(part) for n, part in enumerate(parts)
        )
    )


def variant_filename(name: str, variant: Variant | None, line: str, tag: str) -> str:
    """Return the name a shipped file of the default variant has in another one.

    ``line`` is a CPython line such as ``3.14``, ``tag`` the platform's. Directories before the
    name stay as they are.
    """
    directory, slash, base = name.rpartition("/")
    for pattern, target in (variant.renames if variant else {}).items():
        if _compile_rename(expand_line(pattern, line)).matches(base):
            stem = base.rpartition(".")[0]
            base = expand_line(target, line).replace("{tag}", tag).replace("{stem}", stem)
            break
    return f"{directory}{slash}{base}"


@cache
def _compile_rename(pattern: str) -> PathPatterns:
    return PathPatterns([pattern])


def expand_line(name: str, line: str) -> str:
    """Return a name with ``{line}`` in it as CPython writes it: 314 for 3.14."""
    return name.replace("{line}", line.replace(".", ""))
