"""What ``verify`` is given, compared with an SBOM or with what the manifest declares."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sbom.bom.bom import Bom, BomFile
from sbom.bom.expected_contents import expected_contents
from sbom.components.component import Build
from sbom.diagnostics import Code, Diagnostic, sort_diagnostics
from sbom.diagnostics import inspection_messages as messages
from sbom.diagnostics.inspection_messages import other_python_version
from sbom.diagnostics.release_messages import invalid_document
from sbom.files.shipped_file import ShippedFile
from sbom.manifest.channels import version_named
from sbom.manifest.model import Manifest
from sbom.patterns import PathPatterns
from sbom.verification.identification import Identification
from sbom.verification.inspection import Inspection, inspect_files
from sbom.verification.listed_files import align_paths
from sbom.verification.missing_files import missing_of_bom
from sbom.verification.results import ResultStatus
from sbom.verification.signer_checks import check_installer_signature
from sbom.verification.target import VerifyTarget
from sbom.verification.trust import SignatureResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """How a target compares with an SBOM, or with the manifest, which ``compared_with`` names.

    ``matching_files`` counts the files that are as the SBOM lists them.
    """

    target: VerifyTarget
    identification: Identification
    compared_with: str
    platform: str
    inspection: Inspection
    matching_files: int
    diagnostics: tuple[Diagnostic, ...]
    signatures: tuple[SignatureResult, ...] = ()


def verify_target(
    target: VerifyTarget,
    manifest: Manifest,
    builds: Sequence[Build],
    identification: Identification,
    document: tuple[str, Bom] | None,
) -> Verification:
    """Return how a target compares with a document, given by name, or else with the manifest.

    Its binaries may be of any of the builds, which are of one platform.
    """
    unnamed: list[Diagnostic] = []
    if document:
        aligned, unnamed = _without_unnamed(*document)
        document = document[0], align_paths(aligned, [file.path for file in target.files])
    expected = replace(
        expected_contents(manifest, builds),
        prefix=target.prefix,
        runtime_files=PathPatterns(manifest.layout.runtime_files),
        is_complete=False,
    )
    name, bom = document or (f"{manifest.file} for CPython {manifest.cpython.version}", None)
    is_installer = _is_installer(target, manifest)
    files = () if is_installer else target.files
    inspection = inspect_files(target.name, files, expected, bom=bom)
    diagnostics = [*target.diagnostics, *unnamed, *inspection.diagnostics]
    if target.file and target.can_be_signed:
        packages = [package.archive for package in target.packages.values()]
        inside = (*packages, *target.files)
        diagnostics += check_installer_signature(target.name, target.file, inside, manifest)
    for path, package in target.packages.items():
        diagnostics += check_installer_signature(
            target.name, package.archive, package.members, manifest, path
        )
    matching = 0
    if is_installer:
        reason = "named like an installer, but neither a WiX bundle nor an MSI"
        hint = "download it again, or verify what it installs"
        diagnostics.append(messages.not_inspected(target.name, "", reason, hint))
    if bom:
        matching, mismatches = _compare_files(target, bom, expected.runtime_files)
        # A binary that belongs to no component was reported by what it contains.
        reported = {item.subject for item in diagnostics if item.code is Code.UNOWNED_FILE}
        diagnostics += [item for item in mismatches if item.subject not in reported]
        diagnostics += _compare_archive(target, bom)
    else:
        diagnostics += _compare_version(target, identification, manifest)
    if not is_installer and not _is_python(target, identification, inspection, bom):
        diagnostics.append(messages.no_python(target.name))
    return Verification(
        target=target,
        identification=identification,
        compared_with=name,
        platform=builds[0].platform,
        inspection=inspection,
        matching_files=matching,
        diagnostics=sort_diagnostics(diagnostics),
    )


def without_cpython_version(verification: Verification, component: str) -> Verification:
    """Return how a target compares where no version of CPython, of that key, is declared."""
    results = tuple(
        replace(result, expected="", status=ResultStatus.DETECTED)
        if result.key == component and result.status is ResultStatus.CONFIRMED
        else result
        for result in verification.inspection.results
    )
    return replace(verification, inspection=replace(verification.inspection, results=results))


def _is_python(
    target: VerifyTarget, identification: Identification, inspection: Inspection, bom: Bom | None
) -> bool:
    """Return whether there is something to verify: CPython, one binary, or what a BOM lists."""
    if target.file in target.files or identification.cpython:
        return True
    listed = {file.path for file in bom.files} if bom else set()
    return any(
        file.path in listed or _path_in_bom(file.path, listed) in listed for file in target.files
    ) or (bom is not None and any(result.expected for result in inspection.results))


def _is_installer(target: VerifyTarget, manifest: Manifest) -> bool:
    """Return whether a target is a file with the name of an installer, and was not opened."""
    if not target.is_one_binary:
        return False
    installers = [channel for channel in manifest.channels if channel.format == "installer"]
    return target.file is not None and bool(version_named(installers, target.file.path))


def _without_unnamed(name: str, bom: Bom) -> tuple[Bom, list[Diagnostic]]:
    """Return a BOM without the files that it gives no path, and a diagnostic for each of those."""
    named: list[BomFile] = []
    unnamed: list[BomFile] = []
    for file in bom.files:
        (named if file.path.strip("./\\ ") else unnamed).append(file)
    message = "lists a file without a name, which can be compared with nothing"
    hint = "name the file, or remove it"
    diagnostics = [invalid_document(name, file.id, message, hint) for file in unnamed]
    return replace(bom, files=tuple(named)), diagnostics


def _compare_files(
    target: VerifyTarget, bom: Bom, runtime_files: PathPatterns
) -> tuple[int, list[Diagnostic]]:
    """Return how many files are as a BOM lists them, and how the others differ.

    A BOM that lists no files states nothing about them.
    """
    listed: dict[str, list[BomFile]] = {}
    for entry in bom.files:
        listed.setdefault(entry.path, []).append(entry)
    if not listed:
        return 0, []
    present = {_path_in_bom(file.path, listed): file for file in target.files}
    diagnostics: list[Diagnostic] = []
    if target.is_one_binary:
        present = {_path_of_name(path, listed): file for path, file in present.items()}
    else:
        diagnostics += missing_of_bom(target.name, listed.keys() - present.keys(), bom)
    matching = 0
    for path, file in present.items():
        if path in listed:
            stated = [_checksums(entry) for entry in listed[path]]
            mismatches = [
                mismatch
                for checksums in stated
                for mismatch in _compare_checksums(target, path, file, checksums)
            ]
            matching += any(map(any, map(dict.values, stated))) and not mismatches
            diagnostics += mismatches
        elif not runtime_files.matches(path):
            diagnostics.append(messages.unowned_file(target.name, path, unlisted_in="the SBOM"))
    return matching, diagnostics


def _checksums(entry: BomFile) -> dict[str, str]:
    return {"SHA1": entry.sha1, "SHA256": entry.sha256, "SHA512": entry.sha512}


def _path_in_bom(path: str, listed: Collection[str]) -> str:
    """Return a path as a BOM writes it: of a member of a nested package, it may be that only."""
    for position, letter in enumerate(path):
        if letter == "/" and path not in listed and path[:position] in listed:
            return path[position + 1 :]
    return path


def _path_of_name(name: str, listed: Collection[str]) -> str:
    """Return where a BOM lists a file of a name, if that is one place; else the name itself."""
    places = [path for path in listed if path.rpartition("/")[2].lower() == name.lower()]
    return places[0] if name not in listed and len(places) == 1 else name


def _compare_archive(target: VerifyTarget, bom: Bom) -> Iterator[Diagnostic]:
    """Yield how an archive, or a binary by itself, differs from what a BOM states about it."""
    packages = {component.file_name: dict(component.checksums) for component in bom.components}
    if target.file and (checksums := packages.get(target.file.path)):
        yield from _compare_checksums(target, "", target.file, checksums)


def _compare_checksums(
    target: VerifyTarget, member: str, file: ShippedFile, checksums: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Yield that a file differs from what is listed of it, by its strongest checksum.

    Without a checksum, or with others than these, it is unknown whether it differs.
    """
    strongest_first = {"SHA512": file.sha512, "SHA256": file.sha256, "SHA1": file.sha1}
    for algorithm, actual in strongest_first.items():
        listed = checksums.get(algorithm, "")
        if listed not in ("", actual):
            expected = f"{algorithm} {listed}"
            yield messages.file_mismatch(target.name, member, expected=expected, found=actual)
            return


def _compare_version(
    target: VerifyTarget, identification: Identification, manifest: Manifest
) -> Iterator[Diagnostic]:
    """Yield that binaries are of another CPython version than the manifest."""
    version = manifest.cpython.version.rstrip("+")
    if identification.cpython and version not in identification.cpython:
        yield other_python_version(target.name, version, identification.cpython[0])
