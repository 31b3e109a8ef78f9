"""Installed distributions, and lock files that list them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def install(directory: Path, name: str, version: str, *fields: str) -> None:
    """Install a distribution that consists of its metadata."""
    path = directory / f"{name.replace('-', '_')}-{version}.dist-info"
    path.mkdir()
    head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}")
    (path / "METADATA").write_text("\n".join([*head, *fields]) + "\n", encoding="utf-8")


def finder(directory: Path) -> Callable[[str], Distribution]:
    """Return what finds a distribution in a directory."""

    def find(name: str) -> Distribution:
        context = DistributionFinder.Context(name=name, path=[str(directory)])
        return next(iter(MetadataPathFinder.find_distributions(context)))

    return find


def lock_of(**versions: str) -> str:
    """Return a lock file with a wheel for each distribution, by its name with underscores."""
    lines = ['lock-version = "1.0"', 'created-by = "test"']
    for name, version in versions.items():
        wheel = f"https://files.pythonhosted.org/packages/{name}-{version}-py3-none-any.whl"
        lines += [
            "[[packages]]",
            f'name = "{name.replace("_", "-")}"',
            f'version = "{version}"',
            f'wheels = [{{ url = "{wheel}", hashes = {{ sha256 = "{SHA256}" }} }}]',
        ]
    return "\n".join(lines)
