"""The JSON schema of externals.toml, for editors, and what describes each key of it."""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import msgspec

from sbom.manifest.external_key import KEY_PATTERN, ExternalKey
from sbom.manifest.read import ManifestTables
from sbom.manifest.tables import Table, key_fields

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFINITIONS = "#/$defs/{name}"


def manifest_schema() -> dict[str, Any]:
    """Return the JSON schema of the manifest, with a description of every key."""
    [root], definitions = msgspec.json.schema_components(
        [ManifestTables], schema_hook=_schema_of, ref_template=_DEFINITIONS
    )
    for table in find_tables(ManifestTables):
        _describe(definitions[table.__name__], table)
    for definition in definitions.values():
        # Python 3.13 removes the indentation of docstrings, earlier ones do not.
        if text := definition.get("description"):
            definition["description"] = inspect.cleandoc(text)
    return {"$schema": _DIALECT, **root, "$defs": definitions}


def find_tables(kind: Any) -> Iterator[type[Table]]:
    """Yield a table and every table below it, each once."""
    yield from dict.fromkeys(_tables(kind))


def _tables(kind: Any) -> Iterator[type[Table]]:
    if isinstance(kind, type) and issubclass(kind, Table):
        yield kind
        for field in key_fields(kind).values():
            yield from _tables(field.type)
    for argument in get_args(kind):
        yield from _tables(argument)


def _schema_of(kind: type) -> dict[str, Any]:
    """Return the schema of a type that msgspec does not know."""
    if kind is ExternalKey:
        return {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
    raise NotImplementedError(kind)


def _describe(definition: dict[str, Any], table: type[Table]) -> None:
    """Remove parts of headers from a definition, and describe its keys."""
    descriptions = describe_keys(table)
    properties = {key: definition["properties"][key] for key in key_fields(table)}
    required = [key for key in definition.get("required", ()) if key in properties]
    for key, schema in properties.items():
        if key in descriptions:
            schema["description"] = descriptions[key]
    definition |= {"properties": properties, "required": required}
    del definition["title"]


@cache
def describe_keys(table: type[Table]) -> Mapping[str, str]:
    """Return what describes each key of a table: the string after its field in the source."""
    names = {field.name: key for key, field in key_fields(table).items()}
    body = ast.parse(inspect.getsource(table)).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    described: dict[str, str] = {}
    for field, text in itertools.pairwise(statements):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(words))):
                if name in names:
                    described[names[name]] = " ".join(words.split())
    return described
