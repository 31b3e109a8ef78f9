"""Options of ``regen``."""

from __future__ import annotations

from sbom.options.arguments import flag, option, options_class
from sbom.options.shared import SOURCE, InputOptions
from sbom.options.verb import Verb


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


VERB = Verb(
    name="regen",
    summary="Update externals.toml from a get_externals.bat",
    options=RegenOptions,
    examples=(
        ("--cpython ../cpython", "after a tag was changed in a source tree"),
        ("--script PCbuild/get_externals.bat --dry-run", "only print what would change"),
        ("--verify", "compare every archive with what is recorded"),
    ),
)
