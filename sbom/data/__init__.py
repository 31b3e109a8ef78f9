"""Reference data about other releases and tags, and the catalog of diagnostics: TOML files.

One file for each kind of fact. What holds for the release at hand is in externals.toml.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_data(name: str) -> dict[str, Any]:
    """Return the tables of ``sbom/data/NAME.toml``, which must not be changed."""
    return tomllib.loads((resources.files("sbom.data") / f"{name}.toml").read_text("utf-8"))
