"""Every target by its name."""

from __future__ import annotations

import archive_targets
import binary_targets
import document_targets
import http_targets
import text_targets

TARGETS = {
    target.name: target
    for module in (
        text_targets,
        document_targets,
        archive_targets,
        binary_targets,
        http_targets,
    )
    for target in module.TARGETS
}
