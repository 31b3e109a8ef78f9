"""Options that several verbs have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from sbom.diagnostics.render import OutputFormat
from sbom.diagnostics.style import ColorChoice
from sbom.options.arguments import choice, choices, flag, option, options_class

#: The group of options of which one names what the manifest is compared with.
SOURCE = "source"
#: What the option of the verbs that hash directories does.
DIGEST_CACHE = "do not hash files again that are unchanged since the last run; for no release"


@options_class
class TextOptions:
    """How text is printed, and how much of it."""

    color: ColorChoice = choice(
        "when text is colored; auto is on a terminal, unless NO_COLOR is set",
        ColorChoice,
        default=ColorChoice.AUTO,
    )
    quiet: bool = flag("print errors only, without hints", group="amount")
    verbose: bool = flag(
        "print every diagnostic, where otherwise many of one kind are counted", group="amount"
    )


@options_class
class ReportOptions(TextOptions):
    """How results are printed; ``json_is_list`` where that is only a list of diagnostics."""

    json_is_list: ClassVar[bool] = False

    output_format: OutputFormat = choice(
        "how results are printed", OutputFormat, default=OutputFormat.TEXT
    )


@options_class
class ManifestOptions(ReportOptions):
    """The manifest."""

    manifest: Path = option("the manifest", "FILE", Path, default=Path("externals.toml"))


@options_class
class InputOptions(ManifestOptions):
    """The manifest, and the script or the source tree that it is compared with."""

    script: Path | None = option(
        "a get_externals.bat to compare the manifest with",
        "FILE", Path, default=None, unset="none", group=SOURCE,
    )  # fmt: skip
    cpython: Path | None = option(
        "a CPython source tree to compare the manifest with",
        "DIR", Path, default=None, unset="none", group=SOURCE,
    )  # fmt: skip


class FormatName(StrEnum):
    """A format of SBOM documents, or all of them; ``sbom.formats`` has a row for each.

    The older of two versions of one format comes first.
    """

    SPDX_2_3 = "spdx-2.3"
    CYCLONEDX_1_6 = "cyclonedx-1.6"
    CYCLONEDX_1_7 = "cyclonedx-1.7"
    SPDX_3_0_1 = "spdx-3.0.1"
    ALL = "all"


@options_class
class FormatOptions(InputOptions):
    """The formats of documents that are written."""

    format: tuple[FormatName, ...] = choices(
        "a format of the documents; all is the first one of each kind",
        FormatName,
        unset=FormatName.SPDX_2_3,
    )


class DiffFormat(StrEnum):
    """How changes are printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
