"""How much is read of archives from unknown authors: one policy for all of them.

Of 67 archives of externals, the largest (tcltk-8.6.15.2) has 10 MB, 3,910 files and 34 MB
unpacked, and none unpacks to more than 6 times its size; gzip can expand 1,032 times.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The largest PE file that is kept in memory to inspect it; CPython's own have a tenth of it.
INSPECTED_SIZE = 1 << 27
#: The largest security catalog that is read; python.cat, with a digest for each file, has 600 KB.
CATALOG_SIZE = 16 << 20
#: The most cabinets of a set or a package that are opened.
MOST_CABINETS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    """The most that an archive may contain; sizes in bytes, unpacked.

    ``ratio`` is the unpacked size divided by the packed one, which does not matter up to
    ``harmless_size``; ``depth`` counts archives in archives that are opened.
    """

    members: int = 200_000
    member_size: int
    total_size: int
    ratio: int
    harmless_size: int = 16 << 20
    depth: int = 0

    def allowed_size(self, packed: int) -> int:
        """Return the most bytes that an archive of a packed size may unpack to."""
        return min(self.total_size, max(self.harmless_size, self.ratio * packed))

    def count_error(self, count: int, noun: str) -> str:
        """Return what is wrong with an archive of so many members, or an empty text."""
        return f"has {count} {noun}; the limit is {self.members}" if count > self.members else ""

    def size_error(self, packed: int, unpacked: int) -> str:
        """Return what is wrong with an archive of these sizes, or an empty text."""
        if unpacked <= self.allowed_size(packed):
            return ""
        return f"has {packed} bytes and would unpack to {unpacked}"


#: The .tar.gz of an external, from GitHub.
EXTERNAL_LIMITS = ArchiveLimits(member_size=512 << 20, total_size=2 << 30, ratio=100)
#: A zip, nupkg or msix of a release.
ARTIFACT_LIMITS = ArchiveLimits(member_size=1 << 30, total_size=4 << 30, ratio=200, depth=3)
