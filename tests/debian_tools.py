"""What the tests of Debian's tools share: running one, and packages that msibuild writes."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

needs_debian_tools = pytest.mark.skipif(
    "SBOM_DEBIAN_TOOLS" not in os.environ, reason="run: nox -s debian-tools"
)
#: Types of columns as msibuild reads them: the table's name and its keys follow.
_TABLES = {
    "Directory": ("Directory Directory_Parent DefaultDir", "s72 S72 l255"),
    "Component": (
        "Component ComponentId Directory_ Attributes Condition KeyPath",
        "s72 S38 s72 i2 S255 S72",
    ),
    "File": (
        "File Component_ FileName FileSize Version Language Attributes Sequence",
        "s72 s72 l255 i4 S72 S20 I2 i4",
    ),
    "Media": (
        "DiskId LastSequence DiskPrompt Cabinet VolumeLabel Source",
        "i2 i4 L64 S255 S32 S72",
    ),
    "Property": ("Property Value", "s72 l0"),
}

#: Of the summary: title, author, template and the package's code.
_SUMMARY = ("-s", "Python", "Any", "x64;1033", "{9D2E35F9-2D71-4D60-8C3B-2B3A5C0F0E11}")

_WXS = """<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
<Product Name="Python" Id="*" UpgradeCode="9D2E35F9-2D71-4D60-8C3B-2B3A5C0F0E11" Language="1033"
 Version="3.14.7" Manufacturer="Any"><Package Compressed="yes"/>
<Media Id="1" Cabinet="files.cab" EmbedCab="yes"/>
<Directory Id="TARGETDIR" Name="SourceDir">{tree}</Directory>
<Feature Id="All" Level="1">{features}</Feature></Product></Wix>"""


def run(*words: object, cwd: Path, check: bool = True) -> str:
    """Run a program, which is to succeed with ``check``, and return what it prints."""
    command = [*map(str, words)]
    return subprocess.run(
        command, cwd=cwd, check=check, capture_output=True, text=True, errors="replace"
    ).stdout


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of files by their paths."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def read_tree(directory: Path) -> dict[str, bytes]:
    """Return the files below a directory by their paths."""
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def msiextract(package: Path, directory: Path) -> dict[str, str]:
    """Return the digests of what msiextract makes of a package, by path."""
    directory.mkdir()
    run("msiextract", "-C", directory, package, cwd=directory)
    return digests(read_tree(directory))


def seven_zip(package: Path, directory: Path) -> list[str]:
    """Return the sorted digests of the files that 7z finds in the cabinets of a package."""
    run("7z", "x", "-tCompound", "-y", f"-o{directory}", package, cwd=package.parent)
    found = read_tree(directory)
    for name, data in list(found.items()):
        if data.startswith(b"MSCF"):
            del found[name]
            inside = directory / f"{name}.files"
            run("7z", "x", "-y", f"-o{inside}", directory / name, cwd=directory)
            found |= {f"{name}/{path}": data for path, data in read_tree(inside).items()}
    return sorted(digests({path: data for path, data in found.items() if "/" in path}).values())


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of a package: where it is, its row's key, its cabinet, and its two names if any."""

    path: str
    data: bytes
    key: str
    media: int = 1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """A cabinet of a package: its name, with ``#`` if it is embedded, and whether it is packed."""

    cabinet: str
    is_compressed: bool = True


