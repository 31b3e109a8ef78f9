"""Where components come from: the archive or file of each, and what an SBOM states about it.

The texts are for people who have never seen the manifest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sbom.components.versions import is_source_mismatch, parse_revision
from sbom.manifest.component_spec import UNKNOWN_LOCATION, ComponentSpec, Inclusion
from sbom.manifest.model import Manifest
from sbom.manifest.pins import Pin, Vendored
from sbom.manifest.ranges import line_in_range, version_in_range
from sbom.script.externals import FetchMethod


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a component was obtained; texts are empty if nothing is known.

    ``checksums`` are of what ``download_location`` leads to, as pairs of algorithm and lower-case
    hexadecimal digits; ``file_name`` is the name of that.
    """

    download_location: str = UNKNOWN_LOCATION
    file_name: str = ""
    checksums: tuple[tuple[str, str], ...] = ()
    source_info: str = ""
    comment: str = ""

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of what ``download_location`` leads to."""
        return dict(self.checksums).get("SHA256", "")


def download_location(manifest: Manifest, pin: Pin) -> str:
    """Return where an external is downloaded from.

    What a version control system delivers has the form of SPDX 2.3, clause 7.7; an external
    without a revision (``libffi``) is a branch and not a tag.
    """
    repository = manifest.repository_of(pin)
    cpython = manifest.cpython
    match pin.method:
        case FetchMethod.SVN:
            return f"svn+{repository}/{pin.tag}"
        case FetchMethod.GIT:
            return f"git+{repository}" + ("" if _is_whole(pin) else f"@{pin.tag}")
        case FetchMethod.RELEASE:
            template = cpython.release_url
        case FetchMethod.ARCHIVE:
            template = cpython.archive_url if pin.revision else cpython.branch_url
    # get_external.py keeps the asset under this name; GitHub's own name of it may differ.
    return template.format(
        organization=manifest.organization_of(pin),
        repository=repository,
        tag=pin.tag,
        asset=f"{pin.tag}.tar.xz",
    )


def _is_whole(pin: Pin) -> bool:
    """Return whether a git repository is the external, whose tag is the name of it."""
    return pin.repository.removesuffix(".git").rpartition("/")[2] == pin.tag


def find_provenance(
    manifest: Manifest, spec: ComponentSpec, inclusion: Inclusion, external: Pin | Vendored | None
) -> Provenance:
    """Return the provenance of a component in an external, in vendored code, or in neither."""
    match external:
        case Pin():
            return _of_pin(manifest, spec, inclusion, external)
        case Vendored():
            return _of_vendored(manifest, inclusion, external)
        case None:
            return _of_file(
                spec.download_location, spec.sha256, _joined(spec.source_info, inclusion.note)
            )


def root_provenance(manifest: Manifest, title: str = "") -> Provenance:
    """Return the provenance of CPython itself, built for the platform that ``title`` names."""
    cpython = manifest.cpython
    target = f" for {title}" if title else ""
    tag = f"tag v{cpython.version.rstrip('+')}"
    if cpython.version.endswith("+"):  # between two releases: no archive contains this tree
        source_info = f"CPython {cpython.version}{target}, built from a tree after {tag}"
        return Provenance(source_info=source_info)
    commit = f", commit {cpython.commit}" if cpython.commit else ""
    source_info = f"CPython {cpython.version}{target}, built from {tag}{commit}"
    location = cpython.source_location
    return Provenance(
        download_location=location,
        file_name=_file_name(location),
        checksums=_checksums(cpython.sha256),
        source_info=source_info,
    )


def _of_file(location: str, sha256: str, source_info: str, comment: str = "") -> Provenance:
    return Provenance(
        download_location=location,
        file_name=_file_name(location) if sha256 else "",
        checksums=_checksums(sha256),
        source_info=source_info,
        comment=comment,
    )


def _file_name(location: str) -> str:
    return location.rpartition("/")[2] if location != UNKNOWN_LOCATION else ""


def _checksums(sha256: str, sha512: str = "") -> tuple[tuple[str, str], ...]:
    pairs = (("SHA256", sha256), ("SHA512", sha512))
    return tuple((algorithm, value) for algorithm, value in pairs if value)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _of_pin(manifest: Manifest, spec: ComponentSpec, inclusion: Inclusion, pin: Pin) -> Provenance:
    location = download_location(manifest, pin)
    revision = parse_revision(spec, pin.revision)
    packaged = "" if inclusion.version or not revision.rebuild else pin.revision
    sources = [
        _describe_source(manifest, spec, pin, source)
        for built in spec.built_from
        if built.binary == pin.key and (source := manifest.get_pin(built.source)) is not None
    ]
    is_bundle = _is_bundle(manifest, pin)
    return Provenance(
        download_location=location,
        # Those of a bundle are not of one component in it: a copy of zlib is not tcltk's archive.
        file_name="" if is_bundle else _archive_name(pin, location),
        checksums=() if is_bundle else _checksums(pin.sha256, pin.sha512),
        source_info=_joined(
            _origin(manifest, pin),
            f"commit {pin.commit}" if pin.commit else "",
            f"packaged as revision {packaged}" if packaged else "",
            *sources,
            inclusion.note,
        ),
        comment=_describe_archive(pin, is_bundle=is_bundle) if pin.is_archive else "",
    )


def _archive_name(pin: Pin, location: str) -> str:
    if pin.method is FetchMethod.RELEASE:
        return _file_name(location)
    return f"{pin.tag}.tar.gz" if pin.is_archive else ""


def _origin(manifest: Manifest, pin: Pin) -> str:
    """Return where an external is from: ``tag zlib-1.3.1 of python/cpython-source-deps``."""
    repository = manifest.repository_of(pin)
    organization = f"{manifest.organization_of(pin)}/" if pin.is_archive else ""
    if pin.method is FetchMethod.GIT and _is_whole(pin):
        return f"git repository {repository}"
    return f"{_ref(pin)} of {organization}{repository}"


def _ref(pin: Pin) -> str:
    """Return what an external is in its repository: ``tag zlib-1.3.1``, a branch, a directory."""
    match pin.method:
        case FetchMethod.SVN:
            kind = "directory"
        case FetchMethod.RELEASE:
            kind = "release asset of tag"
        case _:
            kind = "tag" if pin.revision else "branch"
    return f"{kind} {pin.tag}"


def _describe_source(manifest: Manifest, spec: ComponentSpec, pin: Pin, source: Pin) -> str:
    """Return what is known of the source that a prebuilt binary was built from."""
    sha256 = f", SHA-256 {source.sha256}" if source.sha256 else ""
    archive = f"{_ref(source)} ({download_location(manifest, source)}{sha256})"
    if is_source_mismatch(spec, pin, source, manifest.cpython.line):
        return f"prebuilt; the source that PCbuild/get_externals.bat fetches is another: {archive}"
    return f"prebuilt from source {archive}"


def _is_bundle(manifest: Manifest, pin: Pin) -> bool:
    """Return whether an external brings several components, as tcltk brings Tcl, Tk and zlib."""
    line, key = manifest.cpython.line, pin.key
    brought = {
        spec.key
        for spec in manifest.components
        for row in spec.ships
        if row.external == key
        and line_in_range(line, row.lines)
        and version_in_range(pin.revision, row.revisions)
    }
    return len(brought) > 1


def _describe_archive(pin: Pin, *, is_bundle: bool) -> str:
    if not pin.sha256:
        return "No checksum of this archive is known."
    sentences = []
    if is_bundle:
        sentences.append(f"The archive contains other components too; its SHA-256 is {pin.sha256}.")
    if pin.verification_code:
        sentences.append(
            f"The archive contains {pin.file_count} files; "
            f"their SPDX package verification code is {pin.verification_code}."
        )
    if pin.mirror:
        sentences.append("Its checksums are those of a mirror's copy.")
    return " ".join(sentences)


def _of_vendored(manifest: Manifest, inclusion: Inclusion, vendored: Vendored) -> Provenance:
    """Return the provenance of code that CPython's repository, or a wheel in it, has a copy of.

    Checksums are of the component's own distribution: not of the wheel, or of CPython's archive,
    that the copy is in.
    """
    release = f"CPython {manifest.cpython.version}"
    if vendored.vendored_by:
        vendoring_package = manifest.get_vendored(vendored.vendored_by)
        version = f" {vendoring_package.version}" if vendoring_package else ""
        source_info = f"vendored in {vendored.vendored_by}{version}, which {release} bundles"
    elif vendored.wheel:
        source_info = f"{vendored.wheel}, bundled with {release}"
    else:
        source_info = f"vendored in {release}"
    comment = ""
    if vendored.verification_code:
        comment = (
            f"The SBOM in the source of {release} lists {vendored.file_count} files of it; "
            f"their SPDX package verification code is {vendored.verification_code}."
        )
    found = _of_file(
        vendored.download_location,
        vendored.sha256,
        _joined(source_info, inclusion.note),
        comment,
    )
    return replace(found, file_name=vendored.wheel) if vendored.wheel else found
