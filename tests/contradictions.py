"""Contradictions inside an SPDX 2.3 document: ``python tests/contradictions.py FILE...``.

A program of its own: it reads JSON with the standard library, and shares no code with what
writes or validates documents.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

Json = Mapping[str, Any]
_EVIDENCE = re.compile(r"(?:^Evidence in the file: |\), )([A-Za-z][\w*+.-]*) ([0-9][\w.+-]*) \(")


def find_contradictions(document: Json) -> list[str]:
    """Return a sentence for each statement of a document that another one contradicts."""
    checks = (_versions, _identifiers, _checksums, _evidence, _files, _linked_files, _references)
    return [sentence for check in checks for sentence in check(document)]


def _packages(document: Json) -> dict[str, Json]:
    return {package["SPDXID"]: package for package in document["packages"]}


def _file_name(file: Json) -> str:
    return str(file["fileName"]).removeprefix("./")


def _versions(document: Json) -> Iterator[str]:
    """One component has one version in one file, and one package for each version."""
    places = _places(document)
    by_name: dict[str, list[Json]] = defaultdict(list)
    for package in document["packages"]:
        by_name[package["name"].lower()].append(package)
    for name, found in by_name.items():
        versions = [package.get("versionInfo") for package in found]
        for number, one in enumerate(found):
            for other in found[number + 1 :]:
                shared = places[one["SPDXID"]] & places[other["SPDXID"]]
                if shared or one.get("versionInfo") == other.get("versionInfo"):
                    yield f"{name} is listed {len(found)} times: {versions}"


def _places(document: Json) -> dict[str, set[str]]:
    """Return the files that each package is, or is linked into, as relationships name them."""
    files = {file["SPDXID"]: _file_name(file).lower() for file in document.get("files", [])}
    places: dict[str, set[str]] = defaultdict(set)
    for relation in document["relationships"]:
        ends = (relation["spdxElementId"], relation["relatedSpdxElement"])
        comment = relation.get("comment", "")
        if comment.startswith(("Linked into ", "Shipped as ")):
            text = comment.partition("; used by ")[0].rstrip(".")
            names = text.removeprefix("Linked into ").removeprefix("Shipped as ").split(", ")
            # A wheel may have two versions of a package, in directories of their own.
            places[ends[1]] |= {name.lower() for name in names if not name.endswith(".whl")}
        for file, package in (ends, ends[::-1]):
            if file in files:
                places[package].add(files[file])
    return places


def _identifiers(document: Json) -> Iterator[str]:
    """The purls and CPEs of a package have its version, and its location."""
    for package in document["packages"]:
        version = package.get("versionInfo", "")
        for reference in package.get("externalRefs", []):
            locator = reference["referenceLocator"]
            if reference["referenceType"] == "cpe23Type":
                number, update = (part.replace("\\", "") for part in locator.split(":")[5:7])
                # The NVD writes a pre-release in words: 3.15.0:alpha2.
                update = update.replace("alpha", "a").replace("beta", "b")
                whole = number if update in ("*", "-") else f"{number}{update}"
                if number not in ("*", "-") and whole != version.replace("-", ""):
                    yield f"{package['name']} {version} has the CPE {locator}"
            elif reference["referenceType"] == "purl":
                plain, _, rest = locator.partition("?")
                found = unquote(plain.partition("#")[0].partition("@")[2])
                if found != version:
                    yield f"{package['name']} {version} has the purl {locator}"
                location = parse_qs(rest.partition("#")[0]).get("download_url", [""])[0]
                if location not in ("", package["downloadLocation"]):
                    yield f"{package['name']} is at {package['downloadLocation']}, not {location}"


def _checksums(document: Json) -> Iterator[str]:
    """A purl's checksum is the package's, and no two packages have the same one."""
    owners: dict[str, str] = {}
    for package in document["packages"]:
        stated = {
            f"{row['algorithm'].lower()}:{row['checksumValue']}"
            for row in package.get("checksums", [])
        }
        for reference in package.get("externalRefs", []):
            query = reference["referenceLocator"].partition("?")[2].partition("#")[0]
            for checksum in parse_qs(query).get("checksum", [""])[0].split(","):
                if checksum and checksum not in stated:
                    yield f"{package['name']} has a purl with {checksum}, which it does not state"
        for checksum in stated:
            if checksum in owners:
                yield f"{package['name']} and {owners[checksum]} state {checksum}"
            owners[checksum] = package["name"]


def _evidence(document: Json) -> Iterator[str]:
    """What a file shows of a component is the version of the package that the file belongs to."""
    packages = _packages(document)
    related: dict[str, set[str]] = defaultdict(set)
    for relation in document["relationships"]:
        ends = (relation["spdxElementId"], relation["relatedSpdxElement"])
        for one, other in (ends, ends[::-1]):
            if other in packages:
                related[one].add(other)
    for file in document.get("files", []):
        for component, version in _EVIDENCE.findall(file.get("comment", "")):
            listed = [id_ for id_, one in packages.items() if _is_version_of(one, component)]
            nearest = [id_ for id_ in listed if id_ in related[file["SPDXID"]]] or listed
            stated = [packages[id_]["versionInfo"] for id_ in nearest]
            # A version that is cut short, as 14 of 14.51, is another statement, not another one.
            if stated and not any(f"{one}.".startswith(f"{version}.") for one in stated):
                found = ", ".join(stated)
                yield f"{_file_name(file)} shows {component} {version}, listed is {found}"


def _is_version_of(package: Json, component: str) -> bool:
    return bool(package.get("versionInfo")) and package["name"].lower() == component.lower()


def _files(document: Json) -> Iterator[str]:
    """In one container, one path is one file; a verification code is that of its files."""
    files = {file["SPDXID"]: file for file in document.get("files", [])}
    contained: dict[str, list[Json]] = defaultdict(list)
    for relation in document["relationships"]:
        if relation["relationshipType"] == "CONTAINS" and relation["relatedSpdxElement"] in files:
            contained[relation["spdxElementId"]].append(files[relation["relatedSpdxElement"]])
    for id_, package in _packages(document).items():
        paths = [_file_name(file).lower() for file in contained[id_]]
        for path in {path for path in paths if paths.count(path) > 1}:
            yield f"{package['name']} contains two files {path}"
        code = package.get("packageVerificationCode", {}).get("packageVerificationCodeValue")
        sha1s = sorted(
            row["checksumValue"]
            for file in contained[id_]
            for row in file["checksums"]
            if row["algorithm"] == "SHA1"
        )
        if bool(code) != bool(package.get("filesAnalyzed")):
            yield f"{package['name']}: filesAnalyzed and the verification code disagree"
        if (
            code
            and code != hashlib.sha1("".join(sha1s).encode(), usedforsecurity=False).hexdigest()
        ):
            yield f"{package['name']} has the verification code of other files"
    for id_ in files.keys() - {file["SPDXID"] for held in contained.values() for file in held}:
        yield f"{_file_name(files[id_])} is in no package"


def _linked_files(document: Json) -> Iterator[str]:
    """Files that a relationship names are among those of the container, if these are listed."""
    files = {file["SPDXID"]: _file_name(file) for file in document.get("files", [])}
    names: dict[str, set[str]] = defaultdict(set)
    for relation in document["relationships"]:
        if relation["relationshipType"] == "CONTAINS" and relation["relatedSpdxElement"] in files:
            path = files[relation["relatedSpdxElement"]]
            names[relation["spdxElementId"]] |= {path.lower(), path.rpartition("/")[2].lower()}
    for relation in document["relationships"]:
        comment = relation.get("comment", "")
        held = names.get(relation["spdxElementId"])
        if held and comment.startswith(("Linked into ", "Shipped as ")):
            text = comment.removeprefix("Linked into ").removeprefix("Shipped as ")
            for name in re.split(r", |; used by ", text.rstrip(".")):
                if name and name.lower() not in held and "*" not in name and "/" not in name:
                    yield f"{relation['relatedSpdxElement']}: {name} is named, but not contained"


def _references(document: Json) -> Iterator[str]:
    """Both ends of a relationship exist, and each package and file is an end of one."""
    elements = [*document["packages"], *document.get("files", [])]
    ids = {element["SPDXID"] for element in elements} | {document["SPDXID"]}
    if len(ids) != len(elements) + 1:
        yield "an SPDXID is used twice"
    ends = set()
    for relation in document["relationships"]:
        for end in (relation["spdxElementId"], relation["relatedSpdxElement"]):
            ends.add(end)
            if end not in ids and end not in ("NONE", "NOASSERTION"):
                yield f"{end} is related, but does not exist"
    for id_ in ids - ends:
        yield f"{id_} is related to nothing"


if __name__ == "__main__":
    failed = False
    for argument in sys.argv[1:]:
        for line in find_contradictions(json.loads(Path(argument).read_text(encoding="utf-8"))):
            print(f"{argument}: {line}")
            failed = True
    sys.exit(failed)
