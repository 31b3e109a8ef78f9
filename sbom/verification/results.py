"""What is said of binaries held against what is in them: one row for each file and component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sbom.binaries.binary import Binary, EvidenceMatch, describe_matches, printable
from sbom.binaries.search import CompiledRule
from sbom.files.shipped_file import ShippedFile, is_executable
from sbom.verification.expectations import Expectation, Expectations, KnownFiles


class ResultStatus(StrEnum):
    """What evidence says of a claim."""

    CONFIRMED = "confirmed"
    BY_DIGEST = "confirmed by digest"
    SHOWN = "shown, nobody states it"
    PRESENT = "present, version not shown"
    CONTRADICTED = "contradicted"
    MISLABELED = "mislabeled tag"
    OTHER_BUILD = "another build"
    NOT_SHOWN = "not shown"
    NO_RULE = "no rule"
    FOUND = "in no list"
    UNKNOWN = "unknown binary"
    NO_PE = "no PE file"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Result:
    """One verdict: of a file, of a component in it, with what was expected and what was found.

    ``component`` is a component's name or the key path of an external, and empty where the
    verdict is of the whole file; ``key`` is the component's in the manifest; ``evidence``
    says in words what stands where.
    """

    file: str
    component: str
    expected: str
    found: str
    verdict: ResultStatus
    evidence: str = ""
    key: str = ""


def verify_binaries(
    files: Iterable[ShippedFile],
    claims: Expectations,
    rules: Sequence[CompiledRule],
    known: KnownFiles,
) -> tuple[Result, ...]:
    """Return the verdicts on the binaries among some files, in the order of their paths."""
    court = _Court(claims, rules, known)
    ordered = sorted(files, key=lambda file: file.path)
    return tuple(row for file in ordered for row in court.on(file))


class _Court:
    def __init__(
        self, claims: Expectations, rules: Sequence[CompiledRule], known: KnownFiles
    ) -> None:
        self._claims = claims
        self._rules = rules
        self._known = known
        self._family = {rule.component for rule in rules if rule.evidence.major_version_only}

    def on(self, file: ShippedFile) -> Iterator[Result]:
        """Yield the verdicts on one file."""
        claims = self._claims.by_path.get(file.path, ())
        binary = file.binary
        if binary is None:
            if is_executable(file.path):
                yield Result(file.path, "", "", "", ResultStatus.NO_PE)
            return
        if binary.image.damage:
            yield Result(file.path, "", "", "", ResultStatus.DAMAGED, binary.image.damage)
        if not claims and file.path not in self._claims.own:
            yield Result(file.path, "", "", described(binary), ResultStatus.UNKNOWN)
        for claim in claims:
            shown = [one for one in binary.findings if _of(one, claim.component)]
            if shown or not binary.image.damage:
                yield self._judged(claim, binary, shown)
        yield from self._asked_for(file.path, binary)
        yield from self._surprises(file.path, binary, {claim.component for claim in claims})

    def _judged(self, claim: Expectation, binary: Binary, shown: Sequence[EvidenceMatch]) -> Result:
        versions = [one.version for one in shown if one.version]
        digests = (binary.image.authenticode, binary.blob)
        if not versions:
            return self._by_digest(claim, digests, shown)
        verdict = ResultStatus.CONFIRMED if claim.version else ResultStatus.SHOWN
        if any(self._disagree(claim, of_rule) for of_rule in _by_rule(shown)):
            verdict = ResultStatus.CONTRADICTED
        elif claim.labeled and claim.labeled != claim.version:
            verdict = ResultStatus.MISLABELED
        elif not (self._is_build(claim, digests) and self._exactly(claim, versions)):
            verdict = ResultStatus.OTHER_BUILD
        return _row(claim, ", ".join(dict.fromkeys(versions)), verdict, shown)

    def _disagree(self, claim: Expectation, of_rule: Sequence[EvidenceMatch]) -> bool:
        """Return whether nothing that one rule found is what is claimed."""
        versions = [one.version for one in of_rule if one.version]
        return bool(versions) and not any(self._same(claim, version) for version in versions)

    def _same(self, claim: Expectation, version: str) -> bool:
        """Return whether a version is the one claimed, or one of its family."""
        first = claim.version.partition(".")[0]
        family = claim.component in self._family and version.partition(".")[0] == first
        return not claim.version or version in (claim.version, *claim.also) or family

    def _exactly(self, claim: Expectation, versions: Sequence[str]) -> bool:
        """Return whether versions are of what is claimed, as far as that goes: 14 of 14.42."""
        family = claim.component in self._family and claim.version
        return not family or all(f"{one}.".startswith(f"{claim.version}.") for one in versions)

    def _is_build(self, claim: Expectation, digests: Sequence[str]) -> bool:
        """Return whether a file is the one of its tag, as far as that is recorded."""
        recorded = self._known.of(claim.tag, claim.path)
        return not recorded or claim.linked_in or bool(recorded & set(digests))

    def _by_digest(
        self, claim: Expectation, digests: Sequence[str], shown: Sequence[EvidenceMatch]
    ) -> Result:
        """Return the verdict where no evidence tells a version: by digest, or by presence."""
        tags = self._known.tags(digests)
        held = {version for tag in tags if (version := self._known.version(claim.component, tag))}
        told = f"its digest is that of {', '.join(tags)}"
        if claim.tag in tags:
            return _row(claim, claim.version, ResultStatus.BY_DIGEST, shown, told)
        if held:
            found = ", ".join(sorted(held))
            return _row(claim, found, self._of_other_tags(claim, held), shown, told)
        if not claim.linked_in and self._known.of(claim.tag, claim.path):
            told = f"{claim.tag} has another file of this name"
            return _row(claim, "", ResultStatus.CONTRADICTED, shown, told)
        if shown:
            return _row(claim, "", ResultStatus.PRESENT, shown)
        return _row(
            claim,
            "",
            ResultStatus.NOT_SHOWN if self._listed(claim) else ResultStatus.NO_RULE,
            shown,
        )

    def _of_other_tags(self, claim: Expectation, held: set[str]) -> ResultStatus:
        """Return the verdict on a file that tags hold which are not the one claimed."""
        if not any(self._same(claim, version) for version in held):
            return ResultStatus.CONTRADICTED
        if self._known.of(claim.tag, claim.path):
            return ResultStatus.OTHER_BUILD
        return ResultStatus.BY_DIGEST if claim.version else ResultStatus.SHOWN

    def _listed(self, claim: Expectation) -> bool:
        """Return whether some rule of a component expects to find it in a file."""
        mine = (rule for rule in self._rules if rule.component == claim.component)
        return any(rule.lists(claim.path) for rule in mine if not rule.evidence.external)

    def _asked_for(self, path: str, binary: Binary) -> Iterator[Result]:
        """Yield verdicts on the tags that a build says it was told to take."""
        for one in binary.findings:
            if one.external is None:
                continue
            expected = self._claims.tags.get(one.external)
            if one.tag and expected:
                same = ResultStatus.CONFIRMED if one.tag == expected else ResultStatus.CONTRADICTED
                yield Result(
                    path,
                    str(one.external),
                    expected,
                    one.tag,
                    same,
                    describe_matches([one]),
                    str(one.external),
                )

    def _surprises(self, path: str, binary: Binary, claimed: set[str]) -> Iterator[Result]:
        """Yield components that nobody says are in a file, and are."""
        surprises: dict[str, list[EvidenceMatch]] = {}
        for one in binary.findings:
            if not one.tag and one.component not in claimed and self._is_guest(one, path):
                surprises.setdefault(one.component, []).append(one)
        for key, found in surprises.items():
            for version in dict.fromkeys(one.version for one in found if one.version) or [""]:
                shown = [one for one in found if one.version == version]
                yield Result(
                    path, key, "", version, ResultStatus.FOUND, describe_matches(shown), key
                )

    def _is_guest(self, finding: EvidenceMatch, path: str) -> bool:
        """Return whether a finding is of something in a file, and not of the file itself."""
        by_resource = not finding.place.startswith("0x")
        unclaimed = by_resource and path not in self._claims.by_path
        return finding.component != self._claims.root and not unclaimed


def _row(
    claim: Expectation,
    found: str,
    verdict: ResultStatus,
    shown: Sequence[EvidenceMatch],
    evidence: str = "",
) -> Result:
    expected = claim.version
    if verdict is ResultStatus.MISLABELED:
        expected, evidence = claim.labeled, f"the tag {claim.tag} says {claim.labeled}"
    told = "; ".join(part for part in (describe_matches(shown), evidence) if part)
    return Result(claim.path, claim.name, expected, found, verdict, told, claim.component)


def _of(finding: EvidenceMatch, component: str) -> bool:
    return finding.component == component and not finding.tag


def _by_rule(findings: Sequence[EvidenceMatch]) -> Iterable[list[EvidenceMatch]]:
    groups: dict[int, list[EvidenceMatch]] = {}
    for one in findings:
        groups.setdefault(one.rule, []).append(one)
    return groups.values()


def described(binary: Binary) -> str:
    """Return what a file says of itself, for one that nobody claims."""
    resource: Mapping[str, str] = dict(binary.image.resource)
    told = [resource.get(key, "") for key in ("ProductName", "FileVersion", "CompanyName")]
    return ", ".join(printable(text) for text in told if text)
