"""The command line: argv to typed options, the verb that takes them, and its exit status.

The one place that catches errors. Every verb is a module of ``sbom.commands``, imported when it is
run, so that ``--help`` and a quick verb do not wait for the others' libraries.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from sbom.diagnostics import SbomError
from sbom.diagnostics.render import OUTPUT_FORMATS, render

_EXIT_STATUS = (
    "Exit status: 0 no errors, 1 errors found, 2 wrong usage or an input that cannot be read, "
    "3 network or disk failure, 130 interrupted."
)


class _Parser(argparse.ArgumentParser):
    """A parser that accepts no abbreviated flags: they break when a flag is added."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**{**keywords, "allow_abbrev": False})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse unknown arguments with the usage of the verb, not of the whole command line."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            hint = "; arguments of the script go after --" if self.prog.endswith(" fetches") else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return known, unknown


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; what it returns has a verb's options as fields."""
    parser = _Parser(
        prog="python -m sbom",
        description="SBOMs of what ships inside CPython for Windows.",
        epilog=_EXIT_STATUS,
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for name, (summary, add_arguments) in VERBS.items():
        add_arguments(verbs.add_parser(name, help=summary, description=f"{summary}."))
    return parser


def parse_options(argv: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the verb that a command line names, and its options. Exits with 2 on wrong usage."""
    words, script_args = list(argv), []
    if words[:1] == ["fetches"] and "--" in words:
        separator = words.index("--")
        words, script_args = words[:separator], words[separator + 1 :]
    values = vars(build_parser().parse_args(words))
    verb = values.pop("verb")
    if verb == "fetches":
        values |= {"script_args": script_args, "variables": dict(values["variables"])}
    return verb, {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status."""
    verb, values = parse_options(sys.argv[1:] if argv is None else argv)
    try:
        module = import_module(f"sbom.commands.{verb}")
        options = getattr(module, f"{verb.capitalize()}Options")(**values)
        return int(module.run(options, os.environ))
    except SbomError as error:
        output_format = values.get("output_format", "text")
        stream = sys.stderr if output_format == "text" else sys.stdout
        print(render(error.diagnostics, output_format, strict=error.strict), end="", file=stream)
        return error.status


# The arguments of each verb.


def _add_fetches(verb: argparse.ArgumentParser) -> None:
    verb.epilog = "What follows -- is passed to the script as its arguments."
    verb.add_argument("script", metavar="SCRIPT", type=Path, help="a get_externals.bat")
    verb.add_argument(
        "--env", metavar="NAME=VALUE", dest="variables", type=_split_variable, action="append",
        default=[], help="set an environment variable of the script; may be repeated",
    )  # fmt: skip
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.add_argument(
        "--all", action="store_true", help="list everything it can fetch with any flags"
    )


def _split_variable(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        message = f"expected NAME=VALUE, such as IncludeSSL=false, found {text!r}"
        raise argparse.ArgumentTypeError(message)
    return name, value


def _add_regen(verb: argparse.ArgumentParser) -> None:
    source = _add_inputs(verb)
    source.add_argument("--ref", metavar="REF", help="download the script of this branch or tag")
    verb.add_argument(
        "--python-version", metavar="VERSION", help="the CPython version the script belongs to"
    )
    verb.add_argument("--offline", action="store_true", help="do not use the network")
    verb.add_argument("--verify", action="store_true", help="download every archive again")
    verb.add_argument("--base-url", metavar="URL", help="download from this mirror of github.com")
    verb.add_argument("--no-cache", action="store_true", help="neither read nor fill the cache")
    verb.add_argument("--dry-run", action="store_true", help="print changes, write nothing")


def _add_check(verb: argparse.ArgumentParser) -> None:
    _add_inputs(verb)
    _add_externals(verb)
    _add_strict(verb, "treat warnings as errors")
    _add_output_format(verb)


def _add_build(verb: argparse.ArgumentParser) -> None:
    _add_inputs(verb)
    _add_externals(verb)
    verb.add_argument(
        "--platform", action="append", metavar="NAME", default=[],
        help="describe only this platform; may be repeated",
    )  # fmt: skip
    verb.add_argument(
        "--variant", metavar="NAME",
        help="describe only this variant, such as free-threaded (default: those of the layout)",
    )  # fmt: skip
    verb.add_argument(
        "--layout", metavar="DIR", type=Path, help="a build as it ships, to list its files"
    )
    verb.add_argument(
        "--keep-going", action="store_true",
        help="write documents although errors are found; marked incomplete, for no release",
    )  # fmt: skip
    _add_format(verb)
    _add_output(verb, Path("dist/sbom"))


def _add_export(verb: argparse.ArgumentParser) -> None:
    _add_manifest(verb)
    verb.add_argument(
        "--cpython", metavar="DIR", type=Path, required=True, help="a CPython source tree"
    )
    verb.add_argument(
        "--output", metavar="FILE", type=Path,
        help="write this file instead of the source tree's; - prints it",
    )  # fmt: skip
    verb.add_argument(
        "--fixed", action="store_true", help="use upstream's versions and identifiers"
    )
    verb.set_defaults(script=None)


def _add_release(verb: argparse.ArgumentParser) -> None:
    _add_inputs(verb)
    verb.add_argument(
        "--artifacts", metavar="DIR", type=Path, required=True, help="the artifacts of the release"
    )
    verb.add_argument(
        "--layout", metavar="PLATFORM=DIR", action="append", default=[],
        help="a platform's build as it ships; may be repeated",
    )  # fmt: skip
    verb.add_argument(
        "--platform-sbom", metavar="FILE", action="append", type=Path, default=[],
        help="a document that build wrote on another machine; may be repeated",
    )  # fmt: skip
    target = verb.add_mutually_exclusive_group()
    _add_output(target, Path("dist/release"))
    target.add_argument("--in-place", action="store_true", help="write beside the artifacts")
    verb.add_argument(
        "--partial", action="store_true", help="accept that artifacts of the release are missing"
    )
    verb.add_argument(
        "--allow-unpinned", action="store_true",
        help="release although checksums are missing; marked in every document",
    )  # fmt: skip
    _add_format(verb)
    verb.add_argument(
        "--attest", action="store_true",
        help="write an unsigned in-toto statement beside the SBOM of each artifact",
    )  # fmt: skip
    verb.add_argument(
        "--vex-file", metavar="FILE", action="append", type=Path, default=[],
        help="write what vex.toml states about this release: as CycloneDX VEX if FILE ends in"
        " .cdx.json, else as OpenVEX; may be repeated",
    )  # fmt: skip
    verb.add_argument("--replace", action="store_true", help="overwrite documents of another run")
    verb.add_argument(
        "--check", action="store_true",
        help="check documents and artifacts that are published; write nothing",
    )  # fmt: skip


def _add_verify(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("path", metavar="PATH", type=Path, help="a directory, an artifact or a DLL")
    _add_inputs(verb)
    verb.add_argument(
        "--sbom", metavar="FILE", type=Path, help="SBOM to use instead of the one beside PATH"
    )
    verb.add_argument(
        "--platform", metavar="NAME", help="platform to use instead of the binaries' own"
    )
    verb.add_argument(
        "--variant", metavar="NAME", help="variant to use instead of the binaries' own"
    )
    verb.add_argument(
        "--root", metavar="FILE", type=Path,
        help="root certificates (PEM) to trust besides those that Windows trusts",
    )  # fmt: skip
    verb.add_argument(
        "--identify", action="store_true", help="report what the files were built from"
    )
    _add_strict(verb, "treat warnings as errors")
    _add_output_format(verb)


def _add_validate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "files", metavar="FILE", nargs="+", type=Path, help="an SPDX or CycloneDX document"
    )
    _add_strict(verb, "treat what CISA's framing (2024) expects as required")
    _add_output_format(verb)


# Arguments that several verbs share.


def _add_manifest(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--manifest", metavar="FILE", type=Path, default=Path("externals.toml"),
        help="the manifest (default: %(default)s)",
    )  # fmt: skip


def _add_inputs(verb: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    _add_manifest(verb)
    source = verb.add_mutually_exclusive_group()
    source.add_argument("--script", metavar="FILE", type=Path, help="a get_externals.bat")
    source.add_argument("--cpython", metavar="DIR", type=Path, help="a CPython source tree")
    return source


def _add_externals(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--externals", metavar="DIR", type=Path, help="a directory that get_externals.bat filled"
    )


def _add_output(verb: argparse._ActionsContainer, default: Path) -> None:
    verb.add_argument(
        "--output", metavar="DIR", type=Path, default=default,
        help="the directory to write to (default: %(default)s)",
    )  # fmt: skip


def _add_format(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--format", metavar="NAME", action="append", default=[],
        help="a format of the documents: spdx-2.3, cyclonedx-1.6, cyclonedx-1.7, spdx-3.0.1, or"
        " all, which is the first one of each kind; may be repeated (default: spdx-2.3)",
    )  # fmt: skip


def _add_strict(verb: argparse.ArgumentParser, meaning: str) -> None:
    verb.add_argument("--strict", action="store_true", help=meaning)


def _add_output_format(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--output-format", choices=OUTPUT_FORMATS, default="text",
        help="how results are printed (default: %(default)s)",
    )  # fmt: skip


#: For each verb: what it does, and the function that adds its arguments.
VERBS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "regen": ("Update externals.toml from a get_externals.bat", _add_regen),
    "check": ("Report everything that is wrong with externals.toml; write nothing", _add_check),
    "build": ("Write one SBOM per platform", _add_build),
    "release": ("Write one SBOM for all channels, and one for every artifact", _add_release),
    "verify": ("Compare shipped files with their SBOM, the manifest or a script", _add_verify),
    "validate": ("Validate SBOM documents with outside validators", _add_validate),
    "export": ("Write Misc/externals.spdx.json as CPython keeps it", _add_export),
    "fetches": ("List what a get_externals.bat fetches", _add_fetches),
}
