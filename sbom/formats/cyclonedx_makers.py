"""Who and what made a document or a component, as CycloneDX states it."""

from __future__ import annotations

from collections.abc import Mapping

from sbom.bom.actor import Actor, ActorKind, parse_actor
from sbom.bom.bom import CreationInfo
from sbom.formats.json_document import JsonObject, drop_empty

#: The home pages of what organizations created, by the text that names one.
HomePages = Mapping[str, list[str]]


def describe_makers(creation: CreationInfo, pages: HomePages) -> JsonObject:
    """Return the fields of ``metadata`` that state who made a document, and with which tools.

    It has room for one organization: further ones are authors.
    """
    actors = [actor for text in creation.creators if (actor := parse_actor(text))]
    makers = [actor for actor in actors if actor.kind is ActorKind.ORGANIZATION]
    fields = {
        "tools": {"components": [describe_tool(tool) for tool in creation.tools]},
        "manufacturer": describe_entity(str(makers[0]), pages) if makers else None,
        "authors": [describe_contact(author) for author in actors if author not in makers[:1]],
    }
    return drop_empty(fields)


def describe_tool(tool: str) -> JsonObject:
    """Return a tool that is named as ``name-version``."""
    name, _, version = tool.rpartition("-")
    element = {"type": "application", "name": name or version, "version": name and version}
    return drop_empty(element)


def describe_entity(text: str, pages: HomePages) -> JsonObject | None:
    """Return an organization, or a person as its only contact; None if a text is empty.

    BSI TR-03183-2 asks for a mail address or, where there is none, a URL of an organization.
    """
    actor = parse_actor(text)
    if actor is None:
        return {"name": text} if text else None
    if actor.kind is ActorKind.PERSON:
        return {"contact": [describe_contact(actor)]}
    if actor.mail:
        return {"name": actor.name, "contact": [{"email": actor.mail}]}
    return drop_empty({"name": actor.name, "url": pages.get(text)})


def describe_contact(actor: Actor) -> JsonObject:
    """Return a person or an organization as someone who can be asked."""
    return drop_empty({"name": actor.name, "email": actor.mail})
