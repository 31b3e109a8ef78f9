"""Which statements are true of a release: of which artifacts, and which components in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sbom.bom.bom import Bom
from sbom.bom.graph import SliceExtractor
from sbom.components.component import Component
from sbom.manifest.model import Manifest
from sbom.vex.statement import Statement, is_about, is_current


@dataclass(frozen=True, slots=True)
class Product:
    """An artifact of a release, and components in it: those that a statement is about."""

    artifact: Component
    subcomponents: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class StatementProducts:
    """A statement, and every product that it is true of, by the names of the artifacts."""

    statement: Statement
    products: tuple[Product, ...]


def artifact_contents(bom: Bom, artifacts: Collection[str]) -> tuple[Product, ...]:
    """Return artifacts of a release, each with all components in it, by their names.

    An artifact contains what its own SBOM lists: what is reachable from it in the ``bom`` of the
    release.
    """
    extractor = SliceExtractor(bom)
    roots = sorted(
        (component for component in bom.components if component.name in artifacts),
        key=lambda component: component.name,
    )
    reached = {root.id: extractor.reach(root.id) - {root.id} for root in roots}
    return tuple(
        Product(root, tuple(each for each in bom.components if each.id in reached[root.id]))
        for root in roots
    )


def versions_in_products(products: Iterable[Product]) -> dict[str, set[str]]:
    """Return the versions of every component that artifacts contain."""
    versions: dict[str, set[str]] = {}
    for product in products:
        for component in product.subcomponents:
            versions.setdefault(component.name, set()).add(component.version)
    return versions


def find_products(
    statements: Iterable[Statement], manifest: Manifest, contents: Iterable[Product]
) -> tuple[StatementProducts, ...]:
    """Return the statements that are true of a release, each with its products.

    ``contents`` are the artifacts with all that is in them. The result is sorted: the order of
    the statements does not matter.
    """
    contents = tuple(contents)
    names = {spec.key: spec.name for spec in manifest.components}
    found = [
        StatementProducts(statement, _products(statement, names, contents))
        for statement in statements
        if is_current(statement, manifest)
    ]
    return tuple(
        sorted(
            (applied for applied in found if applied.products),
            key=lambda applied: (
                applied.statement.vulnerability,
                applied.statement.component,
                applied.statement.versions,
            ),
        )
    )


def _products(
    statement: Statement, names: Mapping[str, str], contents: Iterable[Product]
) -> tuple[Product, ...]:
    matched = (
        Product(
            product.artifact,
            tuple(
                component
                for component in product.subcomponents
                if component.name == names.get(statement.component)
                and is_about(statement, component.version)
            ),
        )
        for product in contents
    )
    return tuple(product for product in matched if product.subcomponents)
