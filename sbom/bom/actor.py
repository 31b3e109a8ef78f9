"""People and organizations as a BOM names them: ``Organization: Name (mail)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

#: SPDX 2.3, clause 7.5: the kind, the name and, in parentheses, an optional address.
_ACTOR = re.compile(r"(Person|Organization):\s*(.*?)\s*(?:\(\s*([^()\s]+)\s*\))?\s*")


class ActorKind(StrEnum):
    """Whether an actor is a person or an organization."""

    PERSON = "Person"
    ORGANIZATION = "Organization"


@dataclass(frozen=True, slots=True, order=True)
class Actor:
    """A person or an organization; ``mail`` is empty where it is not known."""

    kind: ActorKind
    name: str
    mail: str = ""

    def __str__(self) -> str:
        """Return the actor as a BOM names it."""
        return (
            f"{self.kind}: {self.name} ({self.mail})" if self.mail else f"{self.kind}: {self.name}"
        )


def parse_actor(text: str) -> Actor | None:
    """Return the actor that a text names; None if it names none in this form.

    Parentheses that enclose blanks or nothing belong to the name.
    """
    found = _ACTOR.fullmatch(text.strip())
    if found is None or not found[2]:
        return None
    return Actor(ActorKind(found[1]), found[2], found[3] or "")