@dataclass(slots=True)
class Package:
    """A package that msibuild writes from tables, with cabinets that gcab writes.

    ``directories`` are rows of the Directory table; where there is none, a directory has a row
    with a short and a long name. ``gap`` is between the sequence numbers of files.
    """

    files: Sequence[Placed]
    media: Sequence[Medium] = (Medium("#files.cab"),)
    directories: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    gap: int = 1

    def write(self, directory: Path, name: str) -> Path:
        """Write the package, and cabinets beside it, to a directory; return its path."""
        work = directory / f"{name}.work"
        work.mkdir()
        words: list[object] = []
        streams: list[object] = []
        for number, medium in enumerate(self.media, 1):
            keys = [file.key for file in self.files if file.media == number]
            home = work / str(number)
            home.mkdir()
            for file in self.files:
                if file.media == number:
                    (home / file.key).write_bytes(file.data)
            base = medium.cabinet.removeprefix("#")
            cabinet = (work if medium.cabinet.startswith("#") else directory) / base
            options = ["-c", "-n", *(["-z"] if medium.is_compressed else [])]
            run("gcab", *options, cabinet, *keys, cwd=home)
            if medium.cabinet.startswith("#"):
                streams += ["-a", base, cabinet]
        tables = self._tables()
        for table, rows in tables.items():
            columns, kinds = _TABLES[table]
            lines = [columns, kinds, f"{table} {columns.split()[0]}"]
            text = "".join(line.replace(" ", "\t") + "\r\n" for line in lines)
            text += "".join("\t".join(map(str, row)) + "\r\n" for row in rows)
            path = work / f"{table}.idt"
            path.write_bytes(text.encode())
            words += ["-i", path]
        for arguments in ([*_SUMMARY], words, streams):
            if arguments:
                run("msibuild", directory / name, *arguments, cwd=work)
        return directory / name

    def _tables(self) -> dict[str, Iterable[Sequence[object]]]:
        rows: dict[str, tuple[str, str, str]] = {"": ("TARGETDIR", "", "SourceDir")}
        rows.update(self.directories)
        components: dict[str, list[object]] = {}
        files: list[Sequence[object]] = []
        last = dict.fromkeys(range(1, len(self.media) + 1), 0)
        ordered = sorted(self.files, key=lambda file: file.media)
        for number, file in enumerate(ordered, 1):
            parent = ""
            *parts, base = file.path.split("/")
            for part in parts:
                here = f"{parent}{part}/"
                short = f"{len(rows):X}~1"
                rows.setdefault(here, (f"D{len(rows)}", rows[parent][0], f"{short}|{part}"))
                parent = here
            component = f"C{number}"
            home = rows[parent][0]
            condition = self.conditions.get(file.key, "")
            components[component] = [component, "", home, 0, condition, file.key]
            sequence = number * self.gap
            last[file.media] = sequence
            name = file.name or base
            files.append([file.key, component, name, len(file.data), "", "", 512, sequence])
        media = [
            [number, last[number], "", medium.cabinet, "", ""]
            for number, medium in enumerate(self.media, 1)
        ]
        return {
            "Directory": list(rows.values()),
            "Component": list(components.values()),
            "File": files,
            "Media": media,
            "Property": [["ProductName", "Python"]],
        }


def write_with_wixl(files: Mapping[str, bytes], directory: Path, name: str) -> Path:
    """Write a package with wixl, which keeps no cabinet beside one; return its path."""
    home = directory / f"{name}.sources"
    tree = ET.Element("Directory", Id="TARGETDIR", Name="SourceDir")
    below = {"": tree}
    features = ""
    for number, (path, data) in enumerate(files.items()):
        source = home / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(data)
        parent = ""
        *parts, base = path.split("/")
        for part in parts:
            here = f"{parent}{part}/"
            if here not in below:
                attributes = {"Id": f"D{len(below)}", "Name": part}
                below[here] = ET.SubElement(below[parent], "Directory", attributes)
            parent = here
        component = ET.SubElement(below[parent], "Component", Id=f"C{number}", Guid="*")
        ET.SubElement(component, "File", Id=f"F{number}", Name=base, Source=path, KeyPath="yes")
        features += f'<ComponentRef Id="C{number}"/>'
    text = _WXS.format(
        tree="".join(ET.tostring(child, "unicode") for child in tree),
        features=features,
    )
    (home / "core.wxs").write_text(text, encoding="utf-8")
    run("wixl", "-o", directory / name, "core.wxs", cwd=home)
    return directory / name
