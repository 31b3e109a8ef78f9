"""Changes as JSON, for programs: docs/diff.md describes every key, and none is left out."""

from __future__ import annotations

import json

from sbom.changes.change import ChangeSet, ComponentChange, FactChange


def render_json(changes: ChangeSet) -> str:
    """Return one object with everything that changed."""
    return json.dumps(changes_object(changes), indent=2) + "\n"


def changes_object(changes: ChangeSet) -> dict[str, object]:
    """Return everything that changed as values that JSON has."""
    return {
        "old": changes.old,
        "new": changes.new,
        "differ": not changes.is_empty,
        "counts": {str(kind): number for kind, number in changes.count_kinds().items()},
        "components": [_component(change) for change in changes.components],
        "settings": [_fact(fact) for fact in changes.settings],
    }


def _component(change: ComponentChange) -> dict[str, object]:
    return {
        "name": change.name,
        "changes": [str(kind) for kind in change.kinds],
        "old_version": change.old_version,
        "new_version": change.new_version,
        "facts": [_fact(fact) | {"change": str(fact.kind)} for fact in change.facts],
        "files": [
            {
                "path": file.path,
                "change": str(file.kind),
                "old": file.old or None,
                "new": file.new or None,
            }
            for file in change.files
        ],
        "ships": list(change.ships),
        "archives": list(change.archives),
        "remaining": list(change.remaining),
    }


def _fact(fact: FactChange) -> dict[str, object]:
    return {
        "fact": fact.fact,
        "subject": fact.subject or None,
        "old": list(fact.old),
        "new": list(fact.new),
    }
