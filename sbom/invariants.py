"""What must hold of a document beyond the standard; each broken invariant is a problem.

Reads the plain JSON of an SPDX 2.3 document, ours or anybody's, in linear time. Shares no code
with what builds documents, so that a mistake there is not repeated here. A value of the wrong
JSON type is read as missing: that it is wrong is for the schemas to say.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from license_expression import ExpressionError, Licensing, get_license_index
from packageurl import PackageURL

from sbom.problems import Code, Problem, in_order

Table = Mapping[str, Any]
#: Where, the sentence, the hint.
Finding = tuple[str, str, str]

#: What ntia-conformance-checker 6.0.0 follows, away from the document (its constants.py).
FOLLOWED = frozenset(
    "DESCRIBES CONTAINS DEPENDS_ON DYNAMIC_LINK STATIC_LINK HAS_PREREQUISITE".split()
)
#: Hexadecimal digits of each algorithm; MD6 and BLAKE3 have no fixed length.
_DIGITS = {
    name: int(digits)
    for name, digits in re.findall(
        r"(\S+)=(\d+)",
        "ADLER32=8 MD2=32 MD4=32 MD5=32 MD6=0 BLAKE3=0 "
        "SHA1=40 SHA224=56 SHA256=64 SHA384=96 SHA512=128 SHA3-256=64 SHA3-384=96 SHA3-512=128 "
        "BLAKE2b-256=64 BLAKE2b-384=96 BLAKE2b-512=128",
    )
}
#: A CPE 2.3 name: NISTIR 7695, clause 6.2, the formatted string binding.
_CPE_VALUE = r"(?:[*-]|(?:\?+|\*)?(?:[\w.\-]|\\[^\w\s])+(?:\?+|\*)?)"
CPE = re.compile(rf"cpe:2\.3:[aho*-](?::{_CPE_VALUE}){{10}}", re.ASCII)
_EARLY = re.compile(r"(\d+(?:\.\d+)*)-?(alpha|beta|rc|a|b)(\d+)")
_EARLY_WORDS = {"a": "alpha", "b": "beta"}
_NOTHING = ("", "NONE", "NOASSERTION")


def broken(data: Table, file: str) -> tuple[Problem, ...]:
    """Return a problem for each invariant that a document breaks, in order of place."""
    read = Document(data)
    return in_order(
        Problem(code=Code.DOCUMENT, file=file, where=where, message=message, hint=hint)
        for check in CHECKS
        for where, message, hint in check(read)
    )


# Reading.


def text(table: Table, key: str) -> str:
    """Return a text without the blanks around it; empty where there is none."""
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def texts(table: Table, key: str) -> list[str]:
    """Return the texts of an array."""
    value = table.get(key)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def table(data: Table, key: str) -> Table:
    """Return an object; empty where there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def rows(data: Table, key: str) -> list[Table]:
    """Return the objects of an array."""
    value = data.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def references(package: Table, kind: str) -> list[str]:
    """Return the locators of a package's external references of one type."""
    refs = rows(package, "externalRefs")
    return [text(ref, "referenceLocator") for ref in refs if text(ref, "referenceType") == kind]


def parsed_purl(purl: str) -> PackageURL | None:
    """Return a package URL, or None if it is none."""
    try:
        return PackageURL.from_string(purl)
    except ValueError:
        return None


