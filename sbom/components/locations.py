"""Where an external is downloaded from: archives of tags and branches, folders of Subversion."""

from __future__ import annotations

from sbom.manifest.model import Manifest, Pin


def repository_of(manifest: Manifest, pin: Pin) -> str:
    """Return the repository of an external: the name below the organization, or an address."""
    return pin.repository or getattr(manifest.cpython, f"{pin.kind}_repository")


def is_archive(manifest: Manifest, pin: Pin) -> bool:
    """Return whether an external is an archive; in the days of Subversion it was a folder."""
    return "://" not in repository_of(manifest, pin)


def download_location(manifest: Manifest, pin: Pin) -> str:
    """Return where an external is downloaded from.

    A folder of a Subversion repository has the form of SPDX 2.3, clause 7.7; what has no
    revision (``libffi``) is a branch.
    """
    where = repository_of(manifest, pin)
    if not is_archive(manifest, pin):
        return f"svn+{where}/{pin.tag}"
    address = manifest.cpython.archive_url if pin.revision else manifest.cpython.branch_url
    return address.format(organization=manifest.cpython.organization, repository=where, tag=pin.tag)


def external_title(manifest: Manifest, pin: Pin) -> str:
    """Return what an external is in its repository: a tag, a branch or a folder, and its name."""
    what = "folder" if not is_archive(manifest, pin) else "tag" if pin.revision else "branch"
    return f"{what} {pin.tag}"
