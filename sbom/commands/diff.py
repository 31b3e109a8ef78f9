"""``diff``: what changed from one SBOM, or manifest, to another."""

from __future__ import annotations

from pathlib import Path

from sbom import io
from sbom.bom.bom import Bom
from sbom.changes.boms import compare_boms
from sbom.changes.change import ChangeSet
from sbom.changes.manifests import compare_manifests
from sbom.changes.render_json import render_json
from sbom.changes.render_markdown import render_markdown
from sbom.changes.render_text import render_text
from sbom.checks.manifest_entries import check_manifest
from sbom.content_kind import TOML, UTF_16, describe_content
from sbom.diagnostics import Exit, only_read
from sbom.diagnostics.io_messages import unexpected_kind, usage_error
from sbom.formats import read_document
from sbom.git import find_merge_base, read_revision
from sbom.manifest.exemptions import triage_diagnostics
from sbom.manifest.model import Manifest
from sbom.manifest.read import read_manifest, read_manifest_text
from sbom.options.shared import DiffFormat
from sbom.options.verbs import DiffOptions

_RENDER = {
    DiffFormat.TEXT: render_text,
    DiffFormat.MARKDOWN: render_markdown,
    DiffFormat.JSON: render_json,
}


def run(options: DiffOptions) -> int:
    """Print what changed, and return 1 if anything did."""
    with only_read():
        compare = _compare_files if options.git is None else _compare_revisions
        changes = compare(options)
    if not options.quiet:
        print(_RENDER[options.output_format](changes), end="")
    return Exit.OK if changes.is_empty else Exit.ERRORS


def _compare_files(options: DiffOptions) -> ChangeSet:
    if len(options.files) != 2:  # noqa: PLR2004 - the old one and the new one
        message = f"expected two files to compare, found {len(options.files)}"
        raise usage_error("diff", message, "run: diff OLD NEW, or diff --git REV")
    old_path, new_path = options.files
    old, new = (_read(path) for path in options.files)
    if isinstance(old, Manifest) and isinstance(new, Manifest):
        return _compare_manifests(old, new)
    if isinstance(old, Bom) and isinstance(new, Bom):
        return compare_boms(old, new, str(old_path), str(new_path))
    kinds = {True: "a manifest", False: "an SBOM document"}
    message = f"is {kinds[isinstance(new, Manifest)]}, and {old_path} is "
    message += kinds[isinstance(old, Manifest)]
    hint = "compare two of a kind: build writes the SBOMs of a manifest"
    raise usage_error(str(new_path), message, hint)


def _read(path: Path) -> Manifest | Bom:
    """Return what is in a file: JSON is a document, anything else a manifest."""
    content = io.read_bytes(path, io.DOCUMENT_LIMIT)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return read_document(content, str(path))
    kind = describe_content(content, str(path))
    if kind not in ("", TOML, UTF_16):
        hint = "name two SBOM documents in JSON, or two manifests"
        raise unexpected_kind(str(path), "an SBOM document or a manifest", kind, hint)
    return read_manifest(io.decode_utf8(content, path), str(path))


def _compare_revisions(options: DiffOptions) -> ChangeSet:
    """Return what changed in the manifest from a revision to another one, or to what is there."""
    revision, path = options.git or "", options.manifest
    if options.files:
        hint = "remove the files, or name the manifest with --manifest FILE"
        raise usage_error(f"--git {revision}", "compares the manifest, and takes no files", hint)
    old, dots, new = revision.partition("..")
    if new.startswith("."):  # what the newer side changed since they parted, as git diff has it
        new = new[1:] or "HEAD"
        old = find_merge_base(path, old or "HEAD", new)
    before = _at_revision(path, old or "HEAD")
    if dots:
        return _compare_manifests(before, _at_revision(path, new or "HEAD"))
    return _compare_manifests(before, read_manifest(read_manifest_text(path), str(path)))


def _at_revision(path: Path, revision: str) -> Manifest:
    text = io.decode_utf8(read_revision(path, revision), path)
    return read_manifest(text, f"{path} at {revision}")


def _compare_manifests(old: Manifest, new: Manifest) -> ChangeSet:
    """Return what changed, with what remains to be done of it."""
    remaining = triage_diagnostics(check_manifest(new), new, ()).active
    return compare_manifests(old, new, old.file, new.file, remaining)
