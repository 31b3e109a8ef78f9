"""The text of vex.toml to statements, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace

from sbom.diagnostics import SbomError
from sbom.diagnostics.vex_messages import invalid_statement
from sbom.manifest.key_locations import BYTE_ORDER_MARK, KeyLocations
from sbom.manifest.read import parse_toml
from sbom.manifest.tables import check_values, convert_table, format_key_path
from sbom.vex.statement import Statement, StatementTables

#: The file of statements; it is in the directory of the manifest.
VEX_FILE = "vex.toml"


def read_statements(text: str, file: str = VEX_FILE) -> tuple[Statement, ...]:
    """Return the statements in ``text``, in their order.

    Raises SbomError with everything that is wrong with it, each at its key path.
    """
    data = parse_toml(text, file)
    try:
        tables = convert_table(data, StatementTables)
        errors = [*check_values(tables, StatementTables)]
    except ValueError:
        from sbom.manifest.table_errors import ErrorFinder, RenamedKeys  # noqa: PLC0415

        errors = [*ErrorFinder(RenamedKeys()).find(data, StatementTables)]
    if errors:
        locations = KeyLocations(text.removeprefix(BYTE_ORDER_MARK), file)
        raise SbomError(
            [
                replace(
                    invalid_statement(file, format_key_path(error.path), error.message, error.hint),
                    location=locations.locate(error.path, key=error.is_key),
                )
                for error in errors
            ]
        )
    return tables.statement
