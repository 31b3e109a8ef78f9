"""Binaries compared with what is expected of them: one result for each file and component."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sbom.binaries.binary import Binary, EvidenceMatch, describe_matches
from sbom.diagnostics import Diagnostic
from sbom.diagnostics import inspection_messages as messages
from sbom.diagnostics.inspection_messages import unreadable_file
from sbom.diagnostics.render import printable
from sbom.files.shipped_file import ShippedFile, is_executable
from sbom.verification.expectations import Expectation, KnownDlls


class ResultStatus(StrEnum):
    """How the evidence in a binary compares with what was expected."""

    CONFIRMED = "confirmed"
    CONFIRMED_BY_DIGEST = "confirmed by digest"
    DETECTED = "detected, not declared"  # the component is expected, but no version of it
    PRESENT = "present, version unknown"
    VERSION_MISMATCH = "version mismatch"
    MISLABELED_TAG = "mislabeled tag"
    UNEXPECTED_BUILD = "unexpected build"
    NO_EVIDENCE = "no evidence"
    NO_RULE = "no evidence rule"
    UNDECLARED = "undeclared"
    UNOWNED = "unowned"
    NOT_PE = "not a PE file"
    DAMAGED = "damaged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What was expected of one component in one file, and what was found.

    ``component`` is the component's name or the key path of an external, and empty if the
    result is about the whole file; ``key`` is the component's key in the manifest; ``found`` are
    the versions or tags that the file shows, or what its version resource states if it belongs to
    no component; ``evidence`` says in words what stands where in the file.
    """

    file: str
    component: str = ""
    key: str = ""
    expected: str = ""
    found: tuple[str, ...] = ()
    status: ResultStatus
    evidence: str = ""

    @property
    def found_text(self) -> str:
        """Return what was found in words; empty if that is nothing."""
        return ", ".join(self.found)


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryVerifier:
    """Compares binaries with what they should contain.

    ``expectations`` are by path; ``tags`` are those that the build should have been given, by the
    keys of externals; ``owned`` paths belong to CPython or to a component, whatever they contain;
    ``cpython`` is the key of CPython's own component.
    """

    expectations: Mapping[str, Sequence[Expectation]]
    tags: Mapping[str, str]
    owned: Collection[str]
    cpython: str
    known_dlls: KnownDlls

    def verify(self, files: Iterable[ShippedFile]) -> Iterator[Result]:
        """Yield the results of the binaries among files, in the order of their paths."""
        for file in sorted(files, key=lambda file: file.path):
            if file.binary:
                yield from self._verify_binary(file.path, file.binary)
            elif is_executable(file.path):
                yield Result(file=file.path, status=ResultStatus.NOT_PE)

    def _verify_binary(self, path: str, binary: Binary) -> Iterator[Result]:
        parse_error = binary.headers.parse_error
        if parse_error:
            yield Result(file=path, status=ResultStatus.DAMAGED, evidence=parse_error)
        expected = self.expectations.get(path, ())
        if not expected and path not in self.owned:
            found = _describe_version_resource(binary)
            yield Result(file=path, status=ResultStatus.UNOWNED, found=_known(found))
        for expectation in expected:
            matches = _matches_of(binary, expectation.component)
            if matches or not parse_error:
                yield self._verify_component(expectation, binary, matches)
        yield from self._verify_tags(path, binary)
        yield from self._find_undeclared(
            path, binary, {expectation.component for expectation in expected}
        )

    def _verify_component(
        self, expectation: Expectation, binary: Binary, matches: Sequence[EvidenceMatch]
    ) -> Result:
        """Return how the versions that evidence shows compare with the expected one."""
        versions = _versions(matches)
        if not versions:
            return self._verify_digest(expectation, binary, matches)
        status = ResultStatus.CONFIRMED if expectation.version else ResultStatus.DETECTED
        if not all(_accepts_any(expectation, [found]) for found in versions):
            status = ResultStatus.VERSION_MISMATCH
        elif expectation.labeled_version not in ("", expectation.version):
            status = ResultStatus.MISLABELED_TAG
        elif not _is_file_of_tag(expectation, binary) or not _is_exact(expectation, versions):
            status = ResultStatus.UNEXPECTED_BUILD
        return _result(expectation, status, versions, matches)

    def _verify_digest(
        self, expectation: Expectation, binary: Binary, matches: Sequence[EvidenceMatch]
    ) -> Result:
        """Return what a binary is by its digest, where no evidence shows a version."""
        tags = self.known_dlls.find_tags(binary.digests)
        known = {self.known_dlls.get_version(expectation.component, tag) for tag in tags} - {""}
        evidence = f"its digest is that of {', '.join(tags)}"
        if expectation.tag in tags:
            status = ResultStatus.CONFIRMED_BY_DIGEST
            return _result(expectation, status, _known(expectation.version), matches, evidence)
        if known:
            status = _status_of_other_tag(expectation, known)
            return _result(expectation, status, sorted(known), matches, evidence)
        if expectation.tag_digests and not expectation.is_linked_in:
            evidence = f"{expectation.tag} has another file of this name"
            return _result(expectation, ResultStatus.VERSION_MISMATCH, (), matches, evidence)
        if matches:
            return _result(expectation, ResultStatus.PRESENT, (), matches)
        has_rule = expectation.has_evidence_rule
        status = ResultStatus.NO_EVIDENCE if has_rule else ResultStatus.NO_RULE
        return _result(expectation, status, (), matches)

    def _verify_tags(self, path: str, binary: Binary) -> Iterator[Result]:
        """Yield how the tags that the build was given compare with the expected ones."""
        for match in binary.matches:
            expected = self.tags.get(match.external)
            if match.tag and expected:
                yield Result(
                    file=path,
                    component=match.external,
                    key=match.external,
                    expected=expected,
                    found=(match.tag,),
                    status=ResultStatus.CONFIRMED
                    if match.tag == expected
                    else ResultStatus.VERSION_MISMATCH,
                    evidence=describe_matches([match]),
                )

    def _find_undeclared(self, path: str, binary: Binary, expected: set[str]) -> Iterator[Result]:
        """Yield components that evidence shows in a file and that are not expected there."""
        undeclared: dict[str, list[EvidenceMatch]] = {}
        for match in binary.matches:
            if not match.tag and match.component not in expected and self._is_foreign(match, path):
                undeclared.setdefault(match.component, []).append(match)
        for component, matches in undeclared.items():
            for version in _versions(matches) or ("",):
                evidence = [match for match in matches if match.version == version]
                yield Result(
                    file=path,
                    component=component,
                    key=component,
                    found=_known(version),
                    status=ResultStatus.UNDECLARED,
                    evidence=describe_matches(evidence),
                )

    def _is_foreign(self, match: EvidenceMatch, path: str) -> bool:
        """Return whether evidence is of a component in a file, not of the unowned file itself."""
        is_of_file = match.offset is None and path not in self.expectations
        return match.component != self.cpython and not is_of_file


