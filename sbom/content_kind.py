"""What a file looks like, so that the error about one of the wrong kind can say it."""

from __future__ import annotations

import json
import tomllib
from pathlib import PurePath

#: Kinds that the readers of a format treat in their own ways.
EMPTY_FILE = "an empty file"
BATCH_SCRIPT = "a batch script"
JSON = "JSON"
TOML = "TOML"
UTF_16 = "text in UTF-16"
#: What files of a kind start with: the PE, ZIP, cabinet, compound file, gzip and PDF formats, and
#: the byte order marks of Unicode 15, table 2-4.
_STARTS = {
    b"MZ": "a PE file",
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"MSCF": "a cabinet",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an MSI package",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF-": "a PDF document",
    b"\xff\xfe": UTF_16,
    b"\xfe\xff": UTF_16,
}
#: What text files are by the suffixes of their names, where the text itself does not show it.
_SUFFIXES = {".md": "Markdown", ".rst": "reStructuredText", ".py": "Python", ".yml": "YAML"}
#: What JSON objects are by a key that only they have at the top.
_KEYS = {
    "spdxVersion": "an SPDX document",
    "bomFormat": "a CycloneDX document",
    "runs": "a SARIF log",
    "@context": "JSON-LD",
}
#: What JSON can look like.
JSON_KINDS = frozenset({JSON, *_KEYS.values()})
#: What batch scripts start with.
_FIRST_COMMANDS = ("@echo ", "@setlocal", "@rem ", "setlocal", "rem ")
#: How many bytes show whether a file is text.
_START = 512


def describe_content(content: bytes, name: str) -> str:
    """Return what a file looks like, with an article where one belongs; empty if nothing shows it.

    Where it is empty, the file can be a damaged one of the right kind: the error that its reader
    raises says more than its kind would.
    """
    if not content.strip():
        return EMPTY_FILE
    if kind := next((kind for start, kind in _STARTS.items() if content.startswith(start)), ""):
        return kind
    if b"\0" in content[:_START]:
        return "binary data"
    text = content.decode("utf-8-sig", "replace").lstrip()
    suffix = PurePath(name).suffix.lower()
    return (
        _describe_json(text)
        or _describe_markup(text)
        or _SUFFIXES.get(suffix, "")
        or _describe_code(text)
    )


def _describe_json(text: str) -> str:
    try:
        data = json.loads(text) if text[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return next((kind for key, kind in _KEYS.items() if key in data), JSON)
    return "" if data is None else JSON


def _describe_markup(text: str) -> str:
    start = text[:_START].lower()
    if start.startswith("<!doctype html") or (start.startswith("<") and "<html" in start):
        return "an HTML page"
    return "XML" if start.startswith("<?xml") else ""


def _describe_code(text: str) -> str:
    if text.lower().startswith(_FIRST_COMMANDS):
        return BATCH_SCRIPT
    try:
        return TOML if tomllib.loads(text) else ""
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""
