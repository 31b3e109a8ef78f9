"""The verbs and the options of each, as values: one frozen class and one row for each verb."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from sbom.options.arguments import (
    Verb,
    choice,
    flag,
    option,
    options_class,
    positional,
    positionals,
    repeated,
    required,
    rest,
)
from sbom.options.shared import (
    DIGEST_CACHE,
    SOURCE,
    DiffFormat,
    FormatOptions,
    InputOptions,
    ManifestOptions,
    ReportOptions,
    TextOptions,
)


@options_class
class RegenOptions(InputOptions):
    """Options of ``regen``."""

    ref: str | None = option(
        "download the script of this branch or tag of CPython",
        "REF", str, default=None, unset="none", group=SOURCE,
    )  # fmt: skip
    python_version: str | None = option(
        "the CPython version the script belongs to",
        "VERSION", str, default=None, unset="that of the source tree, or the recorded one",
    )  # fmt: skip
    offline: bool = flag("do not use the network")
    verify: bool = flag("download every archive again, and compare it with what is recorded")
    base_url: str | None = option(
        "download from this mirror of github.com",
        "URL", str, default=None, unset="github.com",
    )  # fmt: skip
    no_cache: bool = flag("neither read nor fill the cache of archives")
    dry_run: bool = flag("print changes, write nothing")


REGEN = Verb(
    name="regen",
    summary="Update externals.toml from a get_externals.bat",
    options=RegenOptions,
    examples=(
        ("--cpython ../cpython", "after a tag was changed in a source tree"),
        ("--script PCbuild/get_externals.bat --dry-run", "only print what would change"),
        ("--verify", "compare every archive with what is recorded"),
    ),
    unwritten="the manifest was not changed",
)


@options_class
class CheckOptions(InputOptions):
    """Options of ``check``."""

    json_is_list: ClassVar[bool] = True

    externals: Path | None = option(
        "a directory that get_externals.bat filled, to compare with its archives",
        "DIR", Path, default=None, unset="none",
    )  # fmt: skip
    strict: bool = flag("treat warnings as errors")


CHECK = Verb(
    name="check",
    summary="Report everything that is wrong with externals.toml; write nothing",
    options=CheckOptions,
    examples=(
        ("", "externals.toml by itself"),
        ("--cpython ../cpython", "and everything that a source tree states"),
        ("--strict --output-format github", "in CI, as annotations of a pull request"),
    ),
)


@options_class
class BuildOptions(FormatOptions):
    """Options of ``build``; without ``platform``, every platform is built."""

    externals: Path | None = option(
        "a directory that get_externals.bat filled: describe what is in it",
        "DIR", Path, default=None, unset="what the manifest pins",
    )  # fmt: skip
    platform: tuple[str, ...] = repeated(
        "describe only this platform", "NAME", str, unset="every platform"
    )
    variant: str | None = option(
        "describe only this variant, such as free-threaded",
        "NAME", str, default=None, unset="the variants of the layout",
    )  # fmt: skip
    layout: Path | None = option(
        "a build as it ships, to list its files", "DIR", Path, default=None, unset="list no files"
    )
    digest_cache: bool = flag(DIGEST_CACHE)
    keep_going: bool = flag(
        "write documents although errors are found; marked incomplete, for no release"
    )
    output: Path = option("the directory to write to", "DIR", Path, default=Path("dist/sbom"))


BUILD = Verb(
    name="build",
    summary="Write one SBOM per platform",
    options=BuildOptions,
    examples=(
        ("", "every platform, to dist/sbom"),
        (
            "--platform amd64 --layout PCbuild/amd64-layout",
            "a build as it ships, with a checksum for each file",
        ),
        ("--cpython ../cpython", "only if the manifest agrees with a source tree"),
    ),
    unwritten="no document was written",
)


#: The group of options of which one says where a release is written.
_TARGET = "target"


@options_class
class ReleaseOptions(FormatOptions):
    """Options of ``release``; ``layout`` has ``PLATFORM=DIR`` texts."""

    artifacts: Path = required("the directory of the artifacts of the release", "DIR", Path)
    layout: tuple[str, ...] = repeated(
        "a platform's build as it ships", "PLATFORM=DIR", str, unset="none"
    )
    platform_sbom: tuple[Path, ...] = repeated(
        "a document that build wrote on another machine", "FILE", Path, unset="none"
    )
    output: Path = option(
        "the directory to write to", "DIR", Path, default=Path("dist/release"), group=_TARGET
    )
    in_place: bool = flag("write beside the artifacts", group=_TARGET)
    partial: bool = flag("accept that artifacts of the release are missing")
    allow_unpinned: bool = flag("release although checksums are missing; marked in every document")
    attest: bool = flag("write an unsigned in-toto statement beside the SBOM of each artifact")
    vex_file: tuple[Path, ...] = repeated(
        "write what vex.toml states about this release: as CycloneDX VEX if FILE ends in "
        ".cdx.json, else as OpenVEX",
        "FILE", Path, unset="none",
    )  # fmt: skip
    replace: bool = flag("overwrite documents of another run")
    check: bool = flag("check documents and artifacts that are published; write nothing")


RELEASE = Verb(
    name="release",
    summary="Write one SBOM for all channels, and one for every artifact",
    options=ReleaseOptions,
    examples=(
        ("--artifacts 3.14.7", "describe a directory of artifacts, in dist/release"),
        (
            "--artifacts 3.14.7 --platform-sbom amd64.spdx.json",
            "with a build that was described on another machine",
        ),
        ("--artifacts 3.14.7 --check", "verify a directory that was published"),
    ),
    unwritten="no document was written",
)


@options_class
class ReleaseReportOptions(ManifestOptions):
    """Options of ``report``."""

    release: Path = positional("a directory that release wrote", "DIR", Path)
    since: Path | None = option(
        "the directory of an earlier release, to list what changed",
        "DIR", Path, default=None, unset="list no changes",
    )  # fmt: skip
    output: Path = option("the page to write", "FILE", Path, default=Path("report.html"))


REPORT = Verb(
    name="report",
    summary="Write one HTML page about a release: what ships where, and from where",
    options=ReleaseReportOptions,
    examples=(
        ("dist/release", "to report.html, which opens from disk in any browser"),
        ("dist/release --since 3.14.6", "with what changed since an earlier release"),
    ),
    unwritten="no page was written",
)


@options_class
class VerifyOptions(InputOptions):
    """Options of ``verify``."""

    path: Path = positional("a directory, an artifact or a DLL", "PATH", Path)
    sbom: Path | None = option(
        "the SBOM to compare with", "FILE", Path, default=None, unset="the one beside PATH"
    )
    platform: str | None = option(
        "the platform to compare with", "NAME", str, default=None, unset="that of the binaries"
    )
    variant: str | None = option(
        "the variant to compare with", "NAME", str, default=None, unset="that of the binaries"
    )
    root: Path | None = option(
        "root certificates (PEM) to trust besides those that Windows trusts",
        "FILE", Path, default=None, unset="none",
    )  # fmt: skip
    digest_cache: bool = flag(DIGEST_CACHE)
    identify: bool = flag("report what the files were built from; compare with nothing")
    strict: bool = flag("treat warnings as errors")


VERIFY = Verb(
    name="verify",
    summary="Compare shipped files with their SBOM, the manifest or a script",
    options=VerifyOptions,
    examples=(
        ("python-3.14.7-embed-amd64.zip", "a download"),
        ("C:/Python314 --sbom python-3.14.7-amd64.exe.spdx.json", "what was installed"),
        ("--identify libssl-3.dll", "which tag a DLL was built from"),
    ),
)


@options_class
class DiffOptions(TextOptions):
    """Options of ``diff``: two ``files``, or ``git``, a revision or ``A..B``."""

    files: tuple[Path, ...] = positionals(
        "two SBOM documents in any formats, or two manifests: the old one first",
        "FILE", Path, unset="with --git, the manifest",
    )  # fmt: skip
    git: str | None = option(
        "compare the manifest with itself at this git revision, or at two: OLD..NEW",
        "REV", str, default=None, unset="compare two files",
    )  # fmt: skip
    manifest: Path = option("the manifest", "FILE", Path, default=Path("externals.toml"))
    output_format: DiffFormat = choice(
        "how changes are printed", DiffFormat, default=DiffFormat.TEXT
    )


DIFF = Verb(
    name="diff",
    summary="Print what changed from one SBOM, or manifest, to another",
    options=DiffOptions,
    examples=(
        ("--git HEAD", "what was changed in externals.toml and is not committed"),
        ("--git main..HEAD --output-format markdown", "a branch, for its pull request"),
        (
            "3.14.6/python.exe.spdx.json 3.14.7/python.exe.cdx.json",
            "two documents; the formats do not matter",
        ),
    ),
)


@options_class
class ValidateOptions(ReportOptions):
    """Options of ``validate``."""

    files: tuple[Path, ...] = positionals("an SPDX or CycloneDX document", "FILE", Path)
    strict: bool = flag("treat what CISA's framing (2024) expects as required")


VALIDATE = Verb(
    name="validate",
    summary="Validate SBOM documents with outside validators",
    options=ValidateOptions,
    examples=(
        ("dist/sbom/python-3.14.7-amd64.spdx.json", "one document"),
        ("--strict a.spdx.json b.spdx.json", "two, by the stricter rules"),
    ),
)


@options_class
class ExplainOptions(ManifestOptions):
    """Options of ``explain``; ``in_`` is a release or a document, and ``--in`` on the line."""

    subject: str = positional(
        "a component, an external, a purl, a diagnostic or a vulnerability", "SUBJECT", str
    )
    in_: Path | None = option(
        "find a component in this directory that release wrote, or in this SBOM",
        "PATH", Path, default=None, unset="explain what the manifest states",
    )  # fmt: skip


EXPLAIN = Verb(
    name="explain",
    summary="Print what is known about a component, a diagnostic or a vulnerability",
    options=ExplainOptions,
    examples=(
        ("openssl", "a component: each fact with the file and line that states it"),
        ("SBM204", "what a diagnostic means, why it matters, and how to fix it"),
        ("CVE-2023-45853", "what vex.toml states about a vulnerability"),
        ("zlib --in dist/release", "which downloads contain a component, in which version"),
    ),
)


@options_class
class ExportOptions(ManifestOptions):
    """Options of ``export``; without ``output``, the file of the source tree is written."""

    cpython: Path = required("a CPython source tree", "DIR", Path)
    output: Path | None = option(
        "write this file; - prints it",
        "FILE", Path, default=None, unset="Misc/externals.spdx.json of the source tree",
    )  # fmt: skip
    fixed: bool = flag("use upstream's versions and identifiers instead of CPython's")


EXPORT = Verb(
    name="export",
    summary="Write Misc/externals.spdx.json as CPython keeps it",
    options=ExportOptions,
    examples=(
        ("--cpython ../cpython", "update the file of a source tree"),
        ("--cpython ../cpython --output -", "print it"),
    ),
    unwritten="no document was written",
)


def _split_variable(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        message = f"expected NAME=VALUE, such as IncludeSSL=false, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return name, value


@options_class
class FetchesOptions(ReportOptions):
    """Options of ``fetches``; ``script_args`` and ``env`` are what the script is run with."""

    script: Path = positional("a get_externals.bat", "SCRIPT", Path)
    env: tuple[tuple[str, str], ...] = repeated(
        "set an environment variable of the script", "NAME=VALUE", _split_variable, unset="none"
    )
    all: bool = flag("list everything it can fetch with any flags, and the conditions")
    script_args: tuple[str, ...] = rest("What follows -- is passed to the script.")


FETCHES = Verb(
    name="fetches",
    summary="List what a get_externals.bat fetches",
    options=FetchesOptions,
    examples=(
        ("PCbuild/get_externals.bat", "what a release build fetches"),
        ("PCbuild/get_externals.bat --all", "everything, and when each external is fetched"),
        ("PCbuild/get_externals.bat -- --no-tkinter", "what it fetches with an argument"),
        ("PCbuild/get_externals.bat --env IncludeSSL=false", "what it fetches with a variable"),
    ),
    unknown_hint="arguments of the script go after --",
)


VerbOptions = (
    BuildOptions
    | CheckOptions
    | DiffOptions
    | ExplainOptions
    | ExportOptions
    | FetchesOptions
    | RegenOptions
    | ReleaseOptions
    | ReleaseReportOptions
    | ValidateOptions
    | VerifyOptions
)

_ALL: tuple[Verb[VerbOptions], ...] = (
    REGEN, CHECK, BUILD, RELEASE, REPORT, VERIFY, DIFF, VALIDATE, EXPLAIN, EXPORT, FETCHES,
)  # fmt: skip
#: The verbs by name, in the order of ``--help``.
VERBS: Mapping[str, Verb[VerbOptions]] = {verb.name: verb for verb in _ALL}