@dataclass(frozen=True)
class Document:
    """The JSON of a document, and what several invariants need of it."""

    data: Table

    @cached_property
    def packages(self) -> list[Table]:
        """The packages."""
        return rows(self.data, "packages")

    @cached_property
    def files(self) -> list[Table]:
        """The files."""
        return rows(self.data, "files")

    @cached_property
    def ids(self) -> Counter[str]:
        """How often each SPDX id is given."""
        everything = [self.data, *self.packages, *self.files, *rows(self.data, "snippets")]
        return Counter(text(one, "SPDXID") for one in everything)

    @cached_property
    def edges(self) -> list[tuple[str, str, str]]:
        """The relationships as written: left end, type, right end."""
        keys = ("spdxElementId", "relationshipType", "relatedSpdxElement")
        return [
            (text(row, keys[0]), text(row, keys[1]), text(row, keys[2]))
            for row in rows(self.data, "relationships")
        ]

    @cached_property
    def forward(self) -> set[tuple[str, str, str]]:
        """The relationships forwards, with those that SPDX 2.2 had fields for."""
        turned = {"DESCRIBED_BY": "DESCRIBES", "CONTAINED_BY": "CONTAINS"}
        found = {
            (right, turned[kind], left) if kind in turned else (left, kind, right)
            for left, kind, right in self.edges
        }
        for described in texts(self.data, "documentDescribes"):
            found.add((text(self.data, "SPDXID"), "DESCRIBES", described))
        for package in self.packages:
            for one in texts(package, "hasFiles"):
                found.add((text(package, "SPDXID"), "CONTAINS", one))
        return found

    @cached_property
    def roots(self) -> list[str]:
        """The ids that the document describes, sorted."""
        document = text(self.data, "SPDXID")
        return sorted(
            right for left, kind, right in self.forward if (left, kind) == (document, "DESCRIBES")
        )

    @cached_property
    def contained(self) -> dict[str, list[Table]]:
        """The files directly in each package."""
        by_id = {text(file, "SPDXID"): file for file in self.files}
        found: dict[str, list[Table]] = {}
        for left, kind, right in self.forward:
            if kind == "CONTAINS" and right in by_id:
                found.setdefault(left, []).append(by_id[right])
        return found


# Licences.


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence that license_expression's index names."""

    id: str
    listed: bool
    deprecated: bool
    restrictive: bool


@cache
def licence_list() -> Mapping[str, Licence]:
    """Return the licences of license_expression's index by their lower-case ids.

    What is deprecated on SPDX's list, the index has as another id of its successor or marks.
    """
    found: dict[str, Licence] = {}
    for row in get_license_index():
        category = row["category"].lower()
        restrictive = any(word in category for word in ("copyleft", "restricted", "non-commercial"))
        current = row.get("spdx_license_key") or ""
        for id_ in (current, *row["other_spdx_license_keys"]):
            listed = not id_.startswith("LicenseRef-")
            deprecated = listed and (id_ != current or row["is_deprecated"])
            found[id_.lower()] = Licence(id_, listed, deprecated, restrictive)
    return found


def licence_of(id_: str) -> Licence | None:
    """Return a licence by its id, in whatever case; ``Apache-2.0+`` is Apache-2.0."""
    listed, name = licence_list(), id_.lower()
    return listed.get(name) or listed.get(name.removesuffix("+"))


@cache
def licence_ids(expression: str) -> tuple[str, ...] | None:
    """Return the licences of an expression, ``A WITH B`` as one; None if it is no expression."""
    licensing = Licensing()
    try:
        parsed = licensing.parse(expression)
        symbols = licensing.license_symbols(parsed, decompose=False)
        return tuple(symbol.render("{symbol.key}") for symbol in symbols)
    except (ExpressionError, TypeError, ValueError, RecursionError):
        return None


# Invariants: ids and relationships.


def ids_are_unique(read: Document) -> Iterator[Finding]:
    """Ask for each SPDX id to be given once."""
    for id_, times in read.ids.items():
        if id_ and times > 1:
            yield id_, f"{times} elements have this id", "give each element an id of its own"


def ends_exist(read: Document) -> Iterator[Finding]:
    """Ask for relationships between elements, or with those of a document that is named."""
    outside = {text(row, "externalDocumentId") for row in rows(read.data, "externalDocumentRefs")}
    for left, kind, right in read.forward:
        for end, other in ((left, right), (right, left)):
            known = end in read.ids or end in ("NONE", "NOASSERTION")
            if end and (known or end.partition(":")[0] in outside):
                continue
            yield (
                other,
                f"{kind}: there is no element {end or 'at its other end'}",
                "add or drop it",
            )


