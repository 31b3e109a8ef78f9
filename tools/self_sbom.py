"""The SBOM of this project: ``nox -s self-sbom`` writes it, by the writer that all SBOMs have.

It lists what ``pylock.toml`` makes this Python install on this platform, with the address and
checksum of each wheel. ``SOURCE_DATE_EPOCH`` gives the time.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from locked import LICENSES, LOCK, ROOT, LockedDistribution, read_locked, read_rules
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sbom import __version__
from sbom.bom.bom import Bom, CreationInfo, Relationship, RelationshipKind, content_digest
from sbom.bom.compose import TOOL
from sbom.components.component import Component
from sbom.formats import SPDX2
from sbom.inputs import creation_time
from sbom.io import write_all

_CONTRIBUTORS = "Organization: cpython-windows-sbom contributors"
_COMMENT = (
    "Lists the dependencies that this project installs from its lock file, as Python packages;"
    " native code inside of them is not listed."
)
_VALIDATION = "Needed only to validate documents."


def compose_project(
    project: Mapping[str, Any],
    version: str,
    distributions: Iterable[LockedDistribution],
    created: datetime,
) -> Bom:
    """Return the BOM of a project, from its ``pyproject.toml`` and what is locked for it.

    Raises ValueError for a distribution that is required and not locked, or locked and required
    by nothing.
    """
    locked = {each.name: each for each in distributions}
    root = _project_component(project["project"], version)
    direct = {canonicalize_name(each.name): comment for each, comment in requirements(project)}
    edges: dict[tuple[str, str], str] = {
        (root.name, name): comment for name, comment in direct.items()
    }
    edges |= {(each.name, name): "" for each in locked.values() for name in each.requires}
    _require_connected(root.name, set(locked), set(edges))
    bom = Bom(
        name=f"{root.name}-{version}",
        namespace="",
        creation=CreationInfo(
            creators=(_CONTRIBUTORS,),
            tools=(TOOL,),
            created=created,
            comment=_COMMENT,
        ),
        roots=(root.id,),
        components=(root, *map(_component, locked.values())),
        relationships=tuple(
            Relationship(_id(source), RelationshipKind.DEPENDS_ON, _id(target), comment)
            for (source, target), comment in sorted(edges.items())
        ),
    )
    namespace = f"https://spdx.org/spdxdocs/{bom.name}-{content_digest(bom)}"
    return replace(bom, namespace=namespace)


def requirements(project: Mapping[str, Any]) -> list[tuple[Requirement, str]]:
    """Return each requirement of a ``pyproject.toml`` that is locked, with a comment on it."""
    needed = project["project"]["dependencies"]
    validation = project["dependency-groups"]["validation"]
    return [
        *((Requirement(text), _VALIDATION) for text in validation),
        *((Requirement(text), "") for text in needed),
    ]


def _require_connected(root: str, locked: set[str], edges: set[tuple[str, str]]) -> None:
    """Raise ValueError unless what is locked is what the edges lead to from the root."""
    reached = {root}
    while new := {target for source, target in edges if source in reached} - reached:
        reached |= new
    if missing := sorted(reached - locked - {root}):
        raise ValueError(f"required, but not locked: {', '.join(missing)}")
    if unused := sorted(locked - reached):
        raise ValueError(f"locked, but required by nothing: {', '.join(unused)}")


def _id(name: str) -> str:
    return f"Package-{name}"


def _project_component(project: Mapping[str, Any], version: str) -> Component:
    name = project["name"]
    return Component(
        id=_id(name),
        name=name,
        version=version,
        originator="",
        supplier=_CONTRIBUTORS,
        homepage="",
        license_concluded=project["license"],
        license_declared=project["license"],
        copyright="",
        purl=f"pkg:pypi/{name}@{version}",
        cpes=(),
        download_location="",
        file_name="",
        checksums=(),
        purpose="application",
    )


def _component(distribution: LockedDistribution) -> Component:
    """Return a dependency; clause 7.5 calls the place that it is taken from the supplier."""
    return Component(
        id=_id(distribution.name),
        name=distribution.name,
        version=distribution.version,
        originator="",
        supplier="Organization: Python Package Index",
        homepage=distribution.homepage,
        license_concluded=distribution.license,
        license_declared=distribution.license,
        copyright="",
        purl=f"pkg:pypi/{distribution.name}@{distribution.version}",
        cpes=(),
        download_location=distribution.url,
        file_name=distribution.url.rpartition("/")[2],
        checksums=(("SHA256", distribution.sha256),),
        purpose="library",
    )


def main(argv: Sequence[str]) -> int:
    """Write the SBOM to the directory that is named, and print its path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rules = read_rules(LICENSES.read_text(encoding="utf-8"))
    direct = [requirement for requirement, _ in requirements(project)]
    distributions = read_locked(LOCK.read_text(encoding="utf-8"), rules, direct)
    bom = compose_project(project, __version__, distributions, creation_time(os.environ))
    path = Path(argv[0]) / f"{bom.name}{SPDX2.suffix}"
    write_all({path: SPDX2.write(bom)})
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
