"""The terms of SPDX 3.0.1 that stand for what a BOM has, for its writer and its reader."""

from __future__ import annotations

from sbom.bom.bom import RelationshipKind

#: Clause 5.3 of the specification: every document refers to this context.
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
#: Components and files have the ids that they have in SPDX 2.3: the same element in both formats.
ID_PREFIX = "SPDXRef-"
DOCUMENT_ID = "SPDXRef-DOCUMENT"
#: The individual that says that there is no license at all.
NO_LICENSE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoneLicense"
#: The name of an agent where none is known.
NO_AGENT = "NOASSERTION"

#: Types of relationships. A file is an artifact in which its component is distributed:
#: ``contains`` would say that the archive whose checksum the package has contains it, which is
#: not so for what was compiled.
RELATIONSHIP_TYPES = {
    RelationshipKind.CONTAINS: "contains",
    RelationshipKind.DEPENDS_ON: "dependsOn",
    RelationshipKind.STATIC_LINK: "hasStaticLink",
    RelationshipKind.DYNAMIC_LINK: "hasDynamicLink",
    RelationshipKind.BUILD_TOOL: "hasPrerequisite",
    RelationshipKind.PART_OF: "hasDistributionArtifact",
    RelationshipKind.OTHER: "other",
}
#: When a relationship holds (class LifecycleScopedRelationship).
SCOPES = {
    "hasStaticLink": "build",
    "hasDynamicLink": "runtime",
    "hasPrerequisite": "build",
    "usesTool": "build",
}
#: Algorithms whose names are not SPDX 2's in lower case.
ALGORITHMS = {
    "BLAKE2b-256": "blake2b256",
    "BLAKE2b-384": "blake2b384",
    "BLAKE2b-512": "blake2b512",
    "SHA3-256": "sha3_256",
    "SHA3-384": "sha3_384",
    "SHA3-512": "sha3_512",
}
#: Purposes that SPDX 2 spells in another way.
PURPOSES = {"operating-system": "operatingSystem"}
#: What table 9 of BSI TR-03183-2 v2.1.0 asks to state where its properties are given as purposes.
BSI_COMMENT = (
    "The additional purposes of these files state the properties of BSI TR-03183-2: executable, "
    "archive, and container for structured or firmware for unstructured."
)
