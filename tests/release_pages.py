"""Releases by hand, for reports: a small one, a large one, one with hostile texts; and pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from msgspec import structs

from sbom.bom.bom import (
    Bom,
    BomFile,
    CreationInfo,
    ExtractedLicense,
    Relationship,
    RelationshipKind,
)
from sbom.components.component import Component
from sbom.diagnostics.manifest_messages import stale_exemption
from sbom.release.index import PublishedArtifact, PublishedSbom, ReleaseIndex
from sbom.release_report.composition import compose_report
from sbom.release_report.page import render_page
from sbom.release_report.rows import (
    ChangeRow,
    ManifestNotes,
    ReleaseChanges,
    ReleaseReport,
)

DOCUMENT = PublishedSbom(
    "spdx-2.3", "python-3.14.7-windows.spdx.json", "https://x.test/1", "ab" * 32
)
#: The artifacts of the release: file, channel, platform.
ARTIFACTS = (
    ("python-3.14.7-embed-amd64.zip", "embed", "amd64"),
    ("python-3.14.7-embed-win32.zip", "embed", "win32"),
    ("python-3.14.7-amd64.exe", "installer", "amd64"),
)
_UNKNOWN = Component(
    id="",
    name="",
    version="",
    originator="",
    supplier="",
    homepage="",
    license_concluded="",
    license_declared="",
    copyright="",
    purl="",
    cpes=(),
    download_location="",
    file_name="",
    checksums=(),
)


def component(id_: str, version: str = "", **facts: Any) -> Component:
    """Return a component of which the name is its id."""
    return replace(_UNKNOWN, **{"id": id_, "name": id_, "version": version, **facts})


def library(id_: str, version: str, **facts: Any) -> Component:
    """Return a component with an identifier."""
    return component(id_, version, **{"purl": f"pkg:generic/{id_}@{version}", **facts})


def file(id_: str, path: str, comment: str = "") -> BomFile:
    """Return a file."""
    return BomFile(id=id_, path=path, sha1="", sha256=id_ * 8, sha512="", comment=comment)


def release_bom() -> Bom:
    """Return the BOM: OpenSSL is in every artifact, Tcl with its zlib only in the installer."""
    embed_amd64, embed_win32, installer = (name for name, _, _ in ARTIFACTS)
    contains, static = RelationshipKind.CONTAINS, RelationshipKind.STATIC_LINK
    dynamic, part_of = RelationshipKind.DYNAMIC_LINK, RelationshipKind.PART_OF
    related = [
        *(("release", contains, name) for name, _, _ in ARTIFACTS),
        (embed_amd64, contains, "build-amd64"),
        (embed_win32, contains, "build-win32"),
        (installer, contains, "tcltk.msi"),
        ("tcltk.msi", contains, "build-amd64"),
        ("build-amd64", contains, "python"),
        ("build-win32", contains, "python"),
        ("build-amd64", RelationshipKind.BUILD_TOOL, "llvm"),
        *((name, dynamic, "openssl") for name, _, _ in ARTIFACTS),
        (embed_win32, static, "xz"),
        ("tcltk.msi", dynamic, "tcl"),
        ("tcltk.msi", contains, "pip"),
        ("tcltk.msi", contains, "idna"),
        ("pip", contains, "idna"),
        (embed_amd64, contains, "File-1"),
        (installer, contains, "File-1"),
        ("File-1", part_of, "openssl"),
        ("tcltk.msi", contains, "File-2"),
        ("File-2", part_of, "tcl"),
        ("File-2", static, "zlib"),
        (embed_win32, contains, "File-3"),
    ]
    return Bom(
        name="python-3.14.7-windows",
        namespace="https://x.test/1",
        creation=CreationInfo(
            creators=("Organization: Python Software Foundation",),
            tools=("tool-1.0",),
            created=datetime(2026, 6, 21, tzinfo=UTC),
        ),
        roots=("release",),
        components=(
            component("release", "3.14.7"),
            component("build-amd64", "3.14.7"),
            component("build-win32", "3.14.7"),
            *(library(name, "3.14.7") for name, _, _ in ARTIFACTS),
            library("tcltk.msi", "3.14.7"),
            library("python", "3.14.7"),
            library("llvm", "19.1.7"),
            library(
                "openssl",
                "3.5.7",
                license_concluded="Apache-2.0",
                cpes=("cpe:2.3:a:openssl:openssl:3.5.7:*:*:*:*:*:*:*",),
                download_location="https://openssl.test/openssl-3.5.7.tar.gz",
                checksums=(("SHA256", "cd" * 32),),
            ),
            library("xz", "5.2.5"),
            library("tcl", "9.0.4"),
            library("zlib", "1.3.2"),
            library("pip", "26.2.1"),
            library("idna", "3.18"),
        ),
        files=(
            file("File-1", "libssl-3.dll", "Evidence in the file: openssl 3.5.7 (text)."),
            file("File-2", "tcl90.dll"),
            file("File-3", "python314.dll"),
        ),
        relationships=tuple(
            Relationship(source, kind, target) for source, kind, target in sorted(related)
        ),
    )


def release_index(**facts: Any) -> ReleaseIndex:
    """Return the index of that release."""
    artifacts = tuple(
        PublishedArtifact(
            path=name,
            checksums={"sha256": "0" * 64, "sha512": "1" * 128},
            properties={
                "channel": channel,
                "platform": platform,
                "variant": "default",
                "described-from": "members",
                "location": f"https://x.test/{name}",
                "size": 1234567,
            },
            sboms=(DOCUMENT,),
        )
        for name, channel, platform in ARTIFACTS
    )
    index = ReleaseIndex("3.14.7", (), (DOCUMENT,), artifacts)
    return replace(index, **facts)


def report_of(bom: Bom | None = None, index: ReleaseIndex | None = None) -> ReleaseReport:
    """Return the report of a release: the one made by hand, where nothing else is given."""
    return compose_report(bom or release_bom(), index or release_index(), DOCUMENT)


def full_report() -> ReleaseReport:
    """Return a report with something in every section."""
    bom = replace(
        release_bom(), license_texts=(ExtractedLicense("LicenseRef-x", "The X license", "Text."),)
    )
    diagnostic = stale_exemption("externals.toml", "exemption[0]", "no-evidence", "x.dll")
    notes = ManifestNotes(
        file="externals.toml",
        version="3.14.7",
        diagnostics=(diagnostic,),
        exempted=((diagnostic, "because"),),
    )
    change = ChangeRow(
        component="xz", change="updated", fact="version", before="5.2.5", after="5.8.1"
    )
    changes = ReleaseChanges("python-3.14.6-windows", (change,))
    return replace(report_of(bom), manifest=notes, changes=changes)


def large_report(files: int) -> ReleaseReport:
    """Return the report of a release with many files: thirty artifacts, sixty components."""
    contains, part_of = RelationshipKind.CONTAINS, RelationshipKind.PART_OF
    artifacts = [
        replace(
            release_index().artifacts[0],
            path=f"python-{channel}-{platform}.zip",
            properties={
                **release_index().artifacts[0].properties,
                "channel": f"channel-{channel}",
                "platform": platform,
            },
        )
        for channel in range(10)
        for platform in ("amd64", "arm64", "win32")
    ]
    libraries = [library(f"library-{number}", f"1.{number}") for number in range(60)]
    members = [
        structs.replace(
            file(f"File-{number}", f"Lib/package{number % 97}/module{number}.py"),
            sha256=f"{number:064x}",
            comment="Evidence in the file: library 1.0 (text)." if number % 50 == 0 else "",
        )
        for number in range(files)
    ]
    related = [
        *(Relationship("release", contains, one.path) for one in artifacts),
        *(
            Relationship(one.path, RelationshipKind.DYNAMIC_LINK, two.id)
            for one in artifacts
            for two in libraries
        ),
        *(
            Relationship(artifacts[number % 30].path, contains, one.id)
            for number, one in enumerate(members)
        ),
        *(
            Relationship(one.id, part_of, libraries[number % 60].id)
            for number, one in enumerate(members)
        ),
    ]
    bom = replace(
        release_bom(),
        components=(
            component("release", "3.14.7"),
            *(library(one.path, "3.14.7") for one in artifacts),
            *libraries,
        ),
        files=tuple(members),
        relationships=tuple(related),
    )
    return report_of(bom, release_index(artifacts=tuple(artifacts)))


HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "]]><svg onload=alert(1)>",
    "\"' onmouseover='alert(1)' x=\"",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202egnp.exe\x00\x1b[31m",
    "--><!--",
)


def hostile_bom(text: str) -> Bom:
    """Return the BOM with a text in every place that a document can fill."""
    bom = release_bom()
    facts: dict[str, Any] = dict.fromkeys(
        (
            "version",
            "originator",
            "supplier",
            "homepage",
            "license_concluded",
            "license_declared",
            "copyright",
            "purl",
            "download_location",
            "file_name",
            "source_info",
            "comment",
            "annotation",
        ),
        text,
    )
    evil = replace(library("evil", "1"), **facts, name=text, cpes=(text,))
    evil = replace(evil, checksums=((text, text),))
    artifact = release_index().artifacts[0].path
    linked = Relationship(artifact, RelationshipKind.STATIC_LINK, "evil", text)
    return replace(
        bom,
        name=text,
        namespace=text,
        creation=replace(bom.creation, creators=(text,), tools=(text,), comment=text),
        components=(*bom.components, evil),
        files=tuple(
            structs.replace(one, path=text, sha256=text, comment=text) for one in bom.files
        ),
        relationships=(*bom.relationships, linked),
        license_texts=(ExtractedLicense(text, text, text),),
    )


def hostile_page(text: str) -> bytes:
    """Return a page with a text in every place that a document, an index or a change can fill."""
    index = release_index(version=text)
    stated = {**index.artifacts[0].properties, "channel": text, "platform": text, "location": text}
    index = replace(
        index,
        missing=(text,),
        artifacts=(replace(index.artifacts[0], properties=stated), *index.artifacts[1:]),
    )
    change = ChangeRow(component=text, change=text, fact=text, before=text, after=text)
    document = replace(DOCUMENT, path=text, format=text, sha256=text)
    one = compose_report(hostile_bom(text), index, document)
    return render_page(replace(one, changes=ReleaseChanges(text, (change,))))


class Page(HTMLParser):
    """An HTML page, read by the standard library: its elements and the texts in them."""

    _VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.open: list[str] = []
        self.feed(data.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> ends nothing at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((tuple(self.open), data.strip()))

    def attributes(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text_in(self, tag: str) -> list[str]:
        """Return the texts anywhere in elements of a name."""
        return [text for path, text in self.texts if tag in path]
