"""JSON of a document: written one way, and read safely if it is foreign, damaged or hostile.

A value of the wrong JSON type is read as missing: reporting it is the JSON schemas' task.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from sbom.content_kind import JSON_KINDS, UTF_16, describe_content
from sbom.diagnostics import InputError
from sbom.diagnostics.io_messages import input_error, unexpected_kind

JsonObject = Mapping[str, Any]


_HINT = "name a file that 'build', or another tool for SBOMs, wrote"
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def encode_json(data: JsonObject) -> bytes:
    """Return an object as JSON: UTF-8, keys sorted, two spaces of indentation, LF line ends."""
    return orjson.dumps(data, option=_OPTIONS)


def drop_empty(fields: JsonObject) -> JsonObject:
    """Return the fields that have a value; what is not known is empty."""
    return {name: value for name, value in fields.items() if value}


def parse_json(content: bytes, file: str) -> JsonObject:
    """Return the JSON object in a document in UTF-8.

    Raises InputError naming ``file`` and what it looks like or, where that is known, the line.
    """
    try:
        return _parse_object(content, file)
    except InputError:
        found = describe_content(content, file)
        if found in ("", UTF_16) or found in JSON_KINDS:
            raise
        raise unexpected_kind(file, "an SBOM document in JSON", found, _HINT) from None


def _parse_object(content: bytes, file: str) -> JsonObject:
    try:
        # PowerShell writes a byte order mark; RFC 8259, section 8.1, lets a reader ignore it.
        data = json.loads(content.decode("utf-8-sig"))
        if b"\\u" in content:
            json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        message = f"has half of a surrogate pair: {error.object[error.start]!a}"
        raise document_error(file, message, "write it again as UTF-8") from error
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        raise document_error(file, message, "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}, column {error.colno}"
        starts_as_json = not error.doc.strip() or error.doc[: error.pos].strip()
        hint = (
            "check whether it is truncated"
            if starts_as_json
            else "name a document in JSON: XML and tag-value are not read"
        )
        raise document_error(file, message, hint, error.lineno) from error
    except (ValueError, RecursionError) as error:
        message = f"is not JSON that can be read: {error}"
        raise document_error(file, message, "check whether it is damaged") from error
    if not isinstance(data, dict):
        message = "is not an SBOM document: expected a JSON object"
        raise document_error(file, message, _HINT)
    return data


def document_error(file: str, message: str, hint: str, line: int = 0) -> InputError:
    """Return the error of a document that cannot be read."""
    return InputError([input_error(file, message, hint, line)])


def get_text(data: JsonObject, key: str) -> str:
    """Return a text without surrounding blanks; empty if there is none."""
    value = data.get(key)
    return value.strip() if isinstance(value, str) else ""


def get_asserted(data: JsonObject, key: str) -> str:
    """Return a text without surrounding blanks; empty if SPDX asserts nothing."""
    value = get_text(data, key)
    return "" if value == "NOASSERTION" else value


def get_verbatim(data: JsonObject, key: str) -> str:
    """Return a text with the blanks around it, which belong to a path; empty if there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def get_texts(data: JsonObject, key: str) -> list[str]:
    """Return the texts of an array."""
    value = data.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def get_object(data: JsonObject, key: str) -> JsonObject:
    """Return an object; empty if there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def get_objects(data: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of an array."""
    value = data.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
