"""spdx-tools' full validation, in linear time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spdx_tools.spdx.model import Document
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.json import json_parser
from spdx_tools.spdx.validation import package_validator, spdx_id_validators
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.validation.validation_message import ValidationMessage


def parse(path: Path) -> tuple[Document | None, list[str]]:
    """Return the document of a JSON file, or None and what spdx-tools says against it."""
    try:
        return json_parser.parse_from_file(str(path)), []
    except SPDXParsingError as error:
        return None, error.get_messages()


def messages(document: Document) -> list[ValidationMessage]:
    """Return everything that spdx-tools finds wrong with a document."""
    with linear(document):
        return validate_full_spdx_document(document)


@contextmanager
def linear(document: Any) -> Iterator[None]:
    """Let spdx-tools look ids of this document up in a set while it validates.

    0.8.5 makes a list of all ids for each end of each relationship, which takes minutes for
    20 000 files: https://github.com/spdx/tools-python/issues/818. Not for several threads.
    """
    # In the order of precedence that get_element_type_from_spdx_id has, the last one first.
    elements = [*document.snippets, *document.files, *document.packages]
    types = {element.spdx_id: type(element) for element in elements}
    known = {*types, document.creation_info.spdx_id}
    files = {file.spdx_id for file in document.files}
    replaced: list[tuple[Any, str, Any]] = [
        (spdx_id_validators, "is_spdx_id_present_in_document", lambda id_, _: id_ in known),
        (spdx_id_validators, "is_spdx_id_present_in_files", lambda id_, _: id_ in files),
        (package_validator, "get_element_type_from_spdx_id", lambda id_, _: types.get(id_)),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    try:
        for module, name, value in replaced:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
