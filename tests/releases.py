"""Folders of release artifacts with real names in them, made of facts about real layouts."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from build_files import build_file
from cabinets import MSZIP
from conftest import FACTS
from installers import bundle, msi
from manifests import committed
from signatures import signed_msix, signed_nupkg

from sbom.manifest.channels import DEFAULT, Artifact, expected_artifacts
from sbom.manifest.model import Manifest

#: The lists of facts/members by the channels that are made of them.
_LISTS = {
    "embed": "embed",
    "nuget": "nuget",
    "nuget-free-threaded": "nuget-ft",
    "pymanager": "pymanager",
    "pymanager-test": "pymanager-test",
    "pymanager-embeddable": "pymanager-embed",
    "pymanager-free-threaded": "pymanager-ft",
    "msix": "msix",
    "store": "store",
}
#: What pip.msi makes once it is installed, and PyManager's own file.
_NOT_INSTALLED = ""
#: The packages of the installer, with what they install: Tools/msi/*/*.wxs of 3.14.
_PACKAGES = {
    name: re.compile(pattern)
    for name, pattern in {
        _NOT_INSTALLED: r"Lib/site-packages/(?!README)|Scripts/|__install__",
        "core.msi": r"python\d+\.dll|python3\.dll",
        "tcltk.msi": r"tcl/|DLLs/(tcl|tk|zlib1|libtommath|_tkinter)|Lib/(tkinter|idlelib|turtle)",
        "dev.msi": r"include/|libs/",
        "lib.msi": r"DLLs/|Lib/",
        "exe.msi": r"",
    }.items()
}
_SIGNATURES = ("AppxSignature.p7x", ".signature.p7s")
Change = Callable[[str, dict[str, bytes]], None]


@cache
def members(version: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the paths in each artifact of a release by platform and preset."""
    text = (FACTS / f"members/{version}.txt").read_text(encoding="utf-8")
    header, _, body = text.partition("\n\n")
    names = [(row.split()[1], row.split()[2]) for row in header.splitlines()]
    found: dict[tuple[str, str], list[str]] = {name: [] for name in names}
    containers: list[tuple[str, str]] = []
    for line in body.splitlines():
        if line.startswith("@ "):
            containers = [names[int(n)] for n in line.split()[1:]]
        else:
            for holder in containers:
                found[holder].append(line)
    return {name: tuple(sorted(paths)) for name, paths in found.items()}


def zipped(contents: dict[str, bytes]) -> bytes:
    """Return a zip file of these members, the same bytes for the same members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), contents[name])
    return buffer.getvalue()


def packed(contents: dict[str, bytes]) -> bytes:
    """Return an artifact of these members: a zip file, which is signed if one is a signature."""
    data = zipped({name: data for name, data in contents.items() if name not in _SIGNATURES})
    if "AppxSignature.p7x" in contents:
        return signed_msix(data, "Python Software Foundation")
    if ".signature.p7s" in contents:
        return signed_nupkg(data, "NuGet.org Repository by Microsoft")
    return data


@cache
def inventory(artifact: str) -> tuple[str, ...]:
    """Return the names of all members of a real artifact of python.org."""
    text = (FACTS / f"releases/{artifact}.json").read_text(encoding="utf-8")
    return tuple(member["name"] for member in json.loads(text)["members"])


def contents_of(
    version: str, artifact: Artifact, names: Iterable[str] | None = None
) -> dict[str, bytes]:
    """Return the members of an artifact: one build's files have the same bytes everywhere.

    ``names`` are those of a real artifact; without them, they are those of the layout script.
    """
    channel, platform = artifact.channel, artifact.platform
    found = {}
    for name in names or members(version)[platform, _LISTS[channel.name]]:
        base = name.rpartition("/")[2]
        relative = name.removeprefix(channel.prefix)
        if base.endswith(".zip") and "/" not in relative and channel.nested_archives:
            found[name] = zipped({"os.pyc": b"os", "ctypes/macholib/dyld.pyc": b"dyld"})
        else:
            found[name] = build_file(version, platform, channel.variant, base)
    return found


def packages_of(version: str, platform: str) -> dict[str, dict[str, bytes]]:
    """Return what each package of an installer installs, as Tools/msi divides a layout."""
    packages: dict[str, dict[str, bytes]] = {name: {} for name in _PACKAGES}
    for path in members(version)[platform, "pymanager"]:
        name = next(name for name, pattern in _PACKAGES.items() if pattern.match(path))
        base = path.rpartition("/")[2]
        packages[name][path] = build_file(version, platform, DEFAULT, base)
    del packages[_NOT_INSTALLED]
    launcher = ("py.exe", "pyw.exe", f"pyshellext.{platform}.dll")
    packages["launcher.msi"] = {
        name: build_file(version, platform, DEFAULT, name) for name in launcher
    }
    return packages


def installer_of(packages: Mapping[str, Mapping[str, bytes]], **detached: bytes) -> bytes:
    """Return an installer with packages in it, which downloads the ``detached`` ones."""
    made = {name: msi(inside) for name, inside in packages.items()}
    downloads = {f"{name}.msi": package for name, package in detached.items()}
    # What runs after installation: the same file as in launcher.msi.
    runs = {
        path: data for path, data in packages.get("launcher.msi", {}).items() if path == "py.exe"
    }
    return bundle({**made, **runs}, detached=downloads, method=MSZIP, repeats=2)


def web_installer(*packages: str) -> bytes:
    """Return an installer that downloads all its packages, none of which is available."""
    return bundle({}, detached={f"{name}.msi": name.encode() for name in packages or ("core",)})


def make_release(
    folder: Path,
    manifest: Manifest,
    change: Change = lambda _file, _inside: None,
    *,
    msix: bool = True,
    only: Collection[str] = (),
) -> list[str]:
    """Fill a folder with every artifact of a release, or ``only`` some, and return their names.

    ``change`` is called with the name and the members of each that is a zip file, and of each
    package in an installer.
    """
    cpython = manifest.cpython
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, bytes] = {}
    uploads: list[str] = []
    for artifact in expected_artifacts(manifest.channels, cpython.version, cpython.line):
        channel = artifact.channel
        if only and artifact.file not in only:
            continue
        if channel.format == "installer":
            packages = packages_of(cpython.version, artifact.platform)
            for package, inside in packages.items():
                change(f"{artifact.file}/{package}", inside)
            made[artifact.file] = installer_of(packages)
        elif channel.name in _LISTS and (msix or channel.name not in ("msix", "store")):
            inside = contents_of(cpython.version, artifact)
            change(artifact.file, inside)
            made[artifact.file] = packed(inside)
        elif channel.name == "store-upload" and msix and not only:
            uploads.append(artifact.file)
    for name in uploads:
        held = name.removesuffix("upload")
        made[name] = zipped({held: made[held], "symbols.appxsym": b"pdb"})
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return sorted(made)


def release_of_real_members(directory: Path, name: str) -> Path:
    """Fill a directory with one artifact, whose members have the real names; return it."""
    version = name.split("-")[1]
    line = ".".join(version.split(".")[:2])
    artifacts = expected_artifacts(committed().channels, version, line)
    [artifact] = [one for one in artifacts if one.file == name]
    directory.mkdir()
    (directory / name).write_bytes(packed(contents_of(version, artifact, inventory(name))))
    return directory
