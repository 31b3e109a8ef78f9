"""The list of roots that Windows trusts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sbom.binaries.chain import Root, Usage
from sbom.binaries.windows_roots import parse_roots, read_windows_roots

#: SHA-256 fingerprints, as the authorities publish them.
DIGICERT_ASSURED_ID = "3e9099b5015e8f486c00bcea9d111ee721faba355a89bcf1df69561e3dc6325c"
MICROSOFT_IDENTITY_2020 = "5367f20c7ade0e2bca790915056d086b720c33c1fa2a2661acf787e3292e1270"
ENTRY = """# Subject Identifier: cdd4
# Friendly Name: Any Authority: the first
# Extended key usages: ['code_signing', 'time_stamping']
# Disallowed Filetime: 2021-08-01 00:00:00+00:00
# Disallowed extended key usages: ['server_auth']
# Not before Filetime: 2017-04-30 00:00:00+00:00
# Not before extended key usages: ['code_signing']
-----BEGIN CERTIFICATE-----
AQIDBA==
-----END CERTIFICATE-----
"""


def test_what_the_list_states_of_a_root_is_read() -> None:
    root = Root(
        certificate=bytes([1, 2, 3, 4]),
        usages=frozenset({"code_signing", "time_stamping"}),
        disabled=datetime(2021, 8, 1, tzinfo=UTC),
        disabled_usages=frozenset({"server_auth"}),
        closed=datetime(2017, 4, 30, tzinfo=UTC),
        closed_usages=frozenset({"code_signing"}),
    )
    plain = "".join(line for line in ENTRY.splitlines(keepends=True) if not line.startswith("#"))
    assert list(parse_roots(f"{ENTRY}\n{plain}")) == [root, Root(certificate=bytes([1, 2, 3, 4]))]


def test_the_roots_of_the_signers_of_python_are_in_it() -> None:
    roots = {hashlib.sha256(root.certificate).hexdigest(): root for root in read_windows_roots()}
    moment = datetime(2025, 12, 5, tzinfo=UTC)
    for fingerprint in (DIGICERT_ASSURED_ID, MICROSOFT_IDENTITY_2020):
        assert roots[fingerprint].find_fault(Usage.CODE_SIGNING, moment, moment) == ""
