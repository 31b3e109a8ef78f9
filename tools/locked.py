"""The distributions that pylock.toml lists, with what they state of themselves once installed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata
from pathlib import Path

from license_expression import ExpressionError, get_spdx_licensing
from packaging.pylock import Package, PackageWheel, Pylock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "pylock.toml"
LICENSES = Path(__file__).parent / "licenses.toml"


@dataclass(frozen=True, slots=True)
class LicenseRules:
    """What ``licenses.toml`` has: allowed ids, and expressions by classifier and distribution."""

    allowed: frozenset[str]
    classifiers: Mapping[str, str]
    distributions: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedDistribution:
    """A distribution of the lock file, as this Python on this platform installs it.

    ``name`` is normalized, ``license`` an SPDX expression, empty if none is known; ``requires``
    are the names of other distributions; ``url`` and ``sha256`` are those of its wheel.
    """

    name: str
    version: str
    url: str
    sha256: str
    license: str
    homepage: str
    requires: tuple[str, ...]


def read_rules(text: str) -> LicenseRules:
    """Return the rules in a ``licenses.toml``."""
    data = tomllib.loads(text)
    return LicenseRules(frozenset(data["allowed"]), data["classifiers"], data["distributions"])


def read_locked(
    text: str,
    rules: LicenseRules,
    direct: Iterable[Requirement] = (),
    find: Callable[[str], Distribution] = Distribution.from_name,
) -> tuple[LockedDistribution, ...]:
    """Return what a ``pylock.toml`` makes this Python install, sorted by name.

    ``direct`` are the requirements that were locked: what an extra requires counts where the
    extra is asked for. ``find`` returns an installed distribution. Raises
    ``importlib.metadata.PackageNotFoundError`` for one that is not installed, and ValueError for
    one of another version.
    """
    lock = Pylock.from_dict(tomllib.loads(text))
    lock.validate()
    wheels: dict[str, tuple[Package, PackageWheel]] = {
        package.name: (package, wheel)
        for package, wheel in lock.select()
        if isinstance(wheel, PackageWheel)
    }
    installed = {name: find(name) for name in sorted(wheels)}
    required = _resolve_extras(installed, direct)
    return tuple(
        _describe(*wheels[name], distribution, required[name], rules)
        for name, distribution in installed.items()
    )


def _resolve_extras(
    installed: Mapping[str, Distribution], direct: Iterable[Requirement]
) -> dict[str, set[str]]:
    """Return the names that each distribution requires, with the extras that are asked for."""
    required: dict[str, set[str]] = {name: set() for name in installed}
    done: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in installed]
    waiting += [(canonicalize_name(each.name), extra) for each in direct for extra in each.extras]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done or name not in installed:
            continue
        done.add((name, extra))
        for requirement in map(Requirement, installed[name].requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                target = canonicalize_name(requirement.name)
                required[name].add(target)
                waiting += [(target, wanted) for wanted in requirement.extras]
    return required


def _describe(
    package: Package,
    wheel: PackageWheel,
    installed: Distribution,
    required: Iterable[str],
    rules: LicenseRules,
) -> LockedDistribution:
    if str(package.version) != installed.version:
        message = f"{package.name}: expected {package.version}, found {installed.version}"
        raise ValueError(message)
    return LockedDistribution(
        name=package.name,
        version=installed.version,
        url=wheel.url or "",
        sha256=wheel.hashes["sha256"],
        license=license_of(package.name, installed.metadata, rules),
        homepage=dict(_addresses(installed.metadata)).get("homepage", ""),
        requires=tuple(sorted(required)),
    )


def _addresses(metadata: PackageMetadata) -> Iterator[tuple[str, str]]:
    """Yield addresses by their label in lower case (core metadata: Project-URL, Home-page)."""
    for entry in metadata.get_all("Project-URL") or ():
        label, _, address = entry.partition(",")
        yield label.strip().lower(), address.strip()
    for address in metadata.get_all("Home-page") or ():
        yield "homepage", address


def _field(metadata: PackageMetadata, name: str) -> str:
    """Return a field of the core metadata, or an empty text."""
    return next(iter(metadata.get_all(name) or ()), "")


def license_of(name: str, metadata: PackageMetadata, rules: LicenseRules) -> str:
    """Return the license of a distribution as an SPDX expression, or an empty text.

    Its metadata come first: License-Expression (PEP 639), a License that is an expression, and
    classifiers that mean one license each; then what ``licenses.toml`` has for its name.
    """
    for field in ("License-Expression", "License"):
        if is_expression(_field(metadata, field)):
            return _field(metadata, field)
    stated = [line for line in metadata.get_all("Classifier") or () if line.startswith("License")]
    if stated and all(line in rules.classifiers for line in stated):
        return " AND ".join(sorted({rules.classifiers[line] for line in stated}))
    return rules.distributions.get(name, "")


def is_expression(text: str) -> bool:
    """Return whether a text is a license expression of ids that SPDX lists."""
    try:
        return get_spdx_licensing().parse(text, validate=True) is not None
    except ExpressionError:
        return False


def is_allowed(expression: str, rules: LicenseRules) -> bool:
    """Return whether a license expression can be fulfilled by licenses that are allowed."""
    licensing = get_spdx_licensing()

    def fulfilled(node: object) -> bool:
        if isinstance(node, licensing.OR):
            return any(map(fulfilled, node.args))
        if isinstance(node, licensing.AND):
            return all(map(fulfilled, node.args))
        return str(node) in rules.allowed

    return is_expression(expression) and fulfilled(licensing.parse(expression))
