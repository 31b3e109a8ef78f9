"""Files held against what a document lists of them: what differs, is missing, or is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sbom.diagnostics import Code, Diagnostic
from sbom.files.patterns import PathPatterns
from sbom.files.shipped_file import ShippedFile, is_executable
from sbom.verification.document_index import Digests, DocumentIndex

_HINT = "find out which of the two is not the one that was published"


@dataclass(frozen=True, slots=True)
class FileComparison:
    """How many files are as they are listed, and what is wrong with the others."""

    same: int
    problems: tuple[Diagnostic, ...]


def compare_files(
    files: Sequence[ShippedFile], listed: DocumentIndex, place: str, added: Sequence[str]
) -> FileComparison:
    """Return how files differ from what a document lists.

    ``added`` are patterns of paths that come to be once it is installed: what is new there is
    no problem. A document that lists no files says nothing of them.
    """
    if not listed.files:
        return FileComparison(0, ())
    by_path = {_listed_as(file.path, listed): file for file in files}
    problems = [*_missing(listed, by_path, place), *_new(by_path, listed, place, added)]
    same = 0
    for path, digests in listed.files.items():
        if path in by_path:
            wrong = differing_digests(by_path[path], digests)
            same += not wrong
            if wrong:
                message = f"is another file than the document lists: its {wrong}"
                problems.append(_problem(Code.FILE_MISMATCH, place, path, message))
    return FileComparison(same, tuple(problems))


def _listed_as(path: str, listed: DocumentIndex) -> str:
    """Return how a document writes a path: one in a package in a package may be without that."""
    for at, letter in enumerate(path):
        if letter == "/" and path not in listed.files and path[:at] in listed.files:
            return path[at + 1 :]
    return path


def differing_digests(file: ShippedFile, digests: Digests) -> str:
    """Return which digest of a file differs from those listed, or an empty text."""
    known = {"sha1": file.sha1, "sha256": file.sha256, "sha512": file.sha512}
    for algorithm, value in sorted(digests.items(), reverse=True):
        if known[algorithm] != value:
            return f"{algorithm.upper()} is {known[algorithm]}, not {value}"
    return "" if digests else "digest is not told"


def _missing(listed: DocumentIndex, there: Iterable[str], place: str) -> Iterator[Diagnostic]:
    for path in sorted(listed.files.keys() - set(there)):
        message = "is not there, and the document lists it"
        yield _problem(Code.MISSING_FILE, place, path, message)


def _new(
    paths: Iterable[str], listed: DocumentIndex, place: str, added: Sequence[str]
) -> Iterator[Diagnostic]:
    """Yield files that the document does not list; binaries that nobody knows are told apart."""
    usual = PathPatterns(added)
    for path in paths:
        if path not in listed.files and not (is_executable(path) or usual.matches(path)):
            message = "is there, and the document does not list it"
            yield _problem(Code.UNOWNED_FILE, place, path, message)


def _problem(code: Code, file: str, where: str, message: str) -> Diagnostic:
    return Diagnostic(code=code, file=file, subject=where, message=message, hint=_HINT)
