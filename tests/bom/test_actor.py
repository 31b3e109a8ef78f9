"""People and organizations, in the form of SPDX 2.3, clause 7.5."""

from __future__ import annotations

import pytest

from sbom.bom.actor import Actor, ActorKind, parse_actor


@pytest.mark.parametrize(
    ("text", "kind", "name", "mail"),
    [
        ("Organization: OpenSSL", "Organization", "OpenSSL", ""),
        ("Person: Julian Seward (jseward@acm.org)", "Person", "Julian Seward", "jseward@acm.org"),
        ("Person:Stefan Krah(skrah@bytereef.org)", "Person", "Stefan Krah", "skrah@bytereef.org"),
        ("Organization: HACL* Developers ()", "Organization", "HACL* Developers ()", ""),
        ("Organization: Acme (a company)", "Organization", "Acme (a company)", ""),
    ],
)
def test_an_actor_has_a_kind_a_name_and_an_address(
    text: str, kind: str, name: str, mail: str
) -> None:
    assert parse_actor(text) == Actor(ActorKind(kind), name, mail)


@pytest.mark.parametrize("text", ["", "NOASSERTION", "Microsoft", "Tool: syft-1.0", "Person: "])
def test_a_text_in_another_form_names_no_actor(text: str) -> None:
    assert parse_actor(text) is None


def test_an_actor_is_written_as_it_is_read() -> None:
    text = "Organization: libffi (libffi-discuss@sourceware.org)"
    assert str(parse_actor(text)) == text