def one_root(read: Document) -> Iterator[Finding]:
    """Ask for exactly one element that the document describes."""
    if len(read.roots) != 1:
        said = f"describes {', '.join(read.roots) or 'nothing'}"
        yield text(read.data, "SPDXID"), said, "let SPDXRef-DOCUMENT DESCRIBES exactly one package"


def root_is_matched(read: Document) -> Iterator[Finding]:
    """Ask for a root that is matched: grype takes a FILE or CONTAINER for what it scans."""
    for package in read.packages:
        purpose = text(package, "primaryPackagePurpose")
        if text(package, "SPDXID") in read.roots and purpose in ("FILE", "CONTAINER"):
            message = f"the root's purpose is {purpose}, so grype does not look it up"
            yield text(package, "SPDXID"), message, "say APPLICATION, INSTALL or ARCHIVE"


def all_is_reachable(read: Document) -> Iterator[Finding]:
    """Ask for a way from the document to each package, over relationships that are followed."""
    ends: dict[str, list[str]] = {}
    for left, kind, right in read.forward:
        if kind in FOLLOWED:
            ends.setdefault(left, []).append(right)
    waiting = [text(read.data, "SPDXID")]
    reached = set(waiting)
    while waiting:
        new = set(ends.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    for package in read.packages:
        if text(package, "SPDXID") not in reached:
            hint = f"relate it to the root by one of {', '.join(sorted(FOLLOWED))}"
            yield text(package, "SPDXID"), "cannot be reached from the document", hint


def no_relationship_twice(read: Document) -> Iterator[Finding]:
    """Ask for each relationship once; spdx-tools does not tell."""
    for (left, kind, right), times in Counter(read.edges).items():
        if times > 1:
            yield left, f"{kind} {right} is said {times} times", "say it once"


def nothing_is_dropped(read: Document) -> Iterator[Finding]:
    """Ask for no package right of GENERATED_FROM: https://github.com/anchore/syft/pull/3981."""
    packages = {text(package, "SPDXID") for package in read.packages}
    for left, kind, right in read.edges:
        if kind == "GENERATED_FROM" and right in packages:
            message = f"is to the right of GENERATED_FROM (from {left}), so grype drops it"
            yield right, message, "say in sourceInfo where a binary came from"


# Invariants: identifiers.


def one_purl(read: Document) -> Iterator[Finding]:
    """Ask for at most one purl, which parses and has the version of versionInfo."""
    for package in read.packages:
        where, purls = text(package, "SPDXID"), references(package, "purl")
        if len(purls) > 1:
            yield where, f"has {len(purls)} purls; consumers take the first", "keep one"
        for purl in purls:
            yield from _purl_findings(where, purl, text(package, "versionInfo"))


def _purl_findings(where: str, purl: str, version: str) -> Iterator[Finding]:
    parsed = parsed_purl(purl)
    if parsed is None:
        yield where, f"{purl} is no purl", "see github.com/package-url/purl-spec"
        return
    said = parsed.version or ""
    if said != version:
        yield where, f"the purl says version {said!r}, versionInfo {version!r}", "let them agree"


def cpes_agree(read: Document) -> Iterator[Finding]:
    """Ask for well-formed CPEs of the version of versionInfo, a pre-release as the update."""
    for package in read.packages:
        where, version = text(package, "SPDXID"), text(package, "versionInfo")
        for cpe in references(package, "cpe23Type"):
            if not CPE.fullmatch(cpe):
                yield where, f"{cpe} is no CPE 2.3 name", "see NISTIR 7695, clause 6.2"
                continue
            said = _cpe_version(cpe)
            if said != _as_in_cpe(version):
                message = f"the CPE says version {':'.join(said)!r}, versionInfo {version!r}"
                hint = f"NVD's form of that version is {':'.join(_as_in_cpe(version))!r}"
                yield where, message, hint


def _cpe_version(cpe: str) -> tuple[str, str]:
    """Return version and update of a CPE, unquoted; ``rc1`` and ``alpha1`` as NVD has them."""
    fields = re.split(r"(?<!\\):", cpe)
    version, update = (re.sub(r"\\(.)", r"\1", field) for field in fields[5:7])
    short = re.fullmatch(r"(a|b)(\d+)", update)
    return version, _EARLY_WORDS[short[1]] + short[2] if short else update.replace("-", "*")


def _as_in_cpe(version: str) -> tuple[str, str]:
    """Return version and update that NVD's dictionary has: ``3.15.0`` and ``rc1``."""
    early = _EARLY.fullmatch(version.lower())
    if early is None:
        return version.lower() or "*", "*"
    return early[1], _EARLY_WORDS.get(early[2], early[2]) + early[3]


def categories_are_spelt(read: Document) -> Iterator[Finding]:
    """Ask for PACKAGE-MANAGER: https://github.com/spdx/tools-python/issues/813."""
    for package in read.packages:
        for reference in rows(package, "externalRefs"):
            said = text(reference, "referenceCategory")
            if "_" in said:
                hint = f"write {said.replace('_', '-')}; schema 2.3.0 knows no other spelling"
                yield text(package, "SPDXID"), f"the reference category is {said}", hint


# Invariants: licences.

_PACKAGE_LICENCES = ("licenseConcluded", "licenseDeclared", "licenseInfoFromFiles")
_FILE_LICENCES = ("licenseConcluded", "licenseInfoInFiles")


def licences_are_known(read: Document) -> Iterator[Finding]:
    """Ask for licences of the SPDX list that are not deprecated, or for their texts."""
    extracted = {
        text(row, "licenseId")
        for row in rows(read.data, "hasExtractedLicensingInfos")
        if text(row, "extractedText")
    }
    places = [(package, key) for package in read.packages for key in _PACKAGE_LICENCES]
    places += [(file, key) for file in read.files for key in _FILE_LICENCES]
    for element, key in places:
        for expression in texts(element, key) or [text(element, key)]:
            for message, hint in _licence_faults(expression, extracted):
                yield text(element, "SPDXID"), f"{key}: {message}", hint


def _licence_faults(expression: str, extracted: set[str]) -> Iterator[tuple[str, str]]:
    if expression in _NOTHING:
        return
    ids = licence_ids(expression)
    if ids is None:
        yield f"{expression} is no licence expression", "see SPDX 2.3, annex D"
    for part in (part for id_ in ids or () for part in re.split(r" WITH ", id_)):
        known = licence_of(part)
        if part.startswith(("LicenseRef-", "DocumentRef-")):
            if part.startswith("LicenseRef-") and part not in extracted:
                yield f"{part} has no extracted text", "add it to hasExtractedLicensingInfos"
        elif known is None or not known.listed:
            hint = "license_expression's copy of the list lacks it; a LicenseRef needs a text"
            yield f"{part} is not on the SPDX licence list", hint
        elif known.deprecated:
            yield f"{part} is deprecated on the SPDX licence list", "write what replaces it"
        elif known.id != part.removesuffix("+") and known.id != part:
            yield f"{part} is written {known.id} on the SPDX licence list", "write it so"


# Invariants: files and digests.


def analysis_is_explicit(read: Document) -> Iterator[Finding]:
    """Ask for filesAnalyzed, true only with the verification code of the files that are there."""
    for package in read.packages:
        where, analysed = text(package, "SPDXID"), package.get("filesAnalyzed")
        code = text(table(package, "packageVerificationCode"), "packageVerificationCodeValue")
        if not isinstance(analysed, bool):
            yield where, "filesAnalyzed is not said, which means true", "say true or false"
        elif analysed and not code:
            hint = "add packageVerificationCode, or say false"
            yield where, "filesAnalyzed is true, without a verification code", hint
        elif analysed:
            yield from _code_findings(package, code, read.contained.get(where, []))


def _code_findings(package: Table, code: str, files: list[Table]) -> Iterator[Finding]:
    where = text(package, "SPDXID")
    skipped = texts(
        table(package, "packageVerificationCode"), "packageVerificationCodeExcludedFiles"
    )
    counted = [file for file in files if text(file, "fileName") not in skipped]
    digests = [digest for file in counted if (digest := _sha1(file))]
    if len(digests) != len(counted):
        lacking = len(counted) - len(digests)
        message = f"the verification code cannot be checked: {lacking} files have no SHA1"
        yield where, message, "give every contained file its SHA1"
        return
    joined = "".join(sorted(digests)).encode("utf-8", "replace")
    right = hashlib.sha1(joined, usedforsecurity=False).hexdigest()
    if right != code:
        message = f"the verification code is {code}; that of its {len(digests)} files is {right}"
        yield where, message, "SPDX 2.3, clause 7.9 says how it is computed"


def _sha1(file: Table) -> str:
    found = (row for row in rows(file, "checksums") if text(row, "algorithm") == "SHA1")
    return next((text(row, "checksumValue") for row in found), "")


def checksums_are_well_formed(read: Document) -> Iterator[Finding]:
    """Ask for the lower-case digits of each checksum's algorithm."""
    for element in [*read.packages, *read.files]:
        for row in rows(element, "checksums"):
            algorithm, value = text(row, "algorithm"), text(row, "checksumValue")
            digits = _DIGITS.get(algorithm)
            if digits is None:
                message = f"{algorithm or 'a checksum'} is no algorithm of SPDX 2.3"
                hint = f"one of {', '.join(sorted(_DIGITS))}"
            elif not re.fullmatch(r"[0-9a-f]+", value) or digits not in (0, len(value)):
                message = f"the {algorithm} checksum is {value!r}"
                hint = f"write {digits or 'its'} lower-case hexadecimal digits"
            else:
                continue
            yield text(element, "SPDXID"), message, hint


def file_names_are_relative(read: Document) -> Iterator[Finding]:
    """Ask for file names that start with ``./``."""
    for file in read.files:
        if not text(file, "fileName").startswith("./"):
            message = f"the file name is {text(file, 'fileName')!r}"
            yield text(file, "SPDXID"), message, "start it with ./ (SPDX 2.3, clause 8.1)"


# Invariants: the document.


def arrays_are_there(read: Document) -> Iterator[Finding]:
    """Ask for the arrays that readers ask for, if only empty."""
    for key in ("packages", "files", "relationships"):
        if not isinstance(read.data.get(key), list):
            hint = "Microsoft's sbom-tool wants it, if only empty"
            yield text(read.data, "SPDXID"), f"has no array {key!r}", hint


def creation_is_told(read: Document) -> Iterator[Finding]:
    """Ask for an organisation, a tool with its version, and a comment on how it was made."""
    where, info = text(read.data, "SPDXID"), table(read.data, "creationInfo")
    creators = texts(info, "creators")
    if not any(re.fullmatch(r"Organization: *[^\s(].*", one) for one in creators):
        yield where, "no creator is an organisation", "add 'Organization: Name (mail)'"
    if not any(re.fullmatch(r"Tool: *\S.*-[^-]*\d[^-]*", one) for one in creators):
        yield where, "no creator is a tool with its version", "add 'Tool: name-1.2.3'"
    if not text(info, "comment"):
        yield where, "has no creationInfo.comment", "say what it was generated from, and when"


CHECKS = (
    ids_are_unique,
    ends_exist,
    one_root,
    root_is_matched,
    all_is_reachable,
    no_relationship_twice,
    nothing_is_dropped,
    one_purl,
    cpes_agree,
    categories_are_spelt,
    licences_are_known,
    analysis_is_explicit,
    checksums_are_well_formed,
    file_names_are_relative,
    arrays_are_there,
    creation_is_told,
)
