"""Reference data about other releases and tags, and the catalog of diagnostics: TOML files.

One file for each kind of fact. Facts about the current release are in externals.toml.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def read_data(name: str) -> dict[str, Any]:
    """Return the tables of ``sbom/data/NAME.toml``, which must not be changed."""
    # A run without diagnostics, such as fetches, reads no TOML: a tenth of its time.
    import tomllib  # noqa: PLC0415

    return tomllib.loads(read_data_text(name))


def read_data_text(name: str) -> str:
    """Return the text of ``sbom/data/NAME.toml``."""
    return Path(__file__).with_name(f"{name}.toml").read_text("utf-8")