def _known(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _result(
    expectation: Expectation,
    status: ResultStatus,
    found: Sequence[str],
    matches: Sequence[EvidenceMatch],
    evidence: str = "",
) -> Result:
    expected = expectation.version
    if status is ResultStatus.MISLABELED_TAG:
        expected = expectation.labeled_version
        evidence = f"the tag {expectation.tag} names {expectation.labeled_version}"
    return Result(
        file=expectation.path,
        component=expectation.name,
        key=expectation.component,
        expected=expected,
        found=tuple(found),
        status=status,
        evidence="; ".join(filter(None, (describe_matches(matches), evidence))),
    )


def _status_of_other_tag(expectation: Expectation, versions: set[str]) -> ResultStatus:
    """Return the status of a DLL that is known from other tags than the expected one."""
    if not _accepts_any(expectation, versions):
        return ResultStatus.VERSION_MISMATCH
    if expectation.tag_digests:
        return ResultStatus.UNEXPECTED_BUILD
    return ResultStatus.CONFIRMED_BY_DIGEST if expectation.version else ResultStatus.DETECTED


def _accepts_any(expectation: Expectation, versions: Iterable[str]) -> bool:
    """Return whether one of the versions is expected, or of the expected major version."""
    if not expectation.version:
        return True
    major = expectation.version.partition(".")[0]
    return any(
        version in (expectation.version, *expectation.other_versions)
        or (expectation.major_version_only and version.partition(".")[0] == major)
        for version in versions
    )


def _is_exact(expectation: Expectation, versions: Iterable[str]) -> bool:
    """Return whether versions start with the expected one, where only the major one counts."""
    if not (expectation.major_version_only and expectation.version):
        return True
    return all(f"{version}.".startswith(f"{expectation.version}.") for version in versions)


def _is_file_of_tag(expectation: Expectation, binary: Binary) -> bool:
    """Return whether a file is the one in its tag, as far as that is recorded."""
    recorded = expectation.tag_digests
    return not recorded or expectation.is_linked_in or not recorded.isdisjoint(binary.digests)


def _matches_of(binary: Binary, component: str) -> list[EvidenceMatch]:
    return [match for match in binary.matches if match.component == component and not match.tag]


def _versions(matches: Iterable[EvidenceMatch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.version for match in matches if match.version))


def _describe_version_resource(binary: Binary) -> str:
    """Return name and version from a file's version resource."""
    resource = binary.headers.version_resource
    texts = [resource.get(key, "") for key in ("ProductName", "FileVersion", "CompanyName")]
    return ", ".join(printable(text) for text in texts if text)


def result_diagnostics(name: str, results: Iterable[Result]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each result that is not as expected."""
    for result in results:
        if diagnostic := _diagnose(name, result):
            yield diagnostic


def _diagnose(  # noqa: PLR0911 - one return for each status
    name: str, result: Result
) -> Diagnostic | None:
    file, found, evidence = result.file, result.found_text, result.evidence
    expected = f"{result.component} {result.expected}".rstrip()
    match result.status:
        case ResultStatus.VERSION_MISMATCH | ResultStatus.MISLABELED_TAG:
            return messages.version_mismatch(
                name,
                file,
                expected=expected,
                found=found or "another file",
                evidence=evidence,
                is_mislabeled=result.status is ResultStatus.MISLABELED_TAG,
            )
        case ResultStatus.UNEXPECTED_BUILD:
            other = found if found != result.expected else "another build of it"
            return messages.unexpected_build(
                name, file, expected=expected, found=other, evidence=evidence
            )
        case ResultStatus.NO_EVIDENCE:
            return messages.no_evidence(name, file, expected)
        case ResultStatus.UNDECLARED:
            component = f"{result.component} {found}".rstrip()
            return messages.undeclared_component(name, file, component, evidence)
        case ResultStatus.UNOWNED:
            return messages.unowned_file(name, file, version_resource=found)
        case ResultStatus.NOT_PE | ResultStatus.DAMAGED:
            return unreadable_file(name, file, evidence or result.status)
        case _:
            return None
