"""pylock.toml: it agrees with pyproject.toml, and release managers' sessions install from it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from conftest import ROOT
from packaging.markers import Environment
from packaging.pylock import Pylock
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = Pylock.from_dict(tomllib.loads((ROOT / "pylock.toml").read_text(encoding="utf-8")))

#: The classifiers state the Pythons; release managers work on these platforms. cryptography has
#: no wheels for Windows on ARM64 and for macOS on x86-64. glibc 2.28 is that of RHEL 8.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = [*range(28, 4, -1)]
PLATFORMS: Mapping[str, tuple[str, list[str]]] = {
    "linux-x86_64": ("linux", [f"manylinux_2_{minor}_x86_64" for minor in GLIBC]),
    "linux-aarch64": ("linux", [f"manylinux_2_{minor}_aarch64" for minor in GLIBC]),
    "windows-amd64": ("win32", ["win_amd64"]),
    "macos-arm64": ("darwin", list(mac_platforms((11, 0), "arm64"))),
}
SYSTEMS = {"linux": ("Linux", "posix"), "win32": ("Windows", "nt"), "darwin": ("Darwin", "posix")}


def requirements() -> Iterator[Requirement]:
    """Return what pyproject.toml requires to write documents and to validate them."""
    for text in [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["validation"]]:
        yield Requirement(text)


def environment_of(python: str, platform: str) -> Environment:
    """Return the values of environment markers that CPython has."""
    system, name = SYSTEMS[platform]
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": name,
        "platform_machine": "",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": platform,
    }


def tags_of(python: str, platforms: list[str]) -> list[Tag]:
    """Return the tags of the wheels that a Python installs."""
    major, minor = map(int, python.split("."))
    native = cpython_tags((major, minor), [f"cp{major}{minor}"], platforms)
    return [*native, *compatible_tags((major, minor), f"cp{major}{minor}", platforms)]


def test_the_pythons_are_those_that_are_supported() -> None:
    stated = [f"Programming Language :: Python :: {python}" for python in PYTHONS]
    assert PROJECT["project"]["classifiers"] == stated


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_each_package_has_a_wheel_for_each_python_and_platform(python: str, platform: str) -> None:
    system, names = PLATFORMS[platform]
    environment = environment_of(python, system)
    # Raises PylockSelectError if a package has no wheel.
    chosen = LOCK.select(environment=environment, tags=tags_of(python, names))
    selected = {package.name: package.version for package, _ in chosen}
    for requirement in requirements():
        version = selected[canonicalize_name(requirement.name)]
        assert version is not None
        assert requirement.specifier.contains(version), requirement


def test_each_file_is_on_pypi_and_has_a_sha256() -> None:
    assert len(LOCK.packages) > len(list(requirements()))
    for package in LOCK.packages:
        assert package.index in (None, "https://pypi.org/simple")
        others = (package.sdist, package.archive, package.vcs, package.directory)
        assert others == (None, None, None, None)
        for wheel in package.wheels or ():
            address = urlsplit(wheel.url or "")
            assert (address.scheme, address.netloc) == ("https", "files.pythonhosted.org")
            assert address.query + address.fragment == ""
            assert len(wheel.hashes["sha256"]) == 64


def test_versions_are_locked_once() -> None:
    names = [package.name for package in LOCK.packages]
    assert names == sorted(set(names))


def test_sessions_with_a_verb_install_only_from_the_lock() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {
        function.name: {
            ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)
        }
        for function in functions
    }
    with_verb = {name for name, names in called.items() if "run" in names}
    assert with_verb >= {"regen", "check", "sbom", "release_sbom", "verify"}
    installing = {"install", "session.install", "session.run_install"}
    for name in with_verb:
        assert called[name] & (installing | {"install_locked"}) == {"install_locked"}
