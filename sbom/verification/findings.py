"""What an inspection found wrong, as diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sbom.bom.ownership import ExpectedContents, Inventory
from sbom.diagnostics import Diagnostic
from sbom.diagnostics import inspection_messages as messages
from sbom.diagnostics.file_messages import unreadable_file
from sbom.verification.results import Result, ResultStatus

#: Files that a layout or an artifact reports by its inventory, or once for all of them.
_UNREADABLE = (ResultStatus.NOT_PE, ResultStatus.DAMAGED)


def inventory_diagnostics(
    name: str, expected: ExpectedContents, inventory: Inventory
) -> Iterator[Diagnostic]:
    """Yield what is missing, unowned, or in a channel that excludes it.

    ``name`` is that of the layout or archive, here and below.
    """
    titles = {one.id: f"{one.name} {one.version}".rstrip() for one in expected.components}
    for id_, file in inventory.missing:
        yield messages.missing_file(name, file, expected_by=titles[id_])
    for path in inventory.excluded_present:
        owners = [titles[one.component] for one in inventory.ownership if one.path == path]
        if owners:
            yield messages.excluded_component(name, path, owners)
        else:
            yield messages.excluded_file(name, path)
    for path in inventory.unowned:
        yield messages.unowned_file(name, path)


def result_diagnostics(name: str, results: Iterable[Result]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each result that is not as expected."""
    for result in results:
        if diagnostic := _diagnose(name, result):
            yield diagnostic


def contents_diagnostics(name: str, results: Sequence[Result]) -> Iterator[Diagnostic]:
    """Yield diagnostics of complete contents, whose unowned files the inventory reports.

    Of binaries that cannot be read, the first stands for all.
    """
    summarized = (ResultStatus.UNOWNED, *_UNREADABLE)
    yield from result_diagnostics(name, (one for one in results if one.status not in summarized))
    unreadable = [one for one in results if one.status in _UNREADABLE]
    if unreadable:
        reason = unreadable[0].evidence or unreadable[0].status
        more = f"; {len(unreadable) - 1} more files cannot be read" if len(unreadable) > 1 else ""
        hint = "run `verify` to see every such file; build or download them again"
        yield messages.not_inspected(name, unreadable[0].file, f"{reason}{more}", hint)


def _diagnose(name: str, result: Result) -> Diagnostic | None:
    file, found, evidence = result.file, result.found, result.evidence
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
