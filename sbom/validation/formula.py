"""The formula of sbomqs as data: seven weights, and the share of each feature in its category."""

from __future__ import annotations

from sbom.validation.extractors import (
    author,
    created,
    describes,
    known_version,
    matched,
    namespace,
    not_only_weak,
    purposeful,
    schema,
    strong,
    supplied,
    tool,
)
from sbom.validation.features import Feature, of_document, of_packages, says, uncounted, unsayable
from sbom.validation.license_extractors import (
    all_listed,
    concluded,
    data_license,
    free_of,
    is_concluded,
    licensed,
)

#: What each category weighs in the total.
WEIGHTS = {
    "identification": 10,
    "provenance": 12,
    "integrity": 15,
    "completeness": 12,
    "licensing": 15,
    "vulnerability": 10,
    "structural": 8,
}
#: Category, feature, its share of the category in percent.
FEATURES: tuple[tuple[str, str, int, Feature], ...] = (
    ("identification", "name", 40, says("name")),
    ("identification", "versionInfo", 35, says("versionInfo")),
    ("identification", "SPDXID", 25, says("SPDXID")),
    ("provenance", "created", 20, of_document(created)),
    ("provenance", "creator: who", 20, of_document(author)),
    ("provenance", "creator: tool and version", 20, tool),
    ("provenance", "supplier of the document", 15, unsayable),
    ("provenance", "documentNamespace", 15, of_document(namespace)),
    ("provenance", "lifecycle", 10, unsayable),
    ("integrity", "strong checksum", 50, of_packages(strong)),
    ("integrity", "no weak checksum alone", 40, not_only_weak),
    ("integrity", "signature", 10, uncounted),
    ("completeness", "dependencies", 25, uncounted),
    ("completeness", "declared completeness", 15, unsayable),
    ("completeness", "DESCRIBES", 20, describes),
    ("completeness", "sourceInfo", 15, says("sourceInfo")),
    ("completeness", "supplier", 15, of_packages(supplied)),
    ("completeness", "primaryPackagePurpose", 10, of_packages(purposeful)),
    ("licensing", "licenseConcluded", 20, of_packages(is_concluded)),
    ("licensing", "valid license", 20, of_packages(concluded(bool))),
    ("licensing", "license on the SPDX list", 20, of_packages(concluded(all_listed))),
    ("licensing", "no deprecated license", 15, free_of(lambda one: one.deprecated)),
    ("licensing", "no restrictive license", 20, free_of(lambda one: one.restrictive)),
    ("licensing", "licenseDeclared", 15, of_packages(licensed("licenseDeclared"))),
    ("licensing", "dataLicense", 10, of_document(data_license)),
    ("vulnerability", "purl or CPE", 100, of_packages(matched)),
    ("structural", "SPDX", 30, of_document(lambda _: True)),
    ("structural", "spdxVersion", 30, of_document(known_version)),
    ("structural", "JSON", 20, of_document(lambda _: True)),
    ("structural", "schema 2.3.0", 20, schema),
)
