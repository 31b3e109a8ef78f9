"""Files that several layouts and artifacts of one build share, compared with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sbom.diagnostics import Diagnostic
from sbom.diagnostics.inspection_messages import unexpected_build
from sbom.files.shipped_file import is_library

#: The SHA-256 of files by their paths.
Sha256ByPath = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BuildFiles:
    """The files of one build as a layout or an artifact contains them.

    ``name`` is what diagnostics call the layout or artifact.
    """

    name: str
    build: str
    files: Sha256ByPath

    @property
    def libraries(self) -> dict[str, str]:
        """Return the SHA-256 of each library by its file name in lower case.

        Executables are not among them: they are copied under other names.
        """
        return {
            path.rpartition("/")[2].lower(): sha256
            for path, sha256 in self.files.items()
            if is_library(path)
        }


def check_shared_files(contents: Iterable[BuildFiles]) -> Iterator[Diagnostic]:
    """Yield libraries that differ from those of the first layout or artifact of the same build.

    A build is made once, and every artifact of it is packaged from the same libraries.
    """
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for content in contents:
        for library, sha256 in content.libraries.items():
            name, expected_sha256 = first.setdefault(
                (content.build, library), (content.name, sha256)
            )
            if sha256 != expected_sha256:
                expected = f"the same file as in {name}, of the same build"
                yield unexpected_build(content.name, library, expected=expected, found="another")
