"""Libraries that several layouts and artifacts of one build share."""

from __future__ import annotations

from sbom.release.shared_files import BuildFiles, check_shared_files


def messages(*contents: BuildFiles) -> list[str]:
    return [
        f"{one.location.path}: {one.subject}: {one.message}" for one in check_shared_files(contents)
    ]


def test_a_library_that_differs_is_reported_with_where_it_was_seen_first() -> None:
    zipped = BuildFiles("python.zip", "amd64", {"DLLs/libssl-3.dll": "11"})
    package = BuildFiles("python.nupkg", "amd64", {"tools/DLLs/LIBSSL-3.dll": "22"})
    assert messages(zipped, package) == [
        "python.nupkg: libssl-3.dll: expected the same file as in python.zip, of the same build, "
        "found another"
    ]


def test_other_builds_and_executables_are_not_compared() -> None:
    zipped = BuildFiles("python.zip", "amd64", {"python3.dll": "11", "python.exe": "11"})
    threaded = BuildFiles("python-t.zip", "amd64-free-threaded", {"python3.dll": "22"})
    package = BuildFiles("python.nupkg", "amd64", {"python3.dll": "11", "python.exe": "22"})
    assert messages(zipped, threaded, package) == []
