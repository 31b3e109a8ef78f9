"""A file to the JSON of an SPDX 2.3 document, every failure a problem with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sbom.diagnostics import Code, Diagnostic, InputError
from sbom.validation.wording import one_line

#: A document of 20 000 files has 14 MB; sixteen times that is no SBOM of ours.
_LARGEST = 256_000_000
_OTHERS = {"bomFormat": "CycloneDX", "@context": "SPDX 3 or other JSON-LD"}


def read(path: Path) -> dict[str, Any]:
    """Return the JSON of an SPDX 2.3 document. Raises UnusableError with the place."""
    text = _utf8(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"is no JSON: {error.msg}, column {error.colno}"
        raise _unreadable(path, message, "it may be truncated", str(error.lineno)) from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"is no JSON that can be read: {one_line(error)}") from error
    if not isinstance(data, dict):
        raise _unreadable(path, "is no SPDX document: no JSON object")
    version = data.get("spdxVersion")
    if version == "SPDX-2.3":
        return data
    if version is not None:
        raise _unreadable(path, f"spdxVersion is {one_line(version)}", "only SPDX-2.3 is judged")
    other = next((name for key, name in _OTHERS.items() if key in data), "no spdxVersion")
    raise _unreadable(path, f"is no SPDX 2.3 document: {other}", "only SPDX-2.3 is judged")


def _utf8(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise _unreadable(path, f"is larger than {_LARGEST} bytes", "name the right file")
        return data.decode()
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8: byte {error.start}", "save it as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"cannot be read: {reason}", "check the path") from error


def _unreadable(path: Path, message: str, hint: str = "", where: str = "") -> InputError:
    return InputError(
        [
            Diagnostic(
                code=Code.INPUT_ERROR, file=str(path), subject=where, message=message, hint=hint
            )
        ]
    )
