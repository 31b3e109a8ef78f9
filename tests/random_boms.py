"""Any BOM of a few components and files, with any relationships between them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from sbom.bom.bom import Bom, BomFile, CreationInfo, Relationship, RelationshipKind, file_id
from sbom.components.component import Component

NAMES = st.text('ab. \t"\\/é𝄞\x7f', max_size=6).map(str.strip)
KINDS = [kind for kind in RelationshipKind if kind is not RelationshipKind.OTHER]


def component(number: int, text: str) -> Component:
    return Component(
        id=f"component-{number}",
        name=f"name {text}".strip(),
        version=text,
        originator="",
        supplier="Organization: Somebody",
        homepage="",
        license_concluded="MIT",
        license_declared="",
        copyright=text,
        purl="",
        cpes=(),
        download_location="https://example.org/",
        file_name=text,
        checksums=(("SHA256", f"{number + 1:064x}"),),  # zeros mean that it is unknown
        source_info=text,
        comment=text,
        annotation=text,
        purpose="library",
    )


@st.composite
def boms(draw: st.DrawFn) -> Bom:
    """Return BOMs of a few components and files with any relationships between them."""
    components = tuple(component(n, draw(NAMES)) for n in range(3))
    files = tuple(
        BomFile(
            id=file_id(path, f"{n:064x}"),
            path=path,
            sha1=f"{n:040x}",
            sha256=f"{n:064x}",
            sha512=f"{n:0128x}",
            comment=draw(NAMES),
        )
        for n, path in enumerate((" DLLs/_ssl.pyd", "python.exe "), start=1)
    )
    ids = [one.id for one in components]
    links = st.builds(
        Relationship, st.sampled_from(ids), st.sampled_from(KINDS[:5]), st.sampled_from(ids)
    )
    parts = st.builds(
        Relationship,
        st.sampled_from([file.id for file in files]),
        st.sampled_from([RelationshipKind.PART_OF, RelationshipKind.STATIC_LINK]),
        st.sampled_from(ids),
    )
    contained = [Relationship(ids[0], RelationshipKind.CONTAINS, file.id) for file in files]
    related = {one.key: one for one in (*draw(st.lists(links | parts)), *contained)}
    for source, kind, target in list(related):
        if kind in (RelationshipKind.STATIC_LINK, RelationshipKind.DYNAMIC_LINK):
            related.pop((source, RelationshipKind.DEPENDS_ON, target), None)
    return Bom(
        name="bom",
        namespace="https://example.org/bom",
        creation=CreationInfo(
            creators=("Organization: Somebody",),
            tools=("tool-1.0",),
            created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        roots=(ids[0],),
        components=components,
        files=files,
        relationships=tuple(related[key] for key in sorted(related)),
    )
